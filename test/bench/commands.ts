import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kill, sweepContainers, sweepImages, sweepProcesses } from './sweep.ts'

const folderHere = dirname(fileURLToPath(import.meta.url))
export const root = dirname(dirname(folderHere))

/** A script of `programs/`, for a child of its own. */
export const programFile = (name: string): string => join(folderHere, 'programs', name)

/**
 * An extra CA bundle costs every Node start 40–100 ms, preloaded modules more; neither we nor peers shall pay that here. Nor may
 * a profile or a flag from the environment of whoever runs the bench change what is measured.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'COMPOSE_FILE', 'COMPOSE_PROFILES'].includes(name) &&
      !name.startsWith('IAMSTACK_'),
  ),
)

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** File that takes what `start` prints; without it that is thrown away. */
  readonly log?: string
}

/** Where one scenario is measured: a folder of its own, names with a random part, and an end that leaves nothing behind. */
export interface Bench {
  readonly folder: string
  /** Part of every name that the scenario gives. */
  readonly name: string
  /** `iamstack …` in the folder; what it printed. Fails on any exit code but 0. */
  iamstack(words: readonly string[], options?: RunOptions): Promise<string>
  run(command: string, words: readonly string[], options?: RunOptions): Promise<string>
  /** Starts something that is talked to, until the bench ends. */
  talk(command: string, words: readonly string[]): ChildProcessWithoutNullStreams
  /** Starts something that goes on until the bench ends. */
  start(command: string, words: readonly string[], options?: RunOptions): ChildProcess
  /** The words of `start` for `iamstack …`. */
  readonly entry: readonly [command: string, file: string]
  /** Ends whatever still runs, and deletes all that carries the name. May be called twice. */
  dispose(): Promise<void>
}

export async function createBench(entryFile: string): Promise<Bench> {
  const name = `bench-${randomBytes(4).toString('hex')}`
  // Watchers report real paths, and the sweep compares paths in argument lists.
  const folder = await realpath(await mkdtemp(join(tmpdir(), `iamstack-${name}-`)))
  const children = new Set<ChildProcess>()
  let isDisposed = false
  const env = { ...environment, IAMSTACK_STATE: join(folder, 'state'), NO_COLOR: '1' }

  const begin = (command: string, words: readonly string[], options: RunOptions, keep: boolean) => {
    if (isDisposed) throw new Error('the bench has ended')
    const log = options.log === undefined ? undefined : openSync(options.log, 'a')
    const output = keep ? 'pipe' : (log ?? 'ignore')
    const child = spawn(command, words, {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: ['ignore', output, output],
      // A group of its own, to be ended with all that it started: `docker compose` goes on without `docker`.
      detached: true,
    })
    if (log !== undefined) closeSync(log)
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }

  const execute = (command: string, words: readonly string[], options: RunOptions = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = begin(command, words, options, true)
      let output = ''
      let errors = ''
      child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
      child.on('error', reject)
      child.on('close', (code, signal) => {
        const text = `${errors}${output}`.trim().slice(-2000)
        if (code === 0) resolve(output)
        else reject(new Error(`${command} ${words.join(' ')} ended with ${code ?? String(signal)}:\n${text}`))
      })
    })

  return {
    folder,
    name,
    entry: [process.execPath, entryFile],
    iamstack: (words, options) => execute(process.execPath, [entryFile, ...words], options),
    run: execute,
    start: (command, words, options = {}) => begin(command, words, options, false),
    talk: (command, words) => {
      const child = spawn(command, words, { cwd: folder, env, detached: true })
      children.add(child)
      child.once('close', () => children.delete(child))
      return child
    },
    dispose: async () => {
      isDisposed = true
      for (const { pid } of children) if (pid !== undefined) kill(-pid)
      await sweepProcesses(folder)
      await sweepContainers(name)
      await sweepImages(name)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
