import { randomBytes, randomUUID } from 'node:crypto'
import type { SigningKey } from '../../common/src/snapshot.ts'
import type { Database, Row } from './database/database.ts'

/** A secret without its key: that is shown once, to who creates it. */
export interface Secret {
  readonly id: string
  readonly owner: string
  readonly name: string
  readonly description: string
  /** ISO 8601; empty for never. */
  readonly expiresAt: string
  readonly createdAt: string
  readonly updatedAt: string
}

const columns = 'id, owner, name, description, expires_at, created_at, updated_at'

/** Of one owner, or of all. */
export async function listSecrets(
  database: Database,
  owner: string | undefined,
  limit: number,
  offset: number,
): Promise<readonly Secret[]> {
  const [where, values] = owner === undefined ? ['', []] : ['WHERE owner = ?', [owner]]
  const rows = await database.query(
    `SELECT ${columns} FROM secret ${where} ORDER BY owner, name LIMIT ? OFFSET ?`,
    [...values, limit, offset],
  )
  return rows.map(secretOf)
}

export async function findSecret(
  database: Database,
  owner: string,
  name: string,
): Promise<Secret | undefined> {
  const [row] = await database.query(`SELECT ${columns} FROM secret WHERE owner = ? AND name = ?`, [
    owner,
    name,
  ])
  return row && secretOf(row)
}

export type NewSecret = Pick<Secret, 'owner' | 'name' | 'description' | 'expiresAt'>

/** DuplicateError where the owner has one of that name. Resolves with the id and the key. */
export async function createSecret(
  database: Database,
  secret: NewSecret,
): Promise<{ id: string; key: string }> {
  const id = randomUUID()
  const key = randomBytes(32).toString('base64url')
  const now = new Date().toISOString()
  await database.execute({
    sql: `INSERT INTO secret (id, owner, name, secret_key, description, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [id, secret.owner, secret.name, key, secret.description, secret.expiresAt, now, now],
  })
  return { id, key }
}

export async function updateSecret(database: Database, secret: NewSecret): Promise<boolean> {
  const changed = await database.execute({
    sql: 'UPDATE secret SET description = ?, expires_at = ?, updated_at = ? WHERE owner = ? AND name = ?',
    values: [secret.description, secret.expiresAt, new Date().toISOString(), secret.owner, secret.name],
  })
  return changed > 0
}

export async function deleteSecret(database: Database, owner: string, name: string): Promise<boolean> {
  const statement = { sql: 'DELETE FROM secret WHERE owner = ? AND name = ?', values: [owner, name] }
  return (await database.execute(statement)) > 0
}

/** What the authz-server checks signatures with. The only place that reads keys. */
export async function listSigningKeys(database: Database): Promise<readonly SigningKey[]> {
  const rows = await database.query('SELECT id, owner, secret_key, expires_at FROM secret')
  return rows.map((row) => ({
    id: String(row['id']),
    owner: String(row['owner']),
    key: String(row['secret_key']),
    expiresAt: String(row['expires_at']),
  }))
}

function secretOf(row: Row): Secret {
  return {
    id: String(row['id']),
    owner: String(row['owner']),
    name: String(row['name']),
    description: String(row['description']),
    expiresAt: String(row['expires_at']),
    createdAt: String(row['created_at']),
    updatedAt: String(row['updated_at']),
  }
}
