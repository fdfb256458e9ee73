export type SqlValue = string | number
export type Row = Readonly<Record<string, SqlValue | null>>

export interface Statement {
  readonly sql: string
  readonly values?: readonly SqlValue[]
}

/**
 * The little that the apiserver wants of a SQL engine; both engines understand the same statements, with `?` for values.
 * A key that exists already is a DuplicateError; everything else that fails is the engine's own error.
 */
export interface Database {
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>
  /** All or nothing; resolves with the number of rows that changed. */
  execute(...statements: readonly Statement[]): Promise<number>
  close(): Promise<void>
}

export class DuplicateError extends Error {}

export type DatabaseSettings =
  | {
      readonly engine: 'mariadb'
      readonly host: string
      readonly port: number
      readonly name: string
      readonly user: string
      readonly password: string
    }
  | { readonly engine: 'sqlite'; readonly file: string }

/** Opens the engine that the configuration names; only that one is loaded. */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  switch (settings.engine) {
    case 'mariadb':
      return (await import('./mariadb.ts')).openMariadb(settings)
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(settings.file)
    default:
      return settings satisfies never
  }
}
