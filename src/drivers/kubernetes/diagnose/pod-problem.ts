import { containerProblem } from './container-problem.ts'
import { judgeClaim } from './claim.ts'
import { eventsAbout, oneLine, type ClusterEvent } from './events.ts'
import type { Pod } from './pod.ts'
import type { Scene } from './scene.ts'
import type { Problem } from './verdict.ts'

/** Milliseconds that the scheduler may find no node: others may just be leaving. */
const schedulingGrace = 4_000
/** Milliseconds after which a mount that fails counts: attaching a disk takes a while, and caches lag behind. */
const mountGrace = 20_000

export interface PodLook {
  readonly scene: Scene
  /** Only this container counts; undefined: all. */
  readonly container: string | undefined
  /** False for pods of Jobs, whose exits the Job counts. */
  readonly exitsCount: boolean
}

/** Why a pod will not become ready; undefined while it may. */
export function podProblem(pod: Pod, { scene, container, exitsCount }: PodLook): Problem | undefined {
  const events = eventsAbout(scene.events, [pod.uid])
  return (
    schedulingProblem(pod, scene) ??
    mountProblem(pod, events, scene) ??
    pod.containers
      .filter(({ name, isInit }) => container === undefined || name === container || isInit)
      .map((each) => containerProblem(pod, each, { events, elapsed: scene.elapsed, exitsCount }))
      .find((problem) => problem !== undefined)
  )
}

function schedulingProblem(pod: Pod, scene: Scene): Problem | undefined {
  if (!pod.unschedulable) return undefined
  for (const claim of scene.claims.filter(({ metadata }) => pod.claims.includes(metadata.name))) {
    const verdict = judgeClaim(claim, scene)
    if (verdict.state === 'failed') return verdict.problem
    // A claim that is about to be bound is why there is no node yet.
    if (verdict.state === 'waiting') return undefined
  }
  if (scene.mayGrow || scene.pods.some(({ isEnding }) => isEnding)) return undefined
  const { message, since } = pod.unschedulable
  if (scene.elapsed(`${pod.uid} unschedulable`, since) < schedulingGrace) return undefined
  return {
    text: `no node can run pod ${pod.name}: ${schedulerWords(message)}`,
    field: /nsufficient/.test(message) ? 'resources' : 'placement',
    about: [pod.uid],
  }
}

/** The scheduler ends with what preemption would do, which helps nobody. */
function schedulerWords(message: string): string {
  return oneLine(message)
    .replace(/\s*preemption: .*$/, '')
    .replace(/\s*no new claims to deallocate,?/, '')
    .replace(/[,.]\s*$/, '')
}

function mountProblem(pod: Pod, events: readonly ClusterEvent[], scene: Scene): Problem | undefined {
  const isHeld = pod.containers.some(
    ({ state }) =>
      state.kind === 'waiting' && ['ContainerCreating', 'PodInitializing', 'Pending'].includes(state.reason),
  )
  const failure = events.findLast(({ reason }) =>
    ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox'].includes(reason),
  )
  if (!isHeld || !failure || pod.node === undefined) return undefined
  if (scene.elapsed(`${pod.uid} ${failure.reason}`, pod.created) < mountGrace) return undefined
  const what = failure.reason === 'FailedCreatePodSandBox' ? 'cannot be set up' : 'cannot mount its files'
  return { text: `pod ${pod.name} ${what}: ${oneLine(failure.message)}`, field: 'mounts', about: [pod.uid] }
}
