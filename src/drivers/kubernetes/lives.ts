import type { Life } from '../../plan/resource.ts'
import type { KubeObject } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import { containersOf, createNumbering, statusOf } from './pod-places.ts'

/** Running containers by service, each by its own id: one that was started anew has lost what was written into it. */
export function livesByService(
  pods: readonly KubeObject[],
  stack: ResolvedStack,
  edited: ReadonlySet<string>,
): ReadonlyMap<string, readonly Life[]> {
  const lives = new Map<string, Life[]>()
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  for (const pod of createNumbering(stack).place(staying)) {
    for (const { name, service, label, isInit } of containersOf(pod, stack)) {
      const status = statusOf(pod.object, name)
      const id = idOf(status?.containerID)
      // A container beside the service's own, of a patch or of whoever injects some, is none of ours.
      if (isInit || label !== service || id === undefined || !status?.state.running) continue
      const own = lives.get(service) ?? []
      own.push({ id, name: pod.name, isRunning: true, isEdited: edited.has(id) })
      lives.set(service, own)
    }
  }
  return lives
}

/** `containerd://1f0c…` → `1f0c…`. */
function idOf(containerId: string | undefined): string | undefined {
  const id = containerId?.split('//').at(-1)
  return id === '' ? undefined : id
}
