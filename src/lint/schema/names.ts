import { recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { nameOf, pathAsText, placeOf, type Path, type PlacedObject } from './place.ts'

/** Rules for names: apimachinery/pkg/util/validation. */
interface NameRule {
  readonly pattern: RegExp
  readonly longest: number
  readonly words: string
}

const label: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  longest: 63,
  words: 'lower case letters, digits and `-`, at most 63 characters',
}
const serviceName: NameRule = {
  ...label,
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  words: 'lower case letters, digits and `-`, a letter first, at most 63 characters',
}
const subdomain: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  longest: 253,
  words: 'lower case letters, digits, `-` and `.`, at most 253 characters',
}
const pathSegment: NameRule = {
  pattern: /^(?!\.{1,2}$)[^/%]+$/,
  longest: 253,
  words: 'any characters but `/` and `%`',
}
/** The name of a container's port (IANA service name). */
export const portName: NameRule = {
  pattern: /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  longest: 15,
  words: 'lower case letters, digits and single `-`, at most 15 characters, one of them a letter',
}
const labelValue: NameRule = {
  pattern: /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
  longest: 63,
  words: 'letters, digits, `-`, `_` and `.`, at most 63 characters',
}
const dataKey: NameRule = {
  pattern: /^(?!\.{1,2}$)[-._a-zA-Z0-9]+$/,
  longest: 253,
  words: 'letters, digits, `-`, `_` and `.`, at most 253 characters',
}

/** Names that the server would refuse: of the object, its labels, the keys of its data, its containers, ports and volumes. */
export function checkNames(placed: PlacedObject): Diagnostic[] {
  const findings: Diagnostic[] = []
  const { object } = placed
  test(object.metadata.name, ruleForNameOf(object.apiVersion, object.kind), ['metadata', 'name'])
  checkLabels(recordOf(object.metadata), ['metadata'])
  if (object.kind === 'ConfigMap' || object.kind === 'Secret') {
    for (const field of ['data', 'binaryData', 'stringData'])
      for (const key of Object.keys(recordOf(object[field]))) test(key, dataKey, [field, key], 'key')
  }
  look(object['spec'], ['spec'])
  return findings

  function look(value: unknown, path: Path): void {
    if (Array.isArray(value)) value.forEach((item, index) => look(item, [...path, index]))
    else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        if (key === 'metadata') checkLabels(recordOf(each), [...path, key])
        if (Array.isArray(each)) checkNamed(each, key, [...path, key])
        look(each, [...path, key])
      }
    }
  }

  function checkNamed(items: readonly unknown[], key: string, path: Path): void {
    const isInPod = path.includes('containers') || path.includes('initContainers')
    const rule =
      key === 'containers' || key === 'initContainers' || key === 'volumes'
        ? label
        : key === 'ports' && object.kind === 'Service'
          ? label
          : key === 'ports' && isInPod
            ? portName
            : undefined
    if (!rule) return
    items.forEach((item, index) => {
      test(recordOf(item)['name'], rule, [...path, index, 'name'])
    })
  }

  function checkLabels(metadata: Readonly<Record<string, unknown>>, path: Path): void {
    for (const [key, value] of Object.entries(recordOf(metadata['labels']))) {
      testKey(key, [...path, 'labels', key])
      test(value, labelValue, [...path, 'labels', key])
    }
    for (const key of Object.keys(recordOf(metadata['annotations'])))
      testKey(key, [...path, 'annotations', key])
  }

  function testKey(key: string, path: Path): void {
    const slash = key.indexOf('/')
    if (slash !== -1) test(key.slice(0, slash), subdomain, path, 'key')
    const name = key.slice(slash + 1)
    if (name === '') refuse(key, labelValue, path, 'key')
    else test(name, labelValue, path, 'key')
  }

  function test(value: unknown, rule: NameRule, path: Path, what: 'key' | 'value' = 'value'): void {
    if (typeof value !== 'string') return
    if (value.length > rule.longest || !rule.pattern.test(value)) refuse(value, rule, path, what)
  }

  function refuse(value: string, rule: NameRule, path: Path, what: 'key' | 'value'): void {
    const message = `${nameOf(placed)}: ${pathAsText(path)}: Kubernetes refuses the name “${value}”`
    findings.push(errorAt('schema/name', message, placeOf(placed, path, what), `allowed are ${rule.words}`))
  }
}

function ruleForNameOf(apiVersion: string, kind: string): NameRule {
  if (apiVersion.startsWith('rbac.authorization.k8s.io/')) return pathSegment
  if (apiVersion === 'v1' && kind === 'Service') return serviceName
  if (apiVersion === 'v1' && kind === 'Namespace') return label
  return kind === 'CronJob'
    ? { ...subdomain, longest: 52, words: `${subdomain.words}, of a CronJob 52` }
    : subdomain
}
