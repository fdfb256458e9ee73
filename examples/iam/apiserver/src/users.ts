import type { Database, Row } from './database/database.ts'
import { hashPassword, isPassword } from './password.ts'

/** A user as everybody may see it. */
export interface User {
  readonly name: string
  readonly email: string
  readonly isAdmin: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

const columns = 'name, email, is_admin, created_at, updated_at'

export async function findUser(database: Database, name: string): Promise<User | undefined> {
  const [row] = await database.query(`SELECT ${columns} FROM user WHERE name = ?`, [name])
  return row && userOf(row)
}

export async function listUsers(database: Database, limit: number, offset: number): Promise<readonly User[]> {
  const rows = await database.query(`SELECT ${columns} FROM user ORDER BY name LIMIT ? OFFSET ?`, [
    limit,
    offset,
  ])
  return rows.map(userOf)
}

export interface NewUser {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly isAdmin: boolean
}

/** DuplicateError where the name is taken. */
export async function createUser(database: Database, user: NewUser): Promise<void> {
  const now = new Date().toISOString()
  await database.execute({
    sql: 'INSERT INTO user (name, email, password_hash, is_admin, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    values: [user.name, user.email, await hashPassword(user.password), user.isAdmin ? 1 : 0, now, now],
  })
}

export interface UserChange {
  readonly email?: string
  readonly password?: string
}

export async function updateUser(
  database: Database,
  name: string,
  { email, password }: UserChange,
): Promise<void> {
  const changes = {
    ...(email !== undefined && { email }),
    ...(password !== undefined && { password_hash: await hashPassword(password) }),
    updated_at: new Date().toISOString(),
  }
  const assignments = Object.keys(changes).map((column) => `${column} = ?`)
  await database.execute({
    sql: `UPDATE user SET ${assignments.join(', ')} WHERE name = ?`,
    values: [...Object.values(changes), name],
  })
}

/** Takes secrets and policies of the user along. Resolves with whether there was one. */
export async function deleteUser(database: Database, name: string): Promise<boolean> {
  const changed = await database.execute(
    { sql: 'DELETE FROM secret WHERE owner = ?', values: [name] },
    { sql: 'DELETE FROM policy WHERE owner = ?', values: [name] },
    { sql: 'DELETE FROM user WHERE name = ?', values: [name] },
  )
  return changed > 0
}

/** Takes as long for a name that does not exist as for a wrong password, so that names cannot be guessed by the clock. */
export async function checkPassword(database: Database, name: string, password: string): Promise<boolean> {
  const [row] = await database.query('SELECT password_hash FROM user WHERE name = ?', [name])
  const hash = row?.['password_hash']
  const isRight = await isPassword(password, typeof hash === 'string' ? hash : nobody)
  return isRight && hash !== undefined
}

/** A hash that no password has. */
const nobody = 'scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** Creates the administrator, or gives it the password of today where that was rotated. */
export async function ensureAdmin(
  database: Database,
  password: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  if (!(await findUser(database, 'admin'))) {
    await createUser(database, { name: 'admin', email: 'admin@localhost', password, isAdmin: true })
    return 'created'
  }
  if (await checkPassword(database, 'admin', password)) return 'unchanged'
  await updateUser(database, 'admin', { password })
  return 'updated'
}

function userOf(row: Row): User {
  return {
    name: String(row['name']),
    email: String(row['email']),
    isAdmin: row['is_admin'] === 1,
    createdAt: String(row['created_at']),
    updatedAt: String(row['updated_at']),
  }
}
