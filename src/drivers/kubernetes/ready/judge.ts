import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { judgeClaim } from '../diagnose/claim.ts'
import { judgeJob } from '../diagnose/job.ts'
import { judgeObject } from '../diagnose/object.ts'
import { find, type Scene } from '../diagnose/scene.ts'
import type { Verdict } from '../diagnose/verdict.ts'
import { judgeWorkload } from '../diagnose/workload.ts'
import type { DesiredObject, KubeResource, Readiness } from '../spec.ts'
import { specOf } from '../spec.ts'

/** The one object by which a resource is judged, as it is called in the cluster. */
export interface Judged {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  readonly desired: DesiredObject | undefined
}

/** Undefined where being there is all there is to it. */
export function judgedObject(wanted: KubeResource, namespace: string): Judged | undefined {
  const { readiness, objects } = specOf(wanted, 'objects')
  const [desired] = objects
  switch (readiness.kind) {
    case 'workload':
      return { kind: readiness.workload, name: readiness.name, namespace, desired }
    case 'job':
      return { kind: 'Job', name: readiness.name, namespace, desired }
    case 'claim':
      return { kind: 'PersistentVolumeClaim', name: readiness.name, namespace, desired }
    case 'object':
      return desired && { ...placeOf(desired.object), desired }
    case 'exists':
    case 'cron':
    case 'external':
      return undefined
    default:
      return readiness satisfies never
  }
}

function placeOf({ kind, metadata }: KubeObject): Omit<Judged, 'desired'> {
  return { kind, name: metadata.name, namespace: metadata.namespace }
}

export function judge(scene: Scene, judged: Judged, readiness: Readiness): Verdict {
  switch (readiness.kind) {
    case 'workload':
      return judgeWorkload(scene, readiness)
    case 'job':
      return judgeJob(scene, readiness.name)
    case 'claim':
    case 'object': {
      const object = find(scene, judged.kind, judged.name)
      if (!object) return { state: 'waiting', detail: 'not there yet' }
      return readiness.kind === 'claim' ? judgeClaim(object, scene) : judgeObject(scene, object)
    }
    case 'exists':
    case 'cron':
    case 'external':
      return { state: 'ready', detail: 'there' }
    default:
      return readiness satisfies never
  }
}
