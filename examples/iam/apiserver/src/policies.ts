import type { Policy } from '../../common/src/policy.ts'
import type { Database, Row } from './database/database.ts'

export interface OwnedPolicy {
  readonly owner: string
  readonly policy: Policy
  readonly createdAt: string
  readonly updatedAt: string
}

/** Of one owner, or of all. */
export async function listPolicies(
  database: Database,
  owner: string | undefined,
  limit: number,
  offset: number,
): Promise<readonly OwnedPolicy[]> {
  const [where, values] = owner === undefined ? ['', []] : ['WHERE owner = ?', [owner]]
  const rows = await database.query(`SELECT * FROM policy ${where} ORDER BY owner, name LIMIT ? OFFSET ?`, [
    ...values,
    limit,
    offset,
  ])
  return rows.map(policyOf)
}

/** Every policy there is, for the snapshot of the authz-server. */
export async function listAllPolicies(database: Database): Promise<readonly OwnedPolicy[]> {
  return (await database.query('SELECT * FROM policy ORDER BY owner, name')).map(policyOf)
}

export async function findPolicy(
  database: Database,
  owner: string,
  name: string,
): Promise<OwnedPolicy | undefined> {
  const [row] = await database.query('SELECT * FROM policy WHERE owner = ? AND name = ?', [owner, name])
  return row && policyOf(row)
}

/** DuplicateError where the owner has one of that name. */
export async function createPolicy(database: Database, owner: string, policy: Policy): Promise<void> {
  const now = new Date().toISOString()
  await database.execute({
    sql: 'INSERT INTO policy (owner, name, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
    values: [owner, policy.name, JSON.stringify(policy), now, now],
  })
}

export async function updatePolicy(database: Database, owner: string, policy: Policy): Promise<boolean> {
  const changed = await database.execute({
    sql: 'UPDATE policy SET document = ?, updated_at = ? WHERE owner = ? AND name = ?',
    values: [JSON.stringify(policy), new Date().toISOString(), owner, policy.name],
  })
  return changed > 0
}

export async function deletePolicy(database: Database, owner: string, name: string): Promise<boolean> {
  const statement = { sql: 'DELETE FROM policy WHERE owner = ? AND name = ?', values: [owner, name] }
  return (await database.execute(statement)) > 0
}

function policyOf(row: Row): OwnedPolicy {
  return {
    owner: String(row['owner']),
    policy: JSON.parse(String(row['document'])) as Policy,
    createdAt: String(row['created_at']),
    updatedAt: String(row['updated_at']),
  }
}
