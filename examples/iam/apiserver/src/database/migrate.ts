import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './database.ts'

export interface Migration {
  /** The digits that its file name begins with. */
  readonly version: number
  readonly file: string
  readonly statements: readonly string[]
}

/** Reads `NNNN-what.sql` files in the order of their numbers. Statements end with `;` at the end of a line. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d+-.+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const text = (await readFile(join(folder, file), 'utf8')).replace(/^--.*$/gm, '')
      const statements = text.split(/;\s*$/m).map((statement) => statement.trim())
      return { version: parseInt(file, 10), file, statements: statements.filter((each) => each !== '') }
    }),
  )
}

/**
 * Applies what the database has not seen, and notes it in `schema_version`. DDL of MariaDB commits by itself, so a run that was
 * killed repeats the statements of one file: they must bear it.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  onApplied: (migration: Migration) => void = () => undefined,
): Promise<void> {
  await database.execute({
    sql: 'CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, file VARCHAR(255) NOT NULL, applied_at VARCHAR(24) NOT NULL)',
  })
  const rows = await database.query('SELECT version FROM schema_version')
  const applied = new Set(rows.map((row) => row['version']))
  for (const migration of migrations) {
    if (applied.has(migration.version)) continue
    await database.execute(...migration.statements.map((sql) => ({ sql })), {
      sql: 'INSERT INTO schema_version (version, file, applied_at) VALUES (?, ?, ?)',
      values: [migration.version, migration.file, new Date().toISOString()],
    })
    onApplied(migration)
  }
}
