import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { failureOf } from '../plan/failure.ts'
import { StepError } from '../plan/step-error.ts'
import { devSocketPath, draftEnding, makeSocketFolder } from '../session/socket-path.ts'
import { lineOver } from '../session/socket.ts'
import type { Event } from '../state/events.ts'
import type { LogBuffers } from '../state/log-buffers.ts'
import type { Store } from '../state/store.ts'
import {
  readFromViewer,
  type Answer,
  type FromDev,
  type Hello,
  type LogText,
  type RemoteIntent,
  type Wants,
} from './protocol.ts'
import { createRecent, packState } from './replay.ts'
import { removeDevSocket } from './traces.ts'

export interface ServeOptions {
  /** The state folder of the instance. Whoever serves it holds its lock, so a socket that is there already is a dead one's. */
  readonly state: string
  readonly hello: Hello
  /** What happens. */
  readonly events: Store
  /** The same with what the target says of itself, kept up to date for as long as somebody `watch`es. */
  readonly screen: { readonly store: Store; readonly logs: LogBuffers; watch(): () => void }
  /** A word for the person, or nothing; an error is answered with its message. */
  readonly act: (intent: RemoteIntent) => Promise<string | undefined>
}

export interface DevServer {
  /** The first `up` is done. */
  settle(exitCode: number): void
  /** Tells everybody that it is over, and lets go of the socket. */
  close(exitCode: number): Promise<void>
}

/** Bytes that wait for a reader: beyond the first no more log lines are sent to it, beyond the second it is dropped. */
const patience = { logs: 1024 * 1024, all: 16 * 1024 * 1024 }
/** Milliseconds between two messages with log lines, and lines in each at most. */
const logs = { every: 50, most: 2_000 }
/** Milliseconds that a reader has for the last message. */
const farewell = 1_000

/** Serves the state of a running `dev` to everybody of this user who asks. Throws when the socket cannot be made. */
export async function serveDev(options: ServeOptions): Promise<DevServer> {
  const recent = createRecent()
  const unsubscribe = options.events.subscribe((event) => recent.add(event))
  const viewers = new Set<Viewer>()
  let settled: number | undefined
  const replayFor = (wants: Wants): FromDev => ({
    type: 'replay',
    state: packState((wants.looks ? options.screen.store : options.events).getState()),
    recent: recent.list(),
    logs: wants.logs ? newestLines(options.screen.logs, logs.most) : [],
    ...(settled !== undefined && { settled }),
  })
  const socket = await openSocket(options.state, (connection) => {
    const viewer = openViewer(connection, options, replayFor)
    viewers.add(viewer)
    connection.once('close', () => viewers.delete(viewer))
  })
  return {
    settle(exitCode) {
      settled = exitCode
      for (const viewer of viewers) viewer.tell({ type: 'settled', exitCode })
    },
    async close(exitCode) {
      unsubscribe()
      socket.close()
      await Promise.all([...viewers].map((viewer) => viewer.end(exitCode)))
    },
  }
}

interface Viewer {
  /** Nothing for one that has not attached. */
  tell(message: FromDev): void
  end(exitCode: number): Promise<void>
}

function openViewer(socket: Socket, options: ServeOptions, replayFor: (wants: Wants) => FromDev): Viewer {
  const line = lineOver<unknown, FromDev>(socket)
  let detach: (() => void) | undefined

  function send(message: FromDev): void {
    // Whoever does not read is not waited for: it would hold up the memory of everybody.
    if (socket.writableLength > patience.all) socket.destroy()
    else line.send(message)
  }
  const answer = (id: number, { ...result }: Answer): void => send({ type: 'answer', id, ...result })

  line.onMessage((value) => {
    const request = readFromViewer(value)
    if (!request) {
      socket.destroy()
      return
    }
    switch (request.type) {
      case 'attach':
        detach?.()
        send(replayFor(request))
        detach = attach(request, options, send, () => socket.writableLength)
        return
      case 'act':
        options.act(request.intent).then(
          (word) => answer(request.id, { ok: true, ...(word !== undefined && { word }) }),
          (error: unknown) => answer(request.id, { ok: false, failure: failureFor(error) }),
        )
        return
      default:
        request satisfies never
    }
  })
  line.onClose(() => detach?.())
  send(options.hello)
  return {
    tell: (message) => {
      if (detach) send(message)
    },
    async end(exitCode) {
      const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      send({ type: 'ended', exitCode })
      line.end()
      await Promise.race([gone, sleep(farewell, undefined, { ref: false })])
      line.destroy()
    },
  }
}

/** From now on everything that happens; the result ends it. */
function attach(
  wants: Wants,
  { events, screen }: ServeOptions,
  send: (message: FromDev) => void,
  waiting: () => number,
): () => void {
  const store = wants.looks ? screen.store : events
  const ends = [store.subscribe((event: Event) => send({ type: 'event', event }))]
  if (wants.looks || wants.logs) ends.push(screen.watch())
  if (wants.logs) {
    let sent = screen.logs.newest()
    const timer = setInterval(() => {
      const newest = screen.logs.newest()
      if (newest === sent || waiting() > patience.logs) return
      send({ type: 'logs', lines: newestLines(screen.logs, Math.min(newest - sent, logs.most)) })
      sent = newest
    }, logs.every)
    ends.push(() => clearInterval(timer))
  }
  return () => {
    for (const end of ends) end()
  }
}

function newestLines(buffers: LogBuffers, count: number): readonly LogText[] {
  return buffers
    .read({ service: undefined, upTo: undefined, skip: 0, count, matches: undefined })
    .map(({ order: _order, ...line }) => line)
}

function failureFor(error: unknown): Extract<Answer, { readonly ok: false }>['failure'] {
  if (error instanceof StepError) return failureOf(error)
  return { kind: 'internal', message: error instanceof Error ? error.message : String(error), evidence: [] }
}

/**
 * Listens under another name and takes the right one when it is ready: nobody finds a socket that does not answer or has other
 * rights than it should, and one that a killed `dev` left is replaced.
 */
async function openSocket(state: string, onConnection: (socket: Socket) => void): Promise<{ close(): void }> {
  const path = devSocketPath(state)
  const server = createServer(onConnection)
  if (process.platform === 'win32') {
    await listen(server, path)
    return { close: () => server.close() }
  }
  mkdirSync(state, { recursive: true, mode: 0o700 })
  if (dirname(path) !== state) makeSocketFolder(dirname(path))
  const draft = `${path}${draftEnding(process.pid)}`
  rmSync(draft, { force: true })
  await listen(server, draft)
  chmodSync(draft, 0o600)
  const { ino } = lstatSync(draft)
  renameSync(draft, path)
  return {
    close() {
      server.close()
      // Not a successor's: this one may have been suspended for so long that it lost its lock.
      if (lstatSync(path, { throwIfNoEntry: false })?.ino !== ino) return
      removeDevSocket(state)
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, backlog: 64 }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}
