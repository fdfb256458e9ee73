import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { below, listOf, textOf } from '../diagnose/json.ts'
import type { Pod } from '../diagnose/pod.ts'
import {
  balancerAddress,
  readyEndpoints,
  rolloutOf,
  type Rollout,
  type WorkloadKind,
} from '../diagnose/rollout.ts'
import { find, type Scene } from '../diagnose/scene.ts'
import { judgeWorkload, podText, restartText } from '../diagnose/workload.ts'
import type { Found } from './look.ts'
import type { Sight } from './seen.ts'

/** A service: its own workload, that of the pod it is a member of, a schedule, or only a name for something elsewhere. */
export function serviceSight(group: readonly Found[], scene: Scene): Sight {
  const own = group.map(({ object }) => object)
  const workload = own.find(({ kind }) => isWorkload(kind))
  if (workload) return workloadSight(workload, undefined, own, scene)
  const cron = own.find(({ kind }) => kind === 'CronJob')
  if (cron) return cronSight(cron)
  const services = own.filter(({ kind }) => kind === 'Service')
  const owner = services
    .map((service) => textOf(below(service, 'spec', 'selector', 'app.kubernetes.io/name')))
    .find((name) => name !== undefined)
  const holder = owner === undefined ? undefined : ownerNamed(owner, scene)
  if (holder) return workloadSight(holder, services[0]?.metadata.name, own, scene)
  if (owner !== undefined) return { health: 'starting', detail: `pods of ${owner} are not there yet` }
  return { health: 'ready', detail: elsewhere(services) }
}

export function isWorkload(kind: string): kind is WorkloadKind {
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet'
}

function ownerNamed(name: string, scene: Scene): KubeObject | undefined {
  return (['Deployment', 'StatefulSet', 'DaemonSet'] as const)
    .map((kind) => find(scene, kind, name))
    .find((object) => object !== undefined)
}

function elsewhere(services: readonly KubeObject[]): string {
  const name = services.map((service) => textOf(below(service, 'spec', 'externalName')))[0]
  return name === undefined ? 'there' : `leads to ${name}`
}

/** `member` is the container of a pod's member, which alone counts then. */
function workloadSight(
  workload: KubeObject,
  member: string | undefined,
  own: readonly KubeObject[],
  scene: Scene,
): Sight {
  const rollout = rolloutOf(workload, scene)
  const services = own.filter(({ kind }) => kind === 'Service')
  const verdict = judgeWorkload(scene, {
    kind: 'workload',
    workload: workload.kind as WorkloadKind,
    name: workload.metadata.name,
    services: services.filter(hasEndpoints).map(({ metadata }) => metadata.name),
    container: member,
    loadBalancers: services
      .filter((service) => typeOf(service) === 'LoadBalancer')
      .map(({ metadata }) => metadata.name),
  })
  const pods = [...rollout.current, ...rollout.former]
  const readyNow = pods.filter((pod) => isUp(pod, member)).length
  const isScaledByLoad = scene
    .of('HorizontalPodAutoscaler')
    .some((scaler) => below(scaler, 'spec', 'scaleTargetRef', 'name') === workload.metadata.name)
  const sight = {
    facts: factsOf(pods, workload, services, scene),
    ...(!isScaledByLoad && { replicas: { ready: readyNow, total: rollout.wanted } }),
  }
  switch (verdict.state) {
    case 'ready':
      return { ...sight, health: 'ready', detail: verdict.detail }
    case 'waiting':
      return { ...sight, health: readyNow > 0 ? 'degraded' : 'starting', detail: verdict.detail }
    case 'failed': {
      const isServing = rollout.current.some((pod) => isUp(pod, member))
      const count = `${String(readyNow)} of ${String(rollout.wanted)} ready`
      return {
        ...sight,
        health: isServing ? 'degraded' : 'failed',
        detail: [count, troubled(rollout, scene) ?? verdict.problem.text].join(', '),
      }
    }
    default:
      return verdict satisfies never
  }
}

function isUp({ isReady, containers, isEnding }: Pod, member: string | undefined): boolean {
  if (isEnding) return false
  return member === undefined ? isReady : containers.some((each) => each.name === member && each.isReady)
}

/** `web-xyz: CrashLoopBackOff (exit 1, 4 restarts)`; nothing where all pods are ready and something else is wrong. */
function troubled({ current }: Rollout, scene: Scene): string | undefined {
  const pod = current.find(({ isReady, isEnding }) => !isReady && !isEnding)
  return pod && `${pod.name}: ${podText(pod, scene)}`
}

/** A headless Service that only gives replicas their names leads there before they are ready. */
function hasEndpoints(service: KubeObject): boolean {
  const spec = below(service, 'spec')
  return (
    below(spec, 'selector') !== undefined &&
    below(spec, 'ports') !== undefined &&
    below(spec, 'publishNotReadyAddresses') !== true
  )
}

function typeOf(service: KubeObject): string {
  return textOf(below(service, 'spec', 'type')) ?? 'ClusterIP'
}

function factsOf(
  pods: readonly Pod[],
  workload: KubeObject,
  services: readonly KubeObject[],
  scene: Scene,
): Record<string, string | number> {
  const images = listOf(below(workload, 'spec', 'template', 'spec', 'containers')).flatMap(
    ({ image }) => textOf(image) ?? [],
  )
  const restarts = pods
    .flatMap(({ containers }) => containers)
    .reduce((sum, container) => sum + container.restarts, 0)
  const starts = pods.map(({ created }) => Date.parse(created ?? '')).filter((time) => !Number.isNaN(time))
  const addresses = services.flatMap((service) => addressesOf(service, scene))
  const withEndpoints = services.filter(hasEndpoints)
  const endpoints = withEndpoints.map(({ metadata }) => readyEndpoints(scene, metadata.name))
  return {
    image: [...new Set(images)].join(', '),
    restarts,
    ...(starts.length > 0 && { 'started at': Math.min(...starts) }),
    ...(endpoints.length > 0 && { endpoints: Math.min(...endpoints) }),
    ...(addresses.length > 0 && { addresses: addresses.join(', ') }),
    ...(pods.length > 0 && { pods: pods.map((pod) => podLine(pod, scene)).join('; ') }),
  }
}

/** `web-5d9c-x7k on node-1: ready, 2 restarts`. */
function podLine(pod: Pod, scene: Scene): string {
  const restarts = pod.containers.reduce((sum, container) => sum + container.restarts, 0)
  const state = pod.isEnding ? 'ending' : podText(pod, scene)
  const where = pod.node === undefined ? '' : ` on ${pod.node}`
  return `${pod.name}${where}: ${state}${pod.isReady && restarts > 0 ? `, ${restartText(restarts)}` : ''}`
}

function addressesOf(service: KubeObject, scene: Scene): string[] {
  const ports = listOf(below(service, 'spec', 'ports'))
  switch (typeOf(service)) {
    case 'LoadBalancer': {
      const host = balancerAddress(scene, service.metadata.name)
      return host === undefined ? [] : ports.map(({ port }) => `${host}:${String(port)}`)
    }
    case 'NodePort':
      return ports.map(({ nodePort }) => `node:${String(nodePort)}`)
    default:
      return []
  }
}

function cronSight(cron: KubeObject): Sight {
  const last = textOf(below(cron, 'status', 'lastScheduleTime'))
  const success = textOf(below(cron, 'status', 'lastSuccessfulTime'))
  const isSuspended = below(cron, 'spec', 'suspend') === true
  const schedule = textOf(below(cron, 'spec', 'schedule')) ?? ''
  const runs = last === undefined ? 'not run yet' : `last run ${last}`
  const image = listOf(below(cron, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers'))[0]?.[
    'image'
  ]
  return {
    health: 'ready',
    detail: `${isSuspended ? 'suspended' : `scheduled ${schedule}`}, ${runs}`,
    replicas: undefined,
    facts: {
      ...(typeof image === 'string' && { image }),
      ...(success !== undefined && { 'last success': success }),
    },
  }
}
