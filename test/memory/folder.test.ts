import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Memory } from '../../src/memory/memory.ts'
import type { StepError } from '../../src/plan/step-error.ts'

let state: string
let memory: Memory

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'memory-'))
  memory = openFolderMemory({
    stackName: 'todo',
    root: '/projects/todo',
    instance: undefined,
    env: { IAMSTACK_STATE: state },
    platform: process.platform,
    home: '/',
  })
})

afterEach(() => rm(state, { recursive: true, force: true }))

it('keeps values between two openings', async () => {
  await memory.write('ports', { 'api.http': 8000 })
  await memory.write('secrets/db', { password: 'x' })
  await memory.write('secrets/mail', {})
  expect(await memory.read('ports')).toEqual({ 'api.http': 8000 })
  expect(await memory.list('')).toEqual(['ports', 'secrets/db', 'secrets/mail'])
  expect(await memory.list('secrets')).toEqual(['secrets/db', 'secrets/mail'])
  await memory.remove('secrets/db')
  expect(await memory.list('secrets/')).toEqual(['secrets/mail'])
  expect(await memory.read('secrets/db')).toBeUndefined()
})

it('is for the owner alone', async () => {
  await memory.write('secrets/db', {})
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
  expect(await modeOf(memory.folder)).toBe('700')
  expect(await modeOf(join(memory.folder, 'secrets'))).toBe('700')
  expect(await modeOf(join(memory.folder, 'secrets', 'db.json'))).toBe('600')
})

it('creates nothing while it is only asked', async () => {
  await memory.read('ports')
  await memory.list('')
  await memory.clear([])
  await memory.remove('ports')
  expect(await readdir(state)).toEqual([])
})

it('names the file that is not JSON, and what to do, but not its content', async () => {
  await memory.write('ports', {})
  await writeFile(join(memory.folder, 'ports.json'), '{ "s3cret')
  const error = await memory.read('ports').then(
    () => undefined,
    (reason: unknown) => reason as StepError,
  )
  expect(error?.name).toBe('StepError')
  expect(error?.message).toBe(`${memory.folder}/ports.json cannot be read: it is not JSON`)
  expect(error?.hint).toBe('put it back from a backup, or remove it: what it held is made anew')
  expect(JSON.stringify(error) + String(error?.stack)).not.toContain('s3cret')
})

it.skipIf(process.getuid?.() === 0)('names the file that may not be read', async () => {
  await memory.write('ports', {})
  await chmod(join(memory.folder, 'ports.json'), 0)
  await expect(memory.read('ports')).rejects.toThrow('cannot be read: EACCES')
})

it('says where it could not write', async () => {
  await writeFile(join(state, 'iamstack'), 'a file where a folder is needed')
  await expect(memory.write('ports', {})).rejects.toThrow(/ports\.json cannot be written: (ENOTDIR|EEXIST)/)
})

it('refuses keys that lead elsewhere', async () => {
  await expect(async () => memory.write('../escape', {})).rejects.toThrow('is not a key')
  await expect(async () => memory.read('a//b')).rejects.toThrow('is not a key')
})

it('never shows half of a value', async () => {
  const values = [1, 2].map((each) => ({ content: String(each).repeat(200_000) }))
  await memory.write('big', values[0])
  const write = async () => {
    for (let round = 0; round < 20; round++) await memory.write('big', values[round % 2])
  }
  const read = async () => {
    for (let round = 0; round < 40; round++) expect(values).toContainEqual(await memory.read('big'))
  }
  await Promise.all([write(), read()])
  expect(await readdir(memory.folder)).toEqual(['big.json'])
})

it('clears all but what is kept, folders of others included, and goes away with the last lock', async () => {
  const lock = await memory.lock('down')
  await memory.write('secrets/db', {})
  await memory.write('ports', {})
  await memory.write('smoke', [])
  await mkdir(join(memory.folder, 'services', 'api'), { recursive: true })
  await memory.clear(['secrets', 'ports'])
  expect((await readdir(memory.folder)).sort()).toEqual(['lock', 'ports.json', 'secrets'])
  await memory.clear([])
  expect(await readdir(memory.folder)).toEqual(['lock'])
  await lock.release()
  expect(existsSync(dirname(memory.folder))).toBe(false)
})
