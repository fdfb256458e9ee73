import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { Readiness } from '../spec.ts'
import { probeWords } from './container-problem.ts'
import { refusalOfPods } from './refused-pods.ts'
import { eventsAbout } from './events.ts'
import type { Pod } from './pod.ts'
import { podProblem } from './pod-problem.ts'
import { balancerAddress, readyEndpoints, rolloutOf, type Rollout } from './rollout.ts'
import { find, type Scene } from './scene.ts'
import type { Problem, Verdict } from './verdict.ts'

export type WorkloadReadiness = Extract<Readiness, { readonly kind: 'workload' }>

/** Milliseconds that endpoints may lag behind their ready pods. */
const endpointsGrace = 10_000
/** Milliseconds between looks where nothing may happen that tells of itself. */
const pause = 1_000

/**
 * Ready is: the newest template was seen, all replicas have it and are available, none of an older one stays (those that are
 * ending may), Services lead somewhere, and load balancers have an address. What the controller says of its deadline does not
 * count: pods that advance are waited for.
 */
export function judgeWorkload(scene: Scene, readiness: WorkloadReadiness): Verdict {
  const workload = find(scene, readiness.workload, readiness.name)
  if (!workload) return { state: 'waiting', detail: 'not there yet' }
  const rollout = rolloutOf(workload, scene)
  if (!rollout.isObserved) return { state: 'waiting', detail: 'the cluster has not seen the change yet' }
  const failed = failureOf(workload, rollout, scene, readiness.container)
  if (failed) return failed
  const progress = progressOf(rollout, readiness.container, scene)
  if (progress) return { state: 'waiting', again: pause, ...progress }
  if (rollout.wanted === 0) return { state: 'ready', detail: 'scaled to 0' }
  return waysIn(scene, workload, readiness) ?? { state: 'ready', detail: countText(rollout) }
}

/** `2 of 3 ready`. */
export function countText({ available, wanted }: Rollout): string {
  return `${String(Math.min(available, wanted))} of ${String(wanted)} ready`
}

function failureOf(
  workload: KubeObject,
  rollout: Rollout,
  scene: Scene,
  container: string | undefined,
): Verdict | undefined {
  for (const pod of rollout.current) {
    if (pod.isEnding || isReadyPod(pod, container)) continue
    const problem = podProblem(pod, { scene, container, exitsCount: true })
    if (problem) return { state: 'failed', problem }
  }
  const refusal = refusalOfPods(workload, rollout.current.length < rollout.wanted, scene)
  return refusal && { state: 'failed', problem: refusal }
}

function isReadyPod(pod: Pod, container: string | undefined): boolean {
  if (container === undefined) return pod.isReady
  return pod.containers.some(({ name, isReady }) => name === container && isReady)
}

/** What is still missing; undefined when nothing is. */
function progressOf(
  rollout: Rollout,
  container: string | undefined,
  scene: Scene,
): Pick<Extract<Verdict, { state: 'waiting' }>, 'detail' | 'held'> | undefined {
  const { wanted, updated, available, total, current, former } = rollout
  const staying = former.filter(({ isEnding }) => !isEnding)
  const isComplete =
    container === undefined
      ? available >= wanted
      : current.filter((pod) => !pod.isEnding && isReadyPod(pod, container)).length >= wanted
  if (isComplete && updated >= wanted && total <= wanted && staying.length === 0) return undefined
  const count =
    updated < wanted && total > 0 ? `${String(updated)} of ${String(wanted)} new` : countText(rollout)
  const pod = [...current, ...staying].find((each) => !each.isEnding && !isReadyPod(each, container))
  if (pod) return { detail: `${count}; ${pod.name}: ${podText(pod, scene)}`, held: heldBy(pod) }
  if (staying.length === 0) return { detail: count }
  return { detail: `${count}; ${String(staying.length)} of the version before still there` }
}

/** Whose log and events say why a pod is not ready. */
function heldBy({ name, uid, containers }: Pod): Omit<Problem, 'text'> {
  const unready = containers.find(({ isInit, state, isReady }) =>
    isInit ? state.kind === 'running' : !isReady && state.kind !== 'waiting',
  )
  return {
    about: [uid],
    field: unready?.isInit === true ? 'init' : 'health',
    ...(unready && { log: { pod: name, container: unready.name, isPrevious: false } }),
  }
}

/** What a pod is at, in words. */
export function podText(pod: Pod, scene: Pick<Scene, 'events'>): string {
  if (pod.reason !== undefined) return pod.reason
  if (pod.unschedulable) return 'waiting for a node'
  for (const { name, isInit, state, isReady, restarts, last } of pod.containers) {
    const exits = restarts > 0 ? ` (exit ${String(last?.exitCode ?? 0)}, ${restartText(restarts)})` : ''
    if (isInit && state.kind === 'running') return `init ${name} runs`
    if (state.kind === 'waiting' && state.reason !== 'PodInitializing') return `${state.reason}${exits}`
    if (state.kind === 'ended' && !isInit) return `exited ${String(state.exitCode)}${exits}`
    if (state.kind === 'running' && !isReady && !isInit) {
      const unready = eventsAbout(scene.events, [pod.uid]).findLast(({ reason }) => reason === 'Unhealthy')
      return unready ? `not ready: ${probeWords(unready.message)}` : `not ready yet${exits}`
    }
  }
  return pod.isReady ? 'ready' : 'starting'
}

export function restartText(restarts: number): string {
  return restarts === 1 ? '1 restart' : `${String(restarts)} restarts`
}

/** What is still missing of the ways to ready pods. */
function waysIn(scene: Scene, workload: KubeObject, readiness: WorkloadReadiness): Verdict | undefined {
  const { uid = '' } = workload.metadata
  for (const service of readiness.services) {
    if (readyEndpoints(scene, service) > 0) continue
    const found = find(scene, 'Service', service)
    if (scene.elapsed(`${uid} endpoints of ${service}`, undefined) < endpointsGrace)
      return { state: 'waiting', detail: `Service ${service} has no endpoints yet`, again: pause }
    const text = `Service ${service} has no endpoints although the pods are ready: its selector or its ports match nothing`
    return { state: 'failed', problem: { text, field: 'ports', about: [found?.metadata.uid ?? ''] } }
  }
  for (const service of readiness.loadBalancers) {
    if (balancerAddress(scene, service) !== undefined) continue
    const about = [find(scene, 'Service', service)?.metadata.uid ?? '']
    return {
      state: 'waiting',
      detail: `load balancer ${service} has no address yet`,
      held: { about, field: 'expose' },
    }
  }
  return undefined
}
