import type { ManagedFields } from '../../../platform/kubernetes/client.ts'

/** What programs that keep setting their fields call themselves; taking a field from them would start a fight. */
const controllers =
  /controller|operator|autoscaler|argocd|argo-cd|^helm$|flux|terraform|pulumi|crossplane|kyverno|^kubelet$|kube-scheduler|cloud-provider/i
/** Tools in a person's hand, whatever operation they used. */
const hands =
  /^(kubectl|iamstack|k9s|lens|openlens|freelens|headlamp|dashboard|octant|rancher|steve|client-node|node-fetch)/i

/** Somebody who will want a field back: a controller, or another one who applies. A person's edit is no claim. */
export function isController({ manager = '', operation }: ManagedFields): boolean {
  if (hands.test(manager)) return false
  return controllers.test(manager) || operation === 'Apply'
}
