import { spawn } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDev, type DevLink } from '../attach/client.ts'
import { StepError } from '../plan/step-error.ts'
import { markerVariable } from '../platform/process-group.ts'
import { devLog } from '../session/layout.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import { runCommands } from './run-commands.ts'
import { sameWords } from './same-words.ts'

/** A `dev` of its own, or why there is none. */
export type Started =
  | { readonly kind: 'running'; readonly link: DevLink }
  | { readonly kind: 'ended'; readonly exitCode: number; readonly words: readonly string[] }

/** Options that are about the run that starts it. */
const notPassedOn = new Set(['detach', 'progress', 'timeout', 'help', 'ansi'])
/** Bytes of the log from which on it is begun anew. */
const longLog = 1024 * 1024
/** Milliseconds until it answers; the stack is read and the lock is taken by then. */
const limit = 60_000
const lastLines = 20

/**
 * Starts a `dev` that outlives this program and its terminal, with the options that were given to this one; its lines go to a file
 * in the state folder. Comes back when it can be attached to: that, or another one that was faster.
 */
export async function startDev(
  { memory }: Opened,
  given: Arguments,
  { cwd, env, signal }: Surroundings,
): Promise<Started> {
  const file = devLog(memory.folder)
  mkdirSync(memory.folder, { recursive: true, mode: 0o700 })
  const log = openSync(file, 'a', 0o600)
  if (fstatSync(log).size > longLog) ftruncateSync(log)
  const before = fstatSync(log).size
  const flags = runCommands.find(({ name }) => name === 'dev')?.flags ?? []
  const words = sameWords(
    flags.filter(({ name }) => !notPassedOn.has(name)),
    given,
    env,
  )
  const {
    [markerVariable]: _marker,
    IAMSTACK_DETACH: _detach,
    IAMSTACK_TIMEOUT: _timeout,
    ...environment
  } = env
  const program = [...process.execArgv, process.argv[1] ?? '', '__dev', '--progress=plain', ...words]
  const child = spawn(process.execPath, [...program, ...given.operands], {
    cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: environment,
  })
  closeSync(log)
  let ended: number | undefined
  const end = (code: number | null): void => {
    ended = code ?? 1
  }
  child.once('exit', end)
  child.once('error', () => end(null))
  child.unref()
  const deadline = Date.now() + limit
  while (Date.now() < deadline) {
    if (signal.aborted) {
      // Nobody has seen it yet, and it would be missed by nobody; SIGTERM is its Ctrl-C.
      if (ended === undefined) child.kill('SIGTERM')
      signal.throwIfAborted()
    }
    // One that ended may have found another that was faster.
    const hasEnded = ended
    const link = await findDev(memory.folder)
    if (link) return { kind: 'running', link }
    await sleep(50)
    if (hasEnded !== undefined) return { kind: 'ended', exitCode: hasEnded, words: wordsFrom(file, before) }
  }
  throw new StepError(
    'internal',
    `dev (process ${child.pid ?? 0}) cannot be attached to after ${limit / 1000} s`,
    {
      evidence: wordsFrom(file, before),
      hint: `its own words are in ${file}`,
    },
  )
}

function wordsFrom(file: string, offset: number): readonly string[] {
  const text = readFileSync(file).subarray(offset).toString()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-lastLines)
}
