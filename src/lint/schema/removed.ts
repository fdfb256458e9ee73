/** An API that servers from `since` on do not have. */
export interface RemovedApi {
  /** Version of Kubernetes. */
  readonly since: string
  /** `apiVersion` to write instead; undefined where nothing replaces it. */
  readonly instead: string | undefined
  readonly hint?: string
}

type Row = readonly [
  apiVersion: string,
  kinds: readonly string[],
  since: string,
  instead: string | undefined,
  hint?: string,
]

/** kubernetes.io/docs/reference/using-api/deprecation-guide. No kinds: all of the version. */
const rows: readonly Row[] = [
  [
    'extensions/v1beta1',
    ['Ingress'],
    '1.22',
    'networking.k8s.io/v1',
    'backends are written in another way there, and `pathType` is required',
  ],
  ['extensions/v1beta1', ['NetworkPolicy'], '1.16', 'networking.k8s.io/v1'],
  [
    'extensions/v1beta1',
    ['PodSecurityPolicy'],
    '1.16',
    undefined,
    'label the namespace with pod-security.kubernetes.io/enforce',
  ],
  ['extensions/v1beta1', [], '1.16', 'apps/v1', '`spec.selector` is required there'],
  ['apps/v1beta1', [], '1.16', 'apps/v1', '`spec.selector` is required there'],
  ['apps/v1beta2', [], '1.16', 'apps/v1'],
  ['batch/v2alpha1', [], '1.21', 'batch/v1'],
  [
    'admissionregistration.k8s.io/v1beta1',
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    '1.22',
    'admissionregistration.k8s.io/v1',
  ],
  [
    'apiextensions.k8s.io/v1beta1',
    [],
    '1.22',
    'apiextensions.k8s.io/v1',
    'each version needs a schema of its own there',
  ],
  ['apiregistration.k8s.io/v1beta1', [], '1.22', 'apiregistration.k8s.io/v1'],
  ['authentication.k8s.io/v1beta1', ['TokenReview'], '1.22', 'authentication.k8s.io/v1'],
  ['authorization.k8s.io/v1beta1', [], '1.22', 'authorization.k8s.io/v1'],
  ['certificates.k8s.io/v1beta1', ['CertificateSigningRequest'], '1.22', 'certificates.k8s.io/v1'],
  ['coordination.k8s.io/v1beta1', ['Lease'], '1.22', 'coordination.k8s.io/v1'],
  [
    'networking.k8s.io/v1beta1',
    ['Ingress', 'IngressClass'],
    '1.22',
    'networking.k8s.io/v1',
    'backends are written in another way there, and `pathType` is required',
  ],
  ['rbac.authorization.k8s.io/v1alpha1', [], '1.22', 'rbac.authorization.k8s.io/v1'],
  ['rbac.authorization.k8s.io/v1beta1', [], '1.22', 'rbac.authorization.k8s.io/v1'],
  ['scheduling.k8s.io/v1alpha1', ['PriorityClass'], '1.22', 'scheduling.k8s.io/v1'],
  ['scheduling.k8s.io/v1beta1', ['PriorityClass'], '1.22', 'scheduling.k8s.io/v1'],
  [
    'storage.k8s.io/v1beta1',
    ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
    '1.22',
    'storage.k8s.io/v1',
  ],
  [
    'autoscaling/v2beta1',
    [],
    '1.25',
    'autoscaling/v2',
    'targets of metrics are written in another way there',
  ],
  ['batch/v1beta1', ['CronJob'], '1.25', 'batch/v1'],
  ['discovery.k8s.io/v1beta1', ['EndpointSlice'], '1.25', 'discovery.k8s.io/v1'],
  ['events.k8s.io/v1beta1', ['Event'], '1.25', 'events.k8s.io/v1'],
  ['node.k8s.io/v1beta1', ['RuntimeClass'], '1.25', 'node.k8s.io/v1'],
  ['policy/v1beta1', ['PodDisruptionBudget'], '1.25', 'policy/v1'],
  [
    'policy/v1beta1',
    ['PodSecurityPolicy'],
    '1.25',
    undefined,
    'label the namespace with pod-security.kubernetes.io/enforce',
  ],
  ['autoscaling/v2beta2', [], '1.26', 'autoscaling/v2'],
  ['flowcontrol.apiserver.k8s.io/v1beta1', [], '1.26', 'flowcontrol.apiserver.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', ['CSIStorageCapacity'], '1.27', 'storage.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta2', [], '1.29', 'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta3', [], '1.32', 'flowcontrol.apiserver.k8s.io/v1'],
]

/** What is known of the removal of an API; undefined for one that stays. It is served by versions before `since`. */
export function removedApi(apiVersion: string, kind: string): RemovedApi | undefined {
  const row = rows.find(
    ([each, kinds]) => each === apiVersion && (kinds.length === 0 || kinds.includes(kind)),
  )
  if (!row) return undefined
  const [, , since, instead, hint] = row
  return { since, instead, ...(hint !== undefined && { hint }) }
}
