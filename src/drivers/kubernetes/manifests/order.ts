import { groupOf, isNameOfAnother } from './kind-of.ts'

/** The order in which raw objects are listed and applied, as far as nothing else orders them. */
const ranks: readonly (readonly string[])[] = [
  ['Namespace'],
  ['CustomResourceDefinition', 'StorageClass', 'PriorityClass', 'IngressClass', 'RuntimeClass'],
  ['ResourceQuota', 'LimitRange', 'NetworkPolicy'],
  ['ServiceAccount', 'Secret', 'ConfigMap'],
  ['ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding'],
  ['PersistentVolume', 'PersistentVolumeClaim'],
  ['Service', 'Endpoints', 'EndpointSlice'],
  ['Pod', 'ReplicationController', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'],
]
const rankOfOthers = ranks.length
const rankOfGates = ranks.length + 1

export function rankOf(apiVersion: string, kind: string): number {
  if (isGate(apiVersion)) return rankOfGates
  const rank = isNameOfAnother(apiVersion, kind) ? -1 : ranks.findIndex((kinds) => kinds.includes(kind))
  return rank === -1 ? rankOfOthers : rank
}

/** Objects by which other requests to the API server pass through programs of the user's: these must run first. */
export function isGate(apiVersion: string): boolean {
  const group = groupOf(apiVersion)
  return group === 'admissionregistration.k8s.io' || group === 'apiregistration.k8s.io'
}

/** What must be there before anything else of its namespace: it decides what may be created. */
export function isRuleOfNamespace(kind: string): boolean {
  return ['ResourceQuota', 'LimitRange', 'NetworkPolicy'].includes(kind)
}
