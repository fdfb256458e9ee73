import { digest } from '../../plan/hash.ts'
import type { Resource, ResourceId, ResourceNeed } from '../../plan/resource.ts'
import type { Job, Need, ResolvedStack, Service } from '../../resolve/resolved.ts'
import type { Facts } from '../facts.ts'
import type { JobLike, ProcessSpec } from './options.ts'
import { partsOfJob, partsOfService, updatesOfService } from './parts.ts'
import { gatewayPort } from './ports.ts'

/** The stack as resources of this target: volumes, jobs, services and, where there are routes, the gateway. */
export function desiredProcesses(stack: ResolvedStack, facts: Facts): Resource<ProcessSpec>[] {
  const users = [...stack.services.values(), ...stack.jobs.values()]
  const used = new Set(users.flatMap(volumesOf))
  return [
    ...[...stack.volumes.values()]
      .filter(({ name }) => used.has(name))
      .map((volume) => volumeResource(volume)),
    ...[...stack.jobs.values()].map((job) => jobResource(job, stack, facts)),
    ...[...stack.services.values()].map((service) => serviceResource(service, stack, facts)),
    ...(stack.routes.size > 0 ? [gatewayResource(stack, facts)] : []),
  ]
}

function volumeResource({ name, from }: { name: string; from: Resource['from'] }): Resource<ProcessSpec> {
  return {
    ...nothing,
    id: `volume/${name}`,
    kind: 'volume',
    name,
    spec: { kind: 'volume', volume: name },
    parts: { kind: 'folder' },
    holdsData: `the data of volume ${name}`,
    from,
  }
}

function serviceResource(service: Service, stack: ResolvedStack, facts: Facts): Resource<ProcessSpec> {
  return {
    ...nothing,
    id: `service/${service.name}`,
    kind: 'service',
    name: service.name,
    spec: { kind: 'service', stack, facts, service },
    parts: partsOfService(service, stack, facts),
    updates: updatesOfService(service, facts),
    needs: [...volumeNeeds(service), ...needsOf(service.needs, stack)],
    replicas: service.external ? undefined : service.replicas,
    timeout: service.update.timeout,
    from: service.from,
  }
}

function jobResource(job: Job, stack: ResolvedStack, facts: Facts): Resource<ProcessSpec> {
  return {
    ...nothing,
    id: `job/${job.name}`,
    kind: 'job',
    name: job.name,
    spec: { kind: 'job', stack, facts, job, volumes: volumesBehind(job, stack) },
    parts: { ...partsOfJob(job, stack, facts), ...(job.run === 'always' && { turn: nextTurn }) },
    needs: [...volumeNeeds(job), ...needsOf(job.needs, stack)],
    // The session ends a try that takes too long; this is for the time between tries, and for a session that does not answer.
    timeout: (job.timeout + longestPause) * (job.retries + 1),
    from: job.from,
  }
}

/** Milliseconds. */
const longestPause = 15_000

/** Of a job that runs on every `up`: what is recorded of it is always the last turn, so the next one differs. */
const nextTurn = 'next'
export const asRecorded = (parts: Resource['parts']): Resource['parts'] =>
  parts['turn'] === undefined ? parts : { ...parts, turn: 'last' }

function gatewayResource(stack: ResolvedStack, facts: Facts): Resource<ProcessSpec> {
  const routes = [...stack.routes.values()].map(({ from: _, ...route }) => route)
  const first = [...stack.routes.values()][0]
  return {
    ...nothing,
    id: 'gateway/main',
    kind: 'gateway',
    name: 'main',
    spec: { kind: 'gateway', stack, facts },
    parts: { routes: digest(routes), port: String(gatewayPort(stack, facts.ports) ?? 'unassigned') },
    updates: { routes: 'update', port: 'update' },
    needs: [...new Set(routes.map(({ to }) => to.service))].map((name) => startedNeed(`service/${name}`)),
    timeout: 10_000,
    from: first?.from ?? { file: stack.file, line: 1, column: 1, length: 1 },
  }
}

const nothing = {
  updates: {},
  needs: [],
  replicas: undefined,
  timeout: 10_000,
  holdsData: undefined,
} as const

function volumesOf({ mounts }: Pick<Service, 'mounts'>): string[] {
  return [...new Set(mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])))]
}

/** Its own volumes and those of everything that it needs, however far: what its work went into. */
export function volumesBehind(job: Pick<Job, 'mounts' | 'needs'>, stack: ResolvedStack): string[] {
  const volumes = new Set(volumesOf(job))
  const seen = new Set<string>()
  const open = [...job.needs]
  for (let need = open.pop(); need; need = open.pop()) {
    if (seen.has(need.on.name)) continue
    seen.add(need.on.name)
    const unit = need.on.kind === 'service' ? stack.services.get(need.on.name) : stack.jobs.get(need.on.name)
    if (!unit) continue
    for (const volume of volumesOf(unit)) volumes.add(volume)
    open.push(...unit.needs)
  }
  return [...volumes].sort()
}

function volumeNeeds(unit: Service | Job | JobLike): ResourceNeed[] {
  return volumesOf(unit).map((name) => ({ on: `volume/${name}`, until: 'completed', cascade: false }))
}

/** Where a service has no health of its own, `healthy` is all that can be known of it: that it started. */
function needsOf(needs: readonly Need[], stack: ResolvedStack): ResourceNeed[] {
  return needs.map(({ on, is, cascade }) => {
    const service = on.kind === 'service' ? stack.services.get(on.name) : undefined
    const until = is === 'healthy' && service && !service.health && !service.external ? 'started' : is
    return { on: `${on.kind}/${on.name}`, until, cascade }
  })
}

function startedNeed(on: ResourceId): ResourceNeed {
  return { on, until: 'started', cascade: false }
}
