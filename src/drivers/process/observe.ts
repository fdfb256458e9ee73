import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health, Observed, ObservedResource } from '../../plan/resource.ts'
import { isRunning } from '../../platform/process-identity.ts'
import {
  describeEnd,
  protocolVersion,
  type JobState,
  type ReplicaState,
  type ServiceState,
  type State,
} from '../../session/protocol.ts'
import type { JobRecord, ReplicaRecord, ServiceRecord } from '../../session/records.ts'
import { volumeFolder } from '../../session/layout.ts'
import type { ApplyContext } from './apply.ts'
import { volumeIds } from './jobs.ts'
import { hopeless, isDone, isLost, isReady } from './ready.ts'
import { readRecorded, type Recorded } from './recorded.ts'

/** How long a session that has just adopted is given to find out how its processes are, in milliseconds. */
const adoptionLimit = 1000

/**
 * Everything of ours on this machine. The records say what there is; the session, if one runs, how it is. Where there is work for
 * a session and none runs (it was killed), one is started and adopts; where that fails, pids still tell the half of it.
 */
export async function observeProcesses(context: ApplyContext, signal: AbortSignal): Promise<Observed> {
  const state = context.options.memory.folder
  const recorded = await readRecorded(state)
  const states = (await statesOfSession(recorded, context, signal)) ?? (await statesOfRecords(recorded))
  const found = [
    ...(await volumes(state)),
    ...states.flatMap((each): ObservedResource[] => {
      switch (each.kind) {
        case 'service':
          return [observedService(each, recorded)]
        case 'job':
          return [observedJob(each)]
        case 'gateway':
          return [
            {
              ...bare,
              id: 'gateway/main',
              health: each.isListening ? 'ready' : 'starting',
              parts: each.parts,
              detail: each.detail,
            },
          ]
        // A session that holds forwards into a cluster is that of another target.
        case 'forward':
          return []
        default:
          return each satisfies never
      }
    }),
    ...recorded.rubbish.services.map((name) => rubbish(`service/${name}`)),
    ...recorded.rubbish.jobs.map((name) => rubbish(`job/${name}`)),
  ]
  const seen = new Map(found.map((each) => [each.id, each]))
  for (const [name, job] of recorded.jobs) {
    const changed = await changedVolume(job, context)
    if (changed !== undefined)
      seen.set(`job/${name}`, {
        ...bare,
        id: `job/${name}`,
        health: 'absent',
        parts: undefined,
        detail: `volume ${changed} is new`,
      })
  }
  return seen
}

const bare = { replicas: undefined, holdsData: undefined } as const

async function statesOfSession(
  recorded: Recorded,
  { link }: ApplyContext,
  signal: AbortSignal,
): Promise<readonly State[] | undefined> {
  const running = await link.find()
  const usable = running?.hello.protocol === protocolVersion ? running : undefined
  const hasWork =
    recorded.gateway !== undefined ||
    [...recorded.services.values()].some(({ record }) => !record.isStopped) ||
    [...recorded.jobs.values()].some(({ phase }) => phase === 'running' || phase === 'waiting')
  if (!usable && !hasWork) return undefined
  try {
    const client = usable ?? (await link.open())
    for (const deadline = Date.now() + adoptionLimit; ;) {
      const { states = [] } = await client.ask({ type: 'list' })
      const isAdopting =
        !usable &&
        states.some(
          (each) => each.kind === 'service' && each.replicas.some(({ phase }) => phase === 'starting'),
        )
      if (!isAdopting || Date.now() >= deadline || signal.aborted) return states
      await sleep(10)
    }
  } catch {
    // Without a session the records still tell what runs; only health and restarts stay unknown.
    return undefined
  }
}

async function statesOfRecords(recorded: Recorded): Promise<State[]> {
  const services = [...recorded.services.values()].map(async ({ record, replicas }): Promise<State> => {
    const states = await Promise.all(replicas.map(stateOfRecord))
    return {
      kind: 'service',
      name: record.spec.name,
      parts: record.spec.parts,
      generation: record.generation,
      wanted: record.spec.replicas,
      replicas: states,
      isStopped: record.isStopped,
      unlistened: undefined,
      external: record.spec.external && { isReachable: false, detail: 'not probed: no session' },
    }
  })
  const jobs = [...recorded.jobs.values()].map(stateOfJob)
  const gateway: State[] = recorded.gateway
    ? [
        {
          kind: 'gateway',
          name: 'main',
          parts: recorded.gateway.spec.parts,
          isListening: false,
          detail: 'not listening: no session',
        },
      ]
    : []
  return [...(await Promise.all(services)), ...jobs, ...gateway]
}

async function stateOfRecord(record: ReplicaRecord): Promise<ReplicaState> {
  const { pid, startTime } = record
  const isAlive = pid !== undefined && startTime !== undefined && (await isRunning({ pid, startTime }))
  if (isAlive) return { ...record, lastProbe: undefined }
  const unseen = { what: 'main', code: undefined, signal: undefined, at: Date.now(), cause: undefined }
  return {
    ...record,
    pid: undefined,
    phase: 'ended',
    lastEnd: pid === undefined ? record.lastEnd : unseen,
    lastProbe: undefined,
  }
}

function stateOfJob({ spec, phase, tries, pid, lastEnd, run }: JobRecord): JobState {
  return { kind: 'job', name: spec.name, parts: spec.parts, phase, tries, pid, lastEnd, run }
}

function observedService(state: ServiceState, recorded: Recorded): ObservedResource {
  const ready = state.replicas.filter((replica) => replica.phase === 'ready' || isDone(replica)).length
  const record = recorded.services.get(state.name)?.record
  return {
    id: `service/${state.name}`,
    ...healthOfService(state),
    parts: state.parts,
    replicas: state.external ? undefined : { ready, total: state.wanted },
    holdsData: undefined,
    facts: factsOf(state, record),
  }
}

function healthOfService(state: ServiceState): { health: Health; detail: string } {
  const { external, replicas, wanted } = state
  if (external) return { health: external.isReachable ? 'ready' : 'starting', detail: external.detail }
  if (state.isStopped) return { health: 'absent', detail: 'stopped' }
  const lost = replicas.find((replica) => replica.generation === state.generation && isLost(replica))
  const ready = replicas.filter((replica) => replica.phase === 'ready')
  if (lost) return { health: ready.length > 0 ? 'degraded' : 'failed', detail: describeLost(lost) }
  if (isReady(state)) return { health: 'ready', detail: describeReady(state) }
  const waiting = replicas.find(({ phase }) => phase === 'waiting' || phase === 'unready')
  if (waiting?.phase === 'waiting')
    return { health: ready.length > 0 ? 'degraded' : 'starting', detail: describeLost(waiting) }
  if (waiting) return { health: 'degraded', detail: `not ready: ${waiting.lastProbe ?? 'probe failed'}` }
  if (state.unlistened !== undefined) return { health: 'starting', detail: state.unlistened }
  if (replicas.length === 0 && wanted > 0) return { health: 'failed', detail: 'process ended' }
  const detail = replicas.some(({ phase }) => phase === 'preparing') ? 'running its init steps' : 'starting'
  return { health: 'starting', detail: `${detail}, ${String(ready.length)} of ${String(wanted)} ready` }
}

function describeLost({ lastEnd, failures }: ReplicaState): string {
  const how = lastEnd ? describeEnd(lastEnd) : 'process ended'
  return failures > 1 ? `${how}, ${String(failures)} ${failures >= hopeless ? 'times' : 'times so far'}` : how
}

function describeReady({ replicas }: ServiceState): string {
  if (replicas.length > 0 && replicas.every(isDone)) return 'ended with exit code 0'
  const restarts = replicas.reduce((sum, each) => sum + each.restarts, 0)
  return restarts === 0
    ? 'running'
    : `running, restarted ${String(restarts)} ${restarts === 1 ? 'time' : 'times'}`
}

function factsOf(state: ServiceState, record: ServiceRecord | undefined): Record<string, string | number> {
  const [first] = state.replicas
  const ports = record?.spec.external?.ports ?? { ...record?.spec.slots[0]?.ports, ...record?.spec.addresses }
  return {
    ...(first?.pid !== undefined && { pid: first.pid }),
    ...(first?.startedAt !== undefined && { startedAt: first.startedAt }),
    restarts: state.replicas.reduce((sum, each) => sum + each.restarts, 0),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`port ${name}`, port])),
  }
}

function observedJob(state: JobState): ObservedResource {
  const health: Record<JobState['phase'], Health> = {
    completed: 'ready',
    failed: 'failed',
    running: 'starting',
    waiting: 'starting',
  }
  const detail = state.lastEnd && state.phase !== 'completed' ? describeEnd(state.lastEnd) : state.phase
  return { ...bare, id: `job/${state.name}`, health: health[state.phase], parts: state.parts, detail }
}

/** The first volume behind a job that is another one now than when it ran. */
async function changedVolume(job: JobRecord, { options }: ApplyContext): Promise<string | undefined> {
  const then = job.spec.volumes
  const now = await volumeIds(Object.keys(then), options)
  return Object.keys(then).find((name) => then[name] !== now[name])
}

async function volumes(state: string): Promise<ObservedResource[]> {
  const names = await readdir(volumeFolder(state, '')).catch(() => [])
  return names.sort().map((name) => ({
    id: `volume/${name}`,
    health: 'ready',
    parts: { kind: 'folder' },
    replicas: undefined,
    detail: 'a folder',
    holdsData: `the data of volume ${name}`,
  }))
}

function rubbish(id: ObservedResource['id']): ObservedResource {
  return { ...bare, id, health: 'failed', parts: undefined, detail: 'left half made by an interrupted run' }
}
