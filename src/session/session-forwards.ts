import { existsSync, readdirSync } from 'node:fs'
import { forwardsFolder } from './layout.ts'
import type { ForwardSpec, ForwardState, Request, State } from './protocol.ts'
import { removeTracesOfKilled } from './session-traces.ts'
import { findSession, openSession, SessionGone, type SessionClient } from './socket-client.ts'

export interface SessionForwardsOptions {
  /** The state folder of the instance. */
  readonly state: string
  readonly build: string
  /** Program and arguments that run the session of the folder. */
  readonly command: readonly string[]
}

/** The forwards that the session of an instance holds, for a command that comes and goes. */
export interface SessionForwards {
  /**
   * Those that are held now. Where a session was killed that held some, another one is started, which opens them again on the
   * ports that they had; where there never were any, nothing is started.
   */
  list(): Promise<readonly ForwardState[]>
  /** Starts the session when there is none. StepError when a port is taken or the cluster cannot be found. */
  hold(spec: ForwardSpec): Promise<ForwardState>
  remove(name: string): Promise<void>
  close(): Promise<void>
}

export function openSessionForwards(options: SessionForwardsOptions): SessionForwards {
  const { state } = options
  let opened: Promise<SessionClient> | undefined
  const session = (): Promise<SessionClient> => (opened ??= openSession(options))
  const ask = async (request: Request): Promise<readonly State[]> => {
    for (let tries = 1; ; tries += 1) {
      const client = await session()
      try {
        return (await client.ask(request)).states ?? []
      } catch (error) {
        // It was killed before it answered: the next one takes over what is written down.
        if (!(error instanceof SessionGone) || tries === 3) throw error
        opened = undefined
      }
    }
  }
  return {
    async list() {
      if (!hasForwards(state)) return []
      return (await ask({ type: 'list' })).filter((each) => each.kind === 'forward')
    },
    async hold(spec) {
      const [made] = await ask({ type: 'forward', forward: spec })
      if (made?.kind !== 'forward') throw new TypeError('a session answers with the forward it holds')
      return made
    },
    async remove(name) {
      await ask({ type: 'remove-forward', forward: name })
    },
    async close() {
      const client = await opened?.catch(() => undefined)
      await client?.close()
      if (client) await removeTracesOfKilled(state)
    },
  }
}

/** What a living session holds, without starting or replacing one. */
export async function forwardsNow(state: string): Promise<readonly ForwardState[]> {
  const client = await findSession(state)
  if (!client) return []
  try {
    const { states = [] } = await client.ask({ type: 'list' })
    return states.filter((each) => each.kind === 'forward')
  } catch (error) {
    if (error instanceof SessionGone) return []
    throw error
  } finally {
    await client.close()
  }
}

function hasForwards(state: string): boolean {
  const folder = forwardsFolder(state)
  return existsSync(folder) && readdirSync(folder).length > 0
}
