import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { eventsAbout, oneLine } from './events.ts'
import { fieldsOf, listOf, textOf } from './json.ts'
import type { Scene } from './scene.ts'
import type { Problem } from './verdict.ts'

/** Milliseconds after which a refusal counts that may pass by itself. */
const passingGrace = 15_000
/** A controller tries again within this time after a refusal at first, in milliseconds; what it said before may be out of date. */
const validFor = 60_000

const passing =
  /failed calling webhook|error looking up service account|serviceaccount .* not found|timeout|timed out|connection refused|being (deleted|terminated)|object has been modified|etcdserver|try again/i

/** Pods that the API server did not let a controller make: a quota, a policy, an admission webhook. */
export function refusalOfPods(workload: KubeObject, isMissing: boolean, scene: Scene): Problem | undefined {
  if (!isMissing) return undefined
  const words = inCondition(workload) ?? inEvents(workload, scene)
  if (words === undefined) return undefined
  const { uid = '' } = workload.metadata
  if (passing.test(words) && scene.elapsed(`${uid} refused`, undefined) < passingGrace) return undefined
  return {
    text: `the cluster refuses its pods: ${words}`,
    field: /quota|limitrange|minimum|maximum/i.test(words) ? 'resources' : '',
    about: [uid],
  }
}

/** A Deployment passes on what its ReplicaSet was told, and takes it back when it is over. */
function inCondition(workload: KubeObject): string | undefined {
  const failure = listOf(fieldsOf(workload['status'])['conditions']).find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  return failure && podWords(textOf(failure['message']) ?? '')
}

function inEvents(workload: KubeObject, scene: Scene): string | undefined {
  if (workload.kind === 'Deployment') return undefined
  const events = eventsAbout(scene.events, [workload.metadata.uid ?? ''])
  const newest = scene.events.reduce((latest, { at }) => Math.max(latest, at), 0)
  const last = events.findLast(({ reason }) => reason === 'FailedCreate' || reason === 'SuccessfulCreate')
  return last?.reason === 'FailedCreate' && newest - last.at < validFor ? podWords(last.message) : undefined
}

/** `pods "web-5d9c-" is forbidden: exceeded quota: …` → `exceeded quota: …`. */
function podWords(message: string): string {
  return oneLine(message)
    .replace(/^create Pod \S+ in (StatefulSet|DaemonSet) \S+ failed error: /, '')
    .replace(/^Error creating: /, '')
    .replace(/^pods "[^"]*" is forbidden: /, '')
}
