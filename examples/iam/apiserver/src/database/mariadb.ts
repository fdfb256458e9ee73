import { createPool, type PoolConnection } from 'mariadb'
import { DuplicateError, type Database, type DatabaseSettings, type Row, type Statement } from './database.ts'

/** ER_DUP_ENTRY */
const duplicateEntry = 1062

/** A pool that connects when it is used; a server that is away fails each statement within two seconds, and is found again. */
export function openMariadb(settings: Extract<DatabaseSettings, { engine: 'mariadb' }>): Database {
  const { host, port, name, user, password } = settings
  const pool = createPool({
    host,
    port,
    database: name,
    user,
    password,
    connectionLimit: 10,
    minimumIdle: 1,
    connectTimeout: 2000,
    acquireTimeout: 2000,
    insertIdAsNumber: true,
    bigIntAsNumber: true,
  })
  return {
    query: async (sql, values = []) => (await pool.query<Row[]>(sql, [...values])).map((row) => ({ ...row })),
    async execute(...statements) {
      const connection = await pool.getConnection()
      try {
        return await inTransaction(connection, statements)
      } finally {
        await connection.release()
      }
    },
    close: () => pool.end(),
  }
}

async function inTransaction(connection: PoolConnection, statements: readonly Statement[]): Promise<number> {
  await connection.beginTransaction()
  try {
    let changed = 0
    for (const { sql, values = [] } of statements) {
      const result = await connection.query<{ affectedRows?: number }>(sql, [...values])
      changed += result.affectedRows ?? 0
    }
    await connection.commit()
    return changed
  } catch (error) {
    await connection.rollback()
    throw isDuplicate(error) ? new DuplicateError('the key exists already', { cause: error }) : error
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === duplicateEntry
}
