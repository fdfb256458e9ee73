import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'

export interface SpawnRequest {
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Open file descriptors; the child writes to them whatever becomes of us. */
  readonly stdout: number
  readonly stderr: number
}

export interface Spawned {
  /** Leader, and number, of a process group of its own. */
  readonly pid: number
  /** Never rejects. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>
}

/** Why a program could not be started at all. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError'
}

/**
 * Starts a program in a session and process group of its own, without standard input, so that neither our end nor a Ctrl-C in
 * our terminal reaches it.
 */
export async function spawnDetached(request: SpawnRequest): Promise<Spawned> {
  const [file, ...args] = request.command
  if (file === undefined || file === '') throw new SpawnError('the command is empty')
  const child = spawn(file, args, {
    cwd: request.cwd,
    env: request.environment,
    detached: true,
    stdio: ['ignore', request.stdout, request.stderr],
  })
  const { pid } = child
  if (pid === undefined) {
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve))
    throw new SpawnError(whyNot(error, file, request.cwd))
  }
  const ended = new Promise<Awaited<Spawned['ended']>>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined })
    })
  })
  child.unref()
  return { pid, ended }
}

export interface AttachedRequest {
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /** `terminal` gives the program our own terminal; undefined gives it an empty input. */
  readonly stdin: NodeJS.ReadableStream | 'terminal' | undefined
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/**
 * Runs a program in the foreground, as a part of ours, to its end. The result is its exit code, or 128 and its signal as shells
 * count. Aborting ends it. Throws SpawnError when it cannot be started.
 */
export async function runAttached(request: AttachedRequest, signal: AbortSignal): Promise<number> {
  const [file, ...args] = request.command
  if (file === undefined || file === '') throw new SpawnError('the command is empty')
  const hasTerminal = request.stdin === 'terminal'
  const child = spawn(file, args, {
    cwd: request.cwd,
    env: request.environment,
    stdio: hasTerminal ? 'inherit' : [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const { stdin } = request
  if (child.stdin && stdin !== undefined && stdin !== 'terminal') {
    // A program that does not read its input to the end is no failure.
    child.stdin.on('error', () => undefined)
    stdin.pipe(child.stdin)
  }
  child.stdout?.pipe(request.stdout, { end: false })
  child.stderr?.pipe(request.stderr, { end: false })
  const end = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => {
        reject(new SpawnError(whyNot(error, file, request.cwd)))
      })
      child.once('close', (code, name) => {
        resolve(code ?? 128 + (name === null ? 0 : constants.signals[name]))
      })
    })
  } finally {
    signal.removeEventListener('abort', end)
    if (child.stdin && stdin !== undefined && stdin !== 'terminal') stdin.unpipe(child.stdin)
  }
}

/** The system says ENOENT for a missing program and for a missing working folder alike. */
function whyNot(error: NodeJS.ErrnoException, file: string, cwd: string): string {
  switch (error.code) {
    case 'ENOENT':
      return existsSync(cwd)
        ? `${file} is not there, or not on PATH`
        : `the working folder ${cwd} is not there`
    case 'EACCES':
      return `${file} may not be executed by this user`
    default:
      return `${file} could not be started (${error.code ?? error.message})`
  }
}
