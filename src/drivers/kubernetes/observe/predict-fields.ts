import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { fieldsOf } from '../diagnose/json.ts'
import type { FieldTree } from './owned-fields.ts'

/**
 * Lists whose elements have an identity in the API of Kubernetes, by the name of the field, with its keys and what the server puts
 * where one is missing (`x-kubernetes-list-map-keys` of the published OpenAPI of 1.28 to 1.36).
 */
const keysOfLists: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
}

/** Objects that count as one value (`x-kubernetes-map-type: atomic`). */
const wholeObjects = new Set([
  'matchLabels',
  'selector',
  'podSelector',
  'namespaceSelector',
  'labelSelector',
  'nodeSelector',
  'configMapKeyRef',
  'secretKeyRef',
  'fieldRef',
  'resourceFieldRef',
  'roleRef',
  'dataSource',
  'requiredDuringSchedulingIgnoredDuringExecution',
])

/** Lists whose elements have an identity, and count as one value each. */
const wholeElements = new Set(['imagePullSecrets'])

/** Fields that identify an object and belong to nobody. */
const nobodys = new Set(['apiVersion', 'kind'])
const nobodysMetadata = new Set(['name', 'namespace'])

/**
 * The set of fields that the server will note when this object is applied. Lists that it does not know count as one value. Where
 * the guess is wrong the answer of the server shows it, and costs a second request; never a wrong report.
 */
export function predictFields(object: KubeObject): FieldTree {
  const { metadata, ...others } = object
  return {
    ...treeOfFields(others, nobodys, []),
    'f:metadata': treeOfFields({ ...metadata }, nobodysMetadata, ['metadata']),
  }
}

function treeOfFields(
  value: object,
  without: ReadonlySet<string>,
  path: readonly string[],
): Record<string, FieldTree> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      without.has(key) || inner === undefined ? [] : [[`f:${key}`, treeOfValue(key, inner, [...path, key])]],
    ),
  )
}

const nothing: ReadonlySet<string> = new Set()

function treeOfValue(field: string, value: unknown, path: readonly string[]): FieldTree {
  if (typeof value !== 'object' || value === null) return {}
  if (!Array.isArray(value)) return wholeObjects.has(field) ? {} : treeOfFields(value, nothing, path)
  const keys = field === 'ports' ? keysOfPorts(path) : keysOfLists[field]
  if (!keys) return {}
  return Object.fromEntries(
    value.map((each: unknown) => {
      const element = fieldsOf(each)
      const inner = wholeElements.has(field) ? {} : { '.': {}, ...treeOfFields(element, nothing, path) }
      return [`k:${identityOf(element, keys)}`, inner]
    }),
  )
}

/** Ports of containers and of Services have identities; those of policies and endpoints have none. */
function keysOfPorts(path: readonly string[]): readonly string[] | undefined {
  if (path.includes('containers') || path.includes('initContainers')) return ['containerPort', 'protocol']
  return path.length === 2 && path[0] === 'spec' ? ['port', 'protocol'] : undefined
}

function identityOf(element: Readonly<Record<string, unknown>>, keys: readonly string[]): string {
  const entries = keys.map((key) => [key, element[key] ?? (key === 'protocol' ? 'TCP' : undefined)])
  return JSON.stringify(Object.fromEntries(entries))
}
