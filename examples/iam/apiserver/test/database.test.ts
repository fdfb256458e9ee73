import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DuplicateError } from '../src/database/database.ts'
import { migrate, readMigrations } from '../src/database/migrate.ts'
import { openSqlite } from '../src/database/sqlite.ts'
import { checkPassword, ensureAdmin, findUser } from '../src/users.ts'

const schema = fileURLToPath(new URL('../../schema', import.meta.url))
let folder = ''
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'iam-database-'))))
afterEach(() => rm(folder, { recursive: true }))

const file = (): string => join(folder, 'sub', 'iam.db')
const table = { sql: 'CREATE TABLE t (a INTEGER PRIMARY KEY)' }
const insert = (value: number): { sql: string; values: number[] } => ({
  sql: 'INSERT INTO t VALUES (?)',
  values: [value],
})

test('S90: migrations run once each, in the order of their numbers, however often the job does', async () => {
  const database = await openSqlite(file())
  const runs: string[][] = []
  for (let run = 0; run < 2; run += 1) {
    const applied: string[] = []
    await migrate(database, await readMigrations(schema), (each) => void applied.push(each.file))
    runs.push(applied)
  }
  expect(runs).toEqual([['0001-users.sql', '0002-secrets.sql', '0003-policies.sql'], []])
  expect(await database.query('SELECT version FROM schema_version')).toEqual([
    { version: 1 },
    { version: 2 },
    { version: 3 },
  ])
})

test('the administrator is made once and follows a rotated password', async () => {
  const database = await openSqlite(file())
  await migrate(database, await readMigrations(schema))
  expect(await ensureAdmin(database, 'first password')).toBe('created')
  expect(await ensureAdmin(database, 'first password')).toBe('unchanged')
  expect(await ensureAdmin(database, 'second password')).toBe('updated')
  expect(await checkPassword(database, 'admin', 'first password')).toBe(false)
  expect(await checkPassword(database, 'admin', 'second password')).toBe(true)
  expect(await checkPassword(database, 'nobody', 'second password')).toBe(false)
  expect(await findUser(database, 'admin')).toMatchObject({ isAdmin: true })
})

test('what was written is there after a restart, and nothing else lies about', async () => {
  const first = await openSqlite(file())
  await first.execute(table, insert(1))
  await first.close()
  expect(await (await openSqlite(file())).query('SELECT a FROM t')).toEqual([{ a: 1 }])
  expect(await readdir(join(folder, 'sub'))).toEqual(['iam.db'])
})

test('statements of one call are all or nothing, and a taken key is told apart', async () => {
  const database = await openSqlite(file())
  await database.execute(table, insert(1))
  await expect(database.execute(insert(2), insert(1))).rejects.toBeInstanceOf(DuplicateError)
  await expect(database.execute(insert(3), { sql: 'NONSENSE' })).rejects.toThrow(/syntax error/)
  expect(await database.query('SELECT a FROM t')).toEqual([{ a: 1 }])
})

test('replicas that share a file see each other, and no write is lost', async () => {
  const replicas = await Promise.all([1, 2, 3].map(() => openSqlite(file())))
  await replicas[0]?.execute(table)
  await Promise.all(
    replicas.flatMap((each, first) =>
      Array.from({ length: 10 }, (_, index) => each.execute(insert(3 * index + first))),
    ),
  )
  for (const each of replicas) expect(await each.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: 30 }])
})

test('the lock of a process that died is taken over', async () => {
  const database = await openSqlite(file())
  await writeFile(`${file()}.lock`, '4194999 dead')
  expect(await database.execute(table)).toBe(0)
})
