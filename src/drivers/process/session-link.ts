import type { Request, State } from '../../session/protocol.ts'
import { removeTracesOfKilled } from '../../session/session-traces.ts'
import { findSession, openSession, SessionGone, type SessionClient } from '../../session/socket-client.ts'
import type { ProcessDriverOptions } from './options.ts'

/** The driver's one connection to the session, made when it is first needed, and what the session says meanwhile. */
export interface SessionLink {
  /** Starts the session when there is none. */
  open(): Promise<SessionClient>
  /** Asks, and asks the next session where this one is killed before it answers. */
  ask(request: Request): Promise<void>
  /** Only when one runs already. */
  find(): Promise<SessionClient | undefined>
  /** Calls back with the present state of a resource, and on each change, until the callback gives a result. */
  until<T>(
    kind: State['kind'],
    name: string,
    decide: (state: State | undefined) => T | undefined | Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T>
  close(): Promise<void>
}

export function createSessionLink(options: ProcessDriverOptions): SessionLink {
  const state = options.memory.folder
  const states = new Map<string, State>()
  const waiting = new Set<() => void>()
  const closed = new AbortController()
  /** Every connection that was made; a session goes only when the last of them is closed. */
  const connections = new Set<SessionClient>()
  let current: SessionClient | undefined
  let opening: Promise<SessionClient> | undefined

  const use = (opened: SessionClient): SessionClient => {
    current = opened
    connections.add(opened)
    void follow(opened)
    return opened
  }
  const follow = async (opened: SessionClient): Promise<void> => {
    const listener = (each: State): void => {
      states.set(`${each.kind}/${each.name}`, each)
      for (const wake of waiting) wake()
    }
    try {
      await opened.follow(listener, closed.signal)
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error
    }
    // It was killed or replaced: whoever still waits connects anew, and the new one adopts.
    drop(opened)
    for (const wake of waiting) wake()
  }
  const drop = (opened: SessionClient): void => {
    if (current !== opened) return
    current = undefined
    states.clear()
  }
  const open = async (): Promise<SessionClient> => {
    if (current) return current
    opening ??= openSession({ state, build: options.build, command: options.sessionCommand(state) })
      .then(use)
      .finally(() => {
        opening = undefined
      })
    return opening
  }
  const ask = async (request: Request): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const opened = await open()
      try {
        await opened.ask(request)
        return
      } catch (error) {
        if (!(error instanceof SessionGone) || tries === 3) throw error
        drop(opened)
      }
    }
  }
  return {
    open,
    ask,
    async find() {
      if (current ?? opening) return open()
      const found = await findSession(state)
      if (found?.hello.build === options.build) return use(found)
      if (found) connections.add(found)
      return found
    },
    async until(kind, name, decide, signal) {
      for (;;) {
        signal.throwIfAborted()
        const opened = await open()
        const changed = nextWake(waiting, signal)
        const known =
          states.get(`${kind}/${name}`) ??
          (await statesOf(opened)).find((each) => each.kind === kind && each.name === name)
        const result = await decide(known)
        if (result !== undefined) return result
        await changed
      }
    },
    async close() {
      await opening?.catch(() => undefined)
      closed.abort()
      await Promise.all([...connections].map((each) => each.close()))
      await removeTracesOfKilled(state)
    },
  }
}

async function statesOf(client: SessionClient): Promise<readonly State[]> {
  return (await client.ask({ type: 'list' }).catch(() => undefined))?.states ?? []
}

function nextWake(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      waiting.delete(wake)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    waiting.add(wake)
    signal.addEventListener('abort', wake, { once: true })
  })
}
