import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Database as Engine, default as Initialise, SqlJsStatic } from 'sql.js'
import { DuplicateError, type Database, type Row, type SqlValue, type Statement } from './database.ts'
import { withFileLock } from './file-lock.ts'

/**
 * SQLite compiled to WebAssembly: nothing to build, nothing to download. The engine works in memory; after each change the
 * whole database is written beside the file and renamed over it, so a crash leaves the old or the new one. Several processes
 * may share a file: a change takes the lock and starts from what the file holds by then.
 */
export async function openSqlite(file: string): Promise<Database> {
  // By `require`: for an import, Node would first scan the module for its exports, which takes as long as loading it.
  const initialise = createRequire(import.meta.url)('sql.js') as typeof Initialise
  const sql = await initialise()
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  let engine: Engine | undefined
  let identity = ''

  const refresh = async (): Promise<Engine> => {
    const current = await identityOf(file)
    if (engine && current === identity) return engine
    engine?.close()
    engine = await load(sql, file)
    identity = current
    return engine
  }

  return {
    query: async (text, values = []) => rowsOf(await refresh(), text, values),
    execute: (...statements) =>
      withFileLock(`${file}.lock`, async () => {
        const current = await refresh()
        const changed = inTransaction(current, statements)
        await replaceFile(file, current.export())
        identity = await identityOf(file)
        return changed
      }),
    close() {
      engine?.close()
      engine = undefined
      return Promise.resolve()
    },
  }
}

function rowsOf(engine: Engine, sql: string, values: readonly SqlValue[]): Row[] {
  const statement = engine.prepare(sql)
  try {
    statement.bind([...values])
    const rows: Row[] = []
    while (statement.step()) rows.push(statement.getAsObject() as Row)
    return rows
  } finally {
    statement.free()
  }
}

function inTransaction(engine: Engine, statements: readonly Statement[]): number {
  engine.run('BEGIN')
  try {
    let changed = 0
    for (const { sql, values = [] } of statements) {
      engine.run(sql, [...values])
      changed += engine.getRowsModified()
    }
    engine.run('COMMIT')
    return changed
  } catch (error) {
    engine.run('ROLLBACK')
    const isDuplicate = error instanceof Error && error.message.startsWith('UNIQUE constraint failed')
    throw isDuplicate ? new DuplicateError('the key exists already', { cause: error }) : error
  }
}

async function load(sql: SqlJsStatic, file: string): Promise<Engine> {
  try {
    return new sql.Database(await readFile(file))
  } catch (error) {
    if (isMissing(error)) return new sql.Database()
    throw error
  }
}

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${String(process.pid)}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Changes whenever the file does: each write makes a file of its own. */
async function identityOf(file: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(file)
    return `${String(ino)} ${String(mtimeMs)} ${String(size)}`
  } catch (error) {
    if (isMissing(error)) return ''
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
