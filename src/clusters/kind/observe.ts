import type { ObservedResource, Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { KubeError } from '../../platform/kubernetes/client.ts'
import { findRegistry, registryName } from '../images/registry.ts'
import { foreignRegistries } from '../own-images.ts'
import { digestOfPorts, digestOfMirrors } from './desired.ts'
import { lookAtKind, type SeenCluster } from './look.ts'
import type { KindPlace } from './place.ts'
import { usersOf } from './users.ts'

/** The cluster as the engine shows it; undefined where there is none. */
export async function observeCluster(
  place: KindPlace,
  wanted: Resource,
  signal: AbortSignal,
): Promise<ObservedResource | undefined> {
  const engine = await place.engine()
  const [seen, registry] = await Promise.all([
    lookAtKind(engine, place.settings.cluster, signal),
    place.settings.registry.kind === 'ours' ? findRegistry(engine, signal) : undefined,
  ])
  const base = { id: wanted.id, replicas: undefined, parts: undefined, holdsData: undefined }
  switch (seen.kind) {
    case 'absent':
      return undefined
    case 'unfinished':
      return {
        ...base,
        health: 'failed',
        isTrace: true,
        detail: `${seen.claim.purpose === 'create' ? 'making' : 'deleting'} it was interrupted`,
      }
    case 'busy':
      return {
        ...base,
        health: 'starting',
        isTrace: true,
        detail: `process ${seen.claim.pid} on ${seen.claim.host} is at it`,
      }
    case 'foreign':
      return {
        ...base,
        // What somebody else set up stays as it is.
        parts: wanted.parts,
        holdsData: wanted.holdsData,
        ...(isStopped(seen)
          ? { health: 'degraded', detail: `its containers are stopped: docker start ${namesOf(seen)}` }
          : { health: 'ready', detail: 'made by somebody else: used as it is' }),
        inUse: 'iamstack did not make it',
        facts: factsOf(seen),
      }
    case 'ours': {
      const { mark } = seen
      const isMirrored = foreignRegistries(place.stack).every((host) => mark.mirrors.includes(host))
      const parts = {
        ...mark.parts,
        ports: digestOfPorts(mark.ports[place.stack.project] ?? []),
        ...(mark.parts['mirrors'] !== undefined && {
          mirrors: isMirrored ? (wanted.parts['mirrors'] ?? '') : digestOfMirrors(mark.mirrors),
        }),
      }
      const found = { ...base, parts, holdsData: wanted.holdsData, facts: factsOf(seen) }
      if (isStopped(seen)) {
        const detail = 'its containers are stopped'
        return { ...found, health: 'failed', detail, inUse: unknownUsers(place) }
      }
      const hasLostRegistry = mark.registry === registryName && registry === undefined
      return {
        ...found,
        ...(await insideOf(place, signal)),
        ...(hasLostRegistry && { drift: 'its registry does not run' }),
      }
    }
    default:
      return seen satisfies never
  }
}

/** Whether the API server answers, and who else lives there. */
async function insideOf(
  place: KindPlace,
  signal: AbortSignal,
): Promise<Pick<ObservedResource, 'health' | 'detail' | 'inUse'>> {
  try {
    const users = await usersOf(place, signal)
    return {
      health: 'ready',
      detail: 'running',
      ...(users.length > 0 && { inUse: `${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it` }),
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof StepError) && !(error instanceof KubeError)) throw error
    return {
      health: 'starting',
      detail: `its API server does not answer: ${error.message}`,
      inUse: unknownUsers(place),
    }
  }
}

/** Whose data would be lost, nobody can say. */
function unknownUsers({ settings }: KindPlace): string {
  return `it does not say who else uses it; kind delete cluster --name ${settings.cluster} deletes it anyway`
}

type WithNodes = Extract<SeenCluster, { readonly kind: 'ours' | 'foreign' }>

function isStopped({ nodes }: WithNodes): boolean {
  return nodes.some(({ isRunning }) => !isRunning)
}

function namesOf({ nodes }: WithNodes): string {
  return nodes.map(({ name }) => name).join(' ')
}

function factsOf({ nodes }: WithNodes): Readonly<Record<string, string | number>> {
  const [first] = nodes.filter(({ role }) => role === 'control-plane')
  return {
    nodes: nodes.filter(({ role }) => role !== 'external-load-balancer').length,
    ...(first && { image: first.image }),
  }
}
