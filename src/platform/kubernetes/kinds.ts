import type { KindOfObject } from './client.ts'

const namespaced = (apiVersion: string, kind: string, plural: string): KindOfObject => ({
  apiVersion,
  kind,
  plural,
  isNamespaced: true,
})

/** Kinds that every supported server (1.28 to 1.36) has: no discovery is needed to name their paths. */
export const kinds = {
  Namespace: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', isNamespaced: false },
  Node: { apiVersion: 'v1', kind: 'Node', plural: 'nodes', isNamespaced: false },
  StorageClass: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    plural: 'storageclasses',
    isNamespaced: false,
  },
  PersistentVolume: {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    plural: 'persistentvolumes',
    isNamespaced: false,
  },
  CustomResourceDefinition: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    isNamespaced: false,
  },
  Pod: namespaced('v1', 'Pod', 'pods'),
  Service: namespaced('v1', 'Service', 'services'),
  ConfigMap: namespaced('v1', 'ConfigMap', 'configmaps'),
  Secret: namespaced('v1', 'Secret', 'secrets'),
  Event: namespaced('v1', 'Event', 'events'),
  PersistentVolumeClaim: namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  ServiceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  Deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  ReplicaSet: namespaced('apps/v1', 'ReplicaSet', 'replicasets'),
  StatefulSet: namespaced('apps/v1', 'StatefulSet', 'statefulsets'),
  DaemonSet: namespaced('apps/v1', 'DaemonSet', 'daemonsets'),
  Job: namespaced('batch/v1', 'Job', 'jobs'),
  CronJob: namespaced('batch/v1', 'CronJob', 'cronjobs'),
  Ingress: namespaced('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  NetworkPolicy: namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  HorizontalPodAutoscaler: namespaced(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
  ),
  Role: namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  RoleBinding: namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  EndpointSlice: namespaced('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  Lease: namespaced('coordination.k8s.io/v1', 'Lease', 'leases'),
} as const satisfies Record<string, KindOfObject>
