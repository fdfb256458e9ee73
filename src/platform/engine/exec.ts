import { setTimeout as sleep } from 'node:timers/promises'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { Engine } from './engine.ts'
import { codeOf } from './docker-config.ts'
import { frames, rawFrames, type Frame } from './streams.ts'

export interface ExecSpec {
  readonly argv: readonly string[]
  readonly env?: ReadonlyMap<string, string>
  /** Default: the container's. */
  readonly user?: string
  readonly workingDir?: string
  readonly isPrivileged?: boolean
  /** With a terminal, stdout and stderr are one stream. */
  readonly tty?: boolean
  /** Whether standard input is open; otherwise the command reads an empty one. */
  readonly hasInput?: boolean
}

/** A command that runs in a container, with its streams. */
export interface ExecSession {
  readonly id: string
  /** `end()` is the end of the command's standard input, and leaves its output open. */
  readonly input: Writable
  /** To be read to the end: the engine stops the command while nobody reads. */
  readonly output: AsyncIterable<Frame>
  resize(columns: number, rows: number): Promise<void>
  /** The command's exit code, once its output has ended. */
  exitCode(): Promise<number>
  /** Lets go of the connection. The engine has no way to end the command; one that reads its input sees it end. */
  close(): void
}

/** Starts a command in a running container. EngineError 404: no such container; 409: it does not run. */
export async function openExec(engine: Engine, container: string, spec: ExecSpec): Promise<ExecSession> {
  const isTty = spec.tty ?? false
  const { Id: id } = (await engine.post(`/containers/${container}/exec`, {
    json: {
      Cmd: spec.argv,
      AttachStdout: true,
      AttachStderr: true,
      AttachStdin: spec.hasInput ?? false,
      Tty: isTty,
      ...(spec.env && { Env: [...spec.env].map(([name, value]) => `${name}=${value}`) }),
      ...(spec.user !== undefined && { User: spec.user }),
      ...(spec.workingDir !== undefined && { WorkingDir: spec.workingDir }),
      ...(spec.isPrivileged === true && { Privileged: true }),
    },
  })) as { Id: string }
  const connection = await engine.upgrade(`/exec/${id}/start`, { json: { Detach: false, Tty: isTty } })
  const received = untilClosed(connection)
  return {
    id,
    input: connection,
    output: isTty ? rawFrames(received) : frames(received),
    resize: async (columns, rows) => {
      await engine.post(`/exec/${id}/resize`, { query: { w: columns, h: rows } })
    },
    exitCode: () => exitCodeOf(engine, id),
    close: () => {
      connection.destroy()
    },
  }
}

export interface ExecStreams {
  readonly stdin?: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Tells the terminal's size, at once and whenever it changes. */
  readonly onResize?: (listener: (columns: number, rows: number) => void) => void
  readonly signal?: AbortSignal
}

/** Runs a command in a container to its end and gives its exit code. An abort lets go of it and throws the signal's reason. */
export async function exec(
  engine: Engine,
  container: string,
  spec: Omit<ExecSpec, 'hasInput'>,
  streams: ExecStreams,
): Promise<number> {
  const { stdin, stdout, stderr, signal } = streams
  signal?.throwIfAborted()
  const session = await openExec(engine, container, { ...spec, hasInput: stdin !== undefined })
  const close = () => {
    session.close()
  }
  signal?.addEventListener('abort', close, { once: true })
  if (stdin === undefined) session.input.end()
  else stdin.pipe(session.input)
  streams.onResize?.((columns, rows) => {
    // A size for a command that has just ended is of no use to anyone.
    session.resize(columns, rows).catch(() => undefined)
  })
  try {
    await copyFrames(session.output, stdout, stderr)
    signal?.throwIfAborted()
    return await session.exitCode()
  } finally {
    stdin?.unpipe(session.input)
    signal?.removeEventListener('abort', close)
    close()
  }
}

/** Writes each frame to its stream, no faster than that takes it. */
export async function copyFrames(
  source: AsyncIterable<Frame>,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<void> {
  for await (const { stream, data } of source) {
    const target = stream === 'stdout' ? stdout : stderr
    if (!target.write(data))
      await new Promise<void>((resolve) =>
        target.once('drain', () => {
          resolve()
        }),
      )
  }
}

/** What comes until either side closes; a command that ends without reading all its input resets the connection. */
export async function* untilClosed(connection: Duplex): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of connection as Readable as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    const code = codeOf(error)
    const isClosed = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (!isClosed) throw error
  }
}

async function exitCodeOf(engine: Engine, id: string): Promise<number> {
  // The engine closes the output a moment before it writes the exit code down.
  for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
    const state = (await engine.get(`/exec/${id}/json`)) as { Running: boolean; ExitCode: number | null }
    if (!state.Running && state.ExitCode !== null) return state.ExitCode
    await sleep(wait)
  }
}
