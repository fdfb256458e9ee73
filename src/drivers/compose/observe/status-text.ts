import type { ContainerState } from '../../../platform/engine/containers.ts'

/** What the words of a container list say: `Up 3 minutes (healthy)`, `Exited (1) 2 seconds ago`. */
export interface StatusText {
  /** As the engine's own health check has it; undefined where there is none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined
  readonly exitCode: number | undefined
  /** For people, in our words: `running for 3 minutes`, `exited 1, 2 seconds ago`. */
  readonly detail: string
}

/** The engine writes these words in `container/state.go`, and they have not changed since its first version. */
export function readStatus(state: ContainerState, status: string): StatusText {
  const health = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1]
  const ended = /\((-?\d+)\)(?: (.+) ago)?/.exec(status)
  const exitCode = ended?.[1] === undefined ? undefined : Number(ended[1])
  const since = /^Up (.+?)(?: \(.*\))?$/.exec(status)?.[1]
  return {
    health: isHealth(health) ? health : undefined,
    exitCode,
    detail:
      detailOf(state, { since, exitCode, ago: ended?.[2] }) + (health === undefined ? '' : `, ${health}`),
  }
}

function detailOf(
  state: ContainerState,
  words: { since: string | undefined; exitCode: number | undefined; ago: string | undefined },
): string {
  switch (state) {
    case 'running':
      return words.since === undefined ? 'running' : `running for ${lowered(words.since)}`
    case 'exited':
      return `exited ${words.exitCode ?? 0}${words.ago === undefined ? '' : `, ${lowered(words.ago)} ago`}`
    case 'restarting':
      return `exited ${words.exitCode ?? 0} and is started again`
    case 'created':
      return 'made, but never started'
    case 'paused':
    case 'removing':
    case 'dead':
      return state
    default:
      return state satisfies never
  }
}

/** `Less than a second`, `About a minute` come with a capital. */
function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1)
}

function isHealth(word: string | undefined): word is 'starting' | 'healthy' | 'unhealthy' {
  return word === 'starting' || word === 'healthy' || word === 'unhealthy'
}
