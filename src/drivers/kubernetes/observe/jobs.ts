import type { Memory } from '../../../memory/memory.ts'
import type { ObservedResource, ResourceId } from '../../../plan/resource.ts'
import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { sameVolume } from '../../job-volumes.ts'
import { judgeJob } from '../diagnose/job.ts'
import { fieldsOf, listOf, below, textOf } from '../diagnose/json.ts'
import type { Scene } from '../diagnose/scene.ts'
import { volumesAnnotation } from './annotations.ts'
import { resourceOf, type Found } from './look.ts'
import { seen, textsIn } from './seen.ts'

/** With which parts a job ran to its end, on which claims; it outlives the Job as long as those do. */
export interface JobRecord {
  readonly parts: Readonly<Record<string, string>>
  /** Uid of the claim by volume. */
  readonly volumes: Readonly<Record<string, string>>
}

export function jobKey(name: string): string {
  return `jobs/${name}`
}

export async function jobRecords(memory: Memory): Promise<ReadonlyMap<string, JobRecord>> {
  const keys = await memory.list('jobs')
  const entries = await Promise.all(
    keys.map(async (key) => {
      const stored = fieldsOf(await memory.read(key))
      const record = { parts: textsOf(stored['parts']), volumes: textsOf(stored['volumes']) }
      return [key.slice('jobs/'.length), record] as const
    }),
  )
  return new Map(entries)
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, each]) => [key, String(each)]))
}

/** The claim that stands for each volume: of several, one for each replica, the first. */
export function claimUids(claims: readonly KubeObject[]): ReadonlyMap<string, string> {
  const sorted = claims
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1))
  const uids = new Map<string, string>()
  for (const claim of sorted) {
    const id = resourceOf(claim)
    if (id?.startsWith('volume/') !== true || uids.has(id.slice('volume/'.length))) continue
    uids.set(id.slice('volume/'.length), claim.metadata.uid ?? '')
  }
  return uids
}

export function jobSeen(id: ResourceId, group: readonly Found[], scene: Scene): ObservedResource {
  const job = group.find(({ object }) => object.kind === 'Job')?.object
  const verdict = job
    ? judgeJob(scene, job.metadata.name)
    : ({ state: 'waiting', detail: 'not there' } as const)
  const image = listOf(job && below(job, 'spec', 'template', 'spec', 'containers'))[0]?.['image']
  const started = job && textOf(below(job, 'status', 'startTime'))
  const ended = job && textOf(below(job, 'status', 'completionTime'))
  const observed = seen(id, group, {
    health: verdict.state === 'ready' ? 'ready' : verdict.state === 'waiting' ? 'starting' : 'failed',
    detail:
      verdict.state === 'failed'
        ? verdict.problem.text
        : `${verdict.detail}${ended === undefined ? '' : ` ${ended}`}`,
    facts: {
      ...(typeof image === 'string' && { image }),
      ...(started !== undefined && { 'started at': Date.parse(started) }),
    },
  })
  if (!observed.parts || !job) return observed
  const volumes = textsIn(job.metadata.annotations?.[volumesAnnotation]) ?? {}
  return { ...observed, parts: partsOf({ parts: observed.parts, volumes }, claimUids(scene.claims)) }
}

/** A job counts as done on the volumes that it found, and on no others. */
function partsOf({ parts, volumes }: JobRecord, claims: ReadonlyMap<string, string>): Record<string, string> {
  const others = Object.entries(parts).filter(([part]) => !part.startsWith('volume '))
  return {
    ...Object.fromEntries(others),
    ...Object.fromEntries(
      Object.entries(volumes).map(([volume, uid]) => [
        `volume ${volume}`,
        claims.get(volume) === uid ? sameVolume : 'another',
      ]),
    ),
    ...('run: always' in parts && { 'run: always': 'done' }),
  }
}

/** Jobs that are gone while the volumes that they changed are still there. */
export function jobsRemembered(
  records: ReadonlyMap<string, JobRecord>,
  present: ReadonlySet<ResourceId>,
  claims: ReadonlyMap<string, string>,
): ObservedResource[] {
  return [...records].flatMap(([name, record]): ObservedResource[] => {
    const id: ResourceId = `job/${name}`
    const volumes = Object.entries(record.volumes)
    const isKept = volumes.length > 0 && volumes.every(([volume, uid]) => claims.get(volume) === uid)
    if (present.has(id) || !isKept) return []
    return [
      {
        id,
        health: 'ready',
        parts: partsOf(record, claims),
        replicas: undefined,
        detail: 'completed before, on the volumes that were kept',
        holdsData: undefined,
        isRecord: true,
      },
    ]
  })
}
