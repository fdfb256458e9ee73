import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { judgeClaim } from './claim.ts'
import { judgeJob } from './job.ts'
import { below, fieldsOf, listOf, textOf } from './json.ts'
import { readPod } from './pod.ts'
import { podProblem } from './pod-problem.ts'
import { balancerAddress } from './rollout.ts'
import type { Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'
import { judgeWorkload, podText } from './workload.ts'

/** An object that the user wrote: by the conditions that everybody knows of its kind, else it is ready when it is there. */
export function judgeObject(scene: Scene, object: KubeObject): Verdict {
  const { kind, metadata } = object
  switch (kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return judgeWorkload(scene, {
        kind: 'workload',
        workload: kind,
        name: metadata.name,
        services: [],
        container: undefined,
        loadBalancers: [],
      })
    case 'Job':
      return judgeJob(scene, metadata.name)
    case 'PersistentVolumeClaim':
      return judgeClaim(object, scene)
    case 'Pod':
      return judgePod(scene, object)
    case 'Service':
      return below(object, 'spec', 'type') === 'LoadBalancer' &&
        balancerAddress(scene, metadata.name) === undefined
        ? { state: 'waiting', detail: 'no address yet' }
        : there
    case 'CustomResourceDefinition':
      return conditionOf(object, 'Established', 'established')
    case 'APIService':
      return conditionOf(object, 'Available', 'available')
    case 'Namespace':
      return textOf(below(object, 'status', 'phase')) === 'Terminating'
        ? { state: 'waiting', detail: 'is being deleted' }
        : there
    default:
      return there
  }
}

const there: Verdict = { state: 'ready', detail: 'there' }

function conditionOf(object: KubeObject, wanted: string, words: string): Verdict {
  const conditions = listOf(fieldsOf(object['status'])['conditions'])
  const found = conditions.find(({ type }) => type === wanted)
  if (found?.['status'] === 'True') return { state: 'ready', detail: words }
  const refused = conditions.find(({ type, status }) => type === 'NamesAccepted' && status === 'False')
  if (refused)
    return {
      state: 'failed',
      problem: {
        text: textOf(refused['message']) ?? 'its names are taken',
        about: [object.metadata.uid ?? ''],
      },
    }
  const why = textOf(found?.['message'])
  return { state: 'waiting', detail: `not ${words} yet${why === undefined ? '' : `: ${why}`}` }
}

function judgePod(scene: Scene, object: KubeObject): Verdict {
  const pod = readPod(object)
  if (pod.phase === 'Succeeded') return { state: 'ready', detail: 'completed' }
  if (pod.isReady) return { state: 'ready', detail: 'ready' }
  const problem = podProblem(pod, { scene, container: undefined, exitsCount: true })
  if (problem) return { state: 'failed', problem }
  if (pod.phase === 'Failed')
    return { state: 'failed', problem: { text: `pod ${podText(pod, scene)}`, about: [pod.uid] } }
  return { state: 'waiting', detail: podText(pod, scene), again: 1_000 }
}
