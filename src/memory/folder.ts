import { readFile, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StepError } from '../plan/step-error.ts'
import { codeOf, isMissing, writeAtomically } from './atomic-file.ts'
import { takeLock } from './lock.ts'
import type { Memory } from './memory.ts'
import { stateFolder, type StatePlace } from './state-folder.ts'

const lockName = 'lock'
const valueEnding = '.json'

/**
 * The memory of targets on this machine: a folder of JSON files, `ports` in `ports.json` and `secrets/db` in `secrets/db.json`.
 * Nothing is created before something is written or locked.
 */
export function openFolderMemory(place: StatePlace): Memory {
  const folder = stateFolder(place)
  return {
    folder,
    read: (key) => readValue(fileOf(folder, key)),
    write: (key, value) => writeValue(fileOf(folder, key), value),
    remove: (key) => rm(fileOf(folder, key), { force: true }),
    list: (prefix) => listKeys(folder, prefix),
    lock: async (purpose) => {
      const lock = await takeLock(join(folder, lockName), purpose)
      return {
        release: async () => {
          await lock.release()
          await removeIfEmpty(folder)
        },
      }
    },
    clear: (keep, among) => clear(folder, keep, among),
  }
}

function fileOf(folder: string, key: string): string {
  const segments = key.split('/')
  if (!segments.every((segment) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(segment)))
    throw new Error(`“${key}” is not a key of the memory`)
  return `${join(folder, ...segments)}${valueEnding}`
}

async function readValue(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, codeOf(error) ?? 'unknown error', 'make it readable for you', error)
  }
  try {
    return JSON.parse(text)
  } catch {
    // The cause would show what is written in it, which may be a secret.
    throw unreadable(
      path,
      'it is not JSON',
      'put it back from a backup, or remove it: what it held is made anew',
    )
  }
}

async function writeValue(path: string, value: unknown): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw new StepError('precondition', `${path} cannot be written: ${code}`, {
      hint: 'make room and let it be yours, or choose another folder with IAMSTACK_STATE',
      cause: error,
    })
  }
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): StepError {
  return new StepError('precondition', `${path} cannot be read: ${why}`, { hint, cause })
}

/** Keys below `prefix` (all with an empty one), sorted. */
async function listKeys(folder: string, prefix: string): Promise<string[]> {
  const keys: string[] = []
  const walk = async (key: string): Promise<void> => {
    for (const entry of await entriesOf(join(folder, key))) {
      const path = key === '' ? entry.name : `${key}/${entry.name}`
      if (entry.isDirectory()) await walk(path)
      else if (entry.name.endsWith(valueEnding)) keys.push(path.slice(0, -valueEnding.length))
    }
  }
  await walk(prefix.replace(/\/$/, ''))
  return keys.sort()
}

/** Everything but the lock and what is kept; folders that others made here go too. */
async function clear(folder: string, keep: readonly string[], among?: readonly string[]): Promise<void> {
  const kept = new Set(keep)
  for (const { name } of await entriesOf(folder)) {
    const key = name.endsWith(valueEnding) ? name.slice(0, -valueEnding.length) : name
    // A draft, of a lock or of a value, belongs to somebody who was killed, or who will write it anew.
    const isLock = name === lockName || (name.startsWith(`${lockName}.`) && !name.includes('.draft-'))
    const isAmong =
      among === undefined || among.some((top) => top === key || name.startsWith(`${top}${valueEnding}.`))
    if (!isLock && isAmong && !kept.has(key)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function entriesOf(folder: string): Promise<{ name: string; isDirectory(): boolean }[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw unreadable(folder, codeOf(error) ?? 'unknown error', 'make it readable for you', error)
  }
}

/** Also the folder of the stack above, when this was its last instance. */
async function removeIfEmpty(folder: string): Promise<void> {
  for (const each of [folder, join(folder, '..')]) {
    try {
      await rmdir(each)
    } catch (error) {
      const code = codeOf(error)
      // EEXIST is how some systems say "not empty".
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return
      throw error
    }
  }
}
