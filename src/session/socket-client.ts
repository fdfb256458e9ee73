import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { markerVariable } from '../platform/process-group.ts'
import { StepError } from '../plan/step-error.ts'
import { sessionLog } from './layout.ts'
import {
  protocolVersion,
  type Answer,
  type FromClient,
  type FromSession,
  type Hello,
  type Request,
  type State,
} from './protocol.ts'
import { runningSession } from './session-lock.ts'
import { makeSocketFolder, socketPath } from './socket-path.ts'
import { lineOver, type Line } from './socket.ts'

/** The session ended, or was killed, before it answered. Every request may be asked again of the next one. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone'

  constructor() {
    super('the session ended before it answered')
  }
}

export interface SessionClient {
  readonly hello: Hello
  /** StepError when the session refuses; SessionGone when it goes away meanwhile. */
  ask(request: Request): Promise<Extract<Answer, { ok: true }>>
  /** Every state as it is, then each change until `signal` is aborted or the session goes away. */
  follow(listener: (state: State) => void, signal: AbortSignal): Promise<void>
  /** Comes back when the session said goodbye too: if nothing was left for it to do, all its traces are gone by then. */
  close(): Promise<void>
}

export interface ClientOptions {
  /** The state folder of the instance. */
  readonly state: string
  readonly build: string
  /** Program and arguments that run the session of the folder: `[process.execPath, 'dist/cli.js', '__session', folder]`. */
  readonly command: readonly string[]
}

/** How long a session may take until it answers, in milliseconds: reading many records on a busy machine included. */
const startLimit = 20_000

/** The session that runs now, whatever its build; undefined when none does. Starts nothing. */
export async function findSession(state: string): Promise<SessionClient | undefined> {
  const lock = await runningSession(state).catch(() => undefined)
  return lock && connectTo(lock.socket)
}

/** The session of this build: the one that runs, or a new one. One of another build goes; its processes stay and are adopted. */
export async function openSession(options: ClientOptions): Promise<SessionClient> {
  const deadline = Date.now() + startLimit
  let started: Started | undefined
  for (let pause = 3; Date.now() < deadline; pause = Math.min(pause * 1.3, 50)) {
    const client = await findSession(options.state)
    if (client && client.hello.protocol === protocolVersion && client.hello.build === options.build)
      return client
    if (client) await replace(client, options.state)
    else if (!(await runningSession(options.state)) && (started?.hasEnded ?? true)) {
      // One that ended at once lost the race against another, which may be gone by now. Never two on their way: the second would
      // come up after all is done and find nobody.
      started = startSession(options)
    }
    await sleep(pause)
  }
  throw new StepError('internal', `the session did not answer within ${String(startLimit / 1000)} s`, {
    hint: `its own words are in ${sessionLog(options.state)}`,
  })
}

async function replace(client: SessionClient, state: string): Promise<void> {
  await client.ask({ type: 'quit' }).catch(() => undefined)
  await client.close()
  for (let tries = 0; tries < 200 && (await runningSession(state)); tries += 1) await sleep(10)
}

interface Started {
  hasEnded: boolean
}

function startSession({ state, command }: ClientOptions): Started {
  mkdirSync(state, { recursive: true, mode: 0o700 })
  makeSocketFolder(dirname(socketPath(state)))
  const [file = process.execPath, ...args] = command
  const log = openSync(sessionLog(state), 'a', 0o600)
  const { [markerVariable]: _, ...environment } = process.env
  const child = spawn(file, args, {
    cwd: state,
    detached: true,
    stdio: ['ignore', log, log],
    env: environment,
  })
  const started: Started = { hasEnded: false }
  const end = (): void => {
    started.hasEnded = true
  }
  child.once('exit', end)
  // A program that is not there shows as a session that does not answer.
  child.once('error', end)
  child.unref()
  closeSync(log)
  return started
}

function connectTo(path: string): Promise<SessionClient | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const line = lineOver<FromSession, FromClient>(socket)
    line.onClose(() => {
      resolve(undefined)
    })
    line.onMessage((message) => {
      if (message.type === 'hello') resolve(clientOver(line, message))
    })
  })
}

function clientOver(line: Line<FromSession, FromClient>, hello: Hello): SessionClient {
  const waiting = new Map<
    number,
    { answered: (answer: Answer) => void; lost: (error: SessionGone) => void }
  >()
  const listeners = new Set<(state: State) => void>()
  const closed = new AbortController()
  let last = 0
  line.onMessage((message) => {
    if (message.type === 'answer') {
      waiting.get(message.id)?.answered(message)
      waiting.delete(message.id)
    }
    if (message.type === 'state') for (const listener of listeners) listener(message.state)
  })
  line.onClose(() => {
    closed.abort()
    for (const { lost } of waiting.values()) lost(new SessionGone())
    waiting.clear()
  })
  const ask = async (request: Request): Promise<Extract<Answer, { ok: true }>> => {
    if (closed.signal.aborted) throw new SessionGone()
    const answer = await new Promise<Answer>((answered, lost) => {
      last += 1
      waiting.set(last, { answered, lost })
      line.send({ id: last, ...request })
    })
    if (answer.ok) return answer
    const { kind, message, evidence, hint } = answer.problem
    throw new StepError(kind, message, { evidence, ...(hint !== undefined && { hint }) })
  }
  return {
    hello,
    ask,
    async follow(listener, signal) {
      listeners.add(listener)
      const { states = [] } = await ask({ type: 'subscribe' })
      for (const state of states) listener(state)
      const over = AbortSignal.any([signal, closed.signal])
      await new Promise<void>((resolve) => {
        if (over.aborted) resolve()
        over.addEventListener('abort', () => resolve(), { once: true })
      })
      listeners.delete(listener)
    },
    async close() {
      const gone = new Promise<void>((resolve) => {
        if (closed.signal.aborted) resolve()
        closed.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      line.end()
      await Promise.race([gone, sleep(2000, undefined, { ref: false })])
      line.destroy()
    },
  }
}
