import type { Health } from '../../../plan/resource.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import { label } from '../labels.ts'
import type { NetworkCheck } from '../options.ts'
import { publishedPort, type SeenContainer } from './look.ts'

/** Longest look of an observation, in milliseconds: a status is asked for by a person who waits. */
const longestLook = 1000

/** What a label tells whoever looks later, so that no stack file is needed for it. */
interface ProbeLabel {
  readonly check: NetworkCheck
  /** Maps are no JSON. */
  readonly headers: readonly (readonly [string, string])[]
  readonly port: number
  /** Milliseconds, like the next one. */
  readonly timeout: number
  readonly startPeriod: number
}

export function probeLabel(spec: WorkloadSpec): string | undefined {
  if (!spec.probe || spec.consumer.kind !== 'service') return undefined
  const { check, port, rhythm } = spec.probe
  const content: ProbeLabel = {
    check,
    headers: check.kind === 'http' ? [...check.headers] : [],
    port,
    timeout: rhythm.timeout,
    startPeriod: spec.consumer.service.health?.startPeriod ?? 0,
  }
  return JSON.stringify(content)
}

/** How one replica is; asks it where the engine does not. */
export async function healthOfReplica(
  container: SeenContainer,
  all: readonly SeenContainer[],
  signal: AbortSignal,
): Promise<{ readonly health: Health; readonly detail: string }> {
  const { detail } = container.status
  switch (container.state) {
    case 'running':
      return await healthOfRunning(container, all, signal)
    case 'restarting':
    case 'paused':
      return { health: 'degraded', detail }
    case 'created':
    case 'exited':
    case 'dead':
      return { health: 'failed', detail }
    case 'removing':
      return { health: 'absent', detail }
    default:
      return container.state satisfies never
  }
}

async function healthOfRunning(
  container: SeenContainer,
  all: readonly SeenContainer[],
  signal: AbortSignal,
): Promise<{ readonly health: Health; readonly detail: string }> {
  const { health, detail } = container.status
  switch (health) {
    case 'healthy':
      return { health: 'ready', detail }
    case 'starting':
      return { health: 'starting', detail }
    case 'unhealthy':
      return { health: 'degraded', detail }
    case undefined:
      break
    default:
      return health satisfies never
  }
  const asked = readProbeLabel(container.labels[label.probe])
  if (!asked) return { health: 'ready', detail }
  const port = publishedPort(networkHolder(container, all), asked.port)
  const result =
    port === undefined
      ? { ok: false, detail: `port ${asked.port} is not published` }
      : await (
          await import('../probe.ts')
        ).probePublished(asked.check, port, { timeout: Math.min(asked.timeout, longestLook), signal })
  if (result.ok) return { health: 'ready', detail }
  const isYoung = Date.now() - container.created < asked.startPeriod
  return { health: isYoung ? 'starting' : 'degraded', detail: `${detail}, ${result.detail}` }
}

/** The container whose ports are published for this one: the pod's owner, or itself. */
export function networkHolder(container: SeenContainer, all: readonly SeenContainer[]): SeenContainer {
  const owner = container.labels[label.pod]
  if (owner === undefined) return container
  const candidates = all.filter(
    ({ resource, number }) => resource === `service/${owner}` && number === container.number,
  )
  return candidates.find(({ state }) => state === 'running') ?? candidates[0] ?? container
}

function readProbeLabel(text: string | undefined): ProbeLabel | undefined {
  if (text === undefined) return undefined
  // Only read from containers that are ours, so its shape is the one above.
  const content = JSON.parse(text) as ProbeLabel
  const { check, headers } = content
  return check.kind === 'http' ? { ...content, check: { ...check, headers: new Map(headers) } } : content
}
