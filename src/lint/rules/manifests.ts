import { groupOf, listOf, recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import type { Finding } from '../finding.ts'
import type { PlacedObject } from '../schema/place.ts'
import { lintContainers } from './containers.ts'
import { manifestRules as rules } from './manifest-rules.ts'
import { findingIn, podsOf, selects, selectsPlainly, type LintedPods } from './objects.ts'
import { lintProbes } from './probes.ts'
import { holdsPrivateKey, looksSecret, secretLineIn } from './secret-words.ts'

/** What is wrong with Kubernetes objects, each by itself and all of them together. */
export function lintManifests(objects: readonly PlacedObject[]): Finding[] {
  const pods = objects.flatMap((placed) => podsOf(placed) ?? [])
  return objects.flatMap((placed) => {
    const own = pods.find((each) => each.placed === placed)
    return [...(own ? lintPods(own, objects) : []), ...lintObject(placed, objects, pods)]
  })
}

function lintPods(pods: LintedPods, objects: readonly PlacedObject[]): Finding[] {
  const services = ofKind(objects, '', 'Service')
  const isBehindService = services.some(
    ({ object }) =>
      object.metadata.namespace === pods.namespace &&
      selectsPlainly(recordOf(recordOf(object['spec'])['selector']), pods.labels),
  )
  return [
    ...lintIsolation(pods, objects),
    ...lintProbes(pods, isBehindService),
    ...lintContainers(pods),
    ...lintReplicas(pods, objects),
  ]
}

function lintIsolation(
  { placed, namespace, labels }: LintedPods,
  objects: readonly PlacedObject[],
): Finding[] {
  const isSelected = ofKind(objects, 'networking.k8s.io', 'NetworkPolicy').some(
    ({ object }) =>
      object.metadata.namespace === namespace &&
      selects(recordOf(recordOf(object['spec'])['podSelector']), labels),
  )
  if (isSelected) return []
  return [
    findingIn(placed, rules.networkPolicy, ['metadata', 'name'], 'every pod of the cluster may talk to it', {
      raw: 'add a NetworkPolicy that selects its pods',
      stack: 'write `isolation: edges`',
    }),
  ]
}

function lintReplicas(
  { placed, namespace, labels, spec }: LintedPods,
  objects: readonly PlacedObject[],
): Finding[] {
  const { kind, metadata } = placed.object
  const replicas = recordOf(placed.object['spec'])['replicas']
  const findings: Finding[] = []
  const scaler = ofKind(objects, 'autoscaling', 'HorizontalPodAutoscaler').find(({ object }) => {
    const target = recordOf(recordOf(object['spec'])['scaleTargetRef'])
    return (
      object.metadata.namespace === namespace && target['kind'] === kind && target['name'] === metadata.name
    )
  })
  if (scaler && replicas !== undefined)
    findings.push(
      findingIn(
        placed,
        rules.autoscalerReplicas,
        ['spec', 'replicas'],
        'each apply undoes what the autoscaler decided',
        {
          raw: 'remove `replicas`',
          stack: 'remove `replicas` beside `scale`',
        },
      ),
    )
  if (typeof replicas !== 'number' || replicas < 2) return findings
  const hasBudget = ofKind(objects, 'policy', 'PodDisruptionBudget').some(
    ({ object }) =>
      object.metadata.namespace === namespace &&
      selects(recordOf(recordOf(object['spec'])['selector']), labels),
  )
  if (!hasBudget)
    findings.push(
      findingIn(
        placed,
        rules.budget,
        ['metadata', 'name'],
        'draining a node may end all its replicas at once',
        {
          raw: 'add a PodDisruptionBudget',
          stack: 'add a PodDisruptionBudget under `manifests`',
        },
      ),
    )
  const isSpread =
    recordOf(spec['affinity'])['podAntiAffinity'] !== undefined ||
    spec['topologySpreadConstraints'] !== undefined
  if (!isSpread && kind !== 'DaemonSet')
    findings.push(
      findingIn(placed, rules.spread, ['metadata', 'name'], 'its replicas may all be on one node', {
        raw: 'add a podAntiAffinity or topologySpreadConstraints',
        stack: 'write `spread: node`',
      }),
    )
  return findings
}

function lintObject(
  placed: PlacedObject,
  objects: readonly PlacedObject[],
  pods: readonly LintedPods[],
): Finding[] {
  switch (placed.object.kind) {
    case 'ConfigMap':
      // What the stack generates is judged where the stack says it (ST007).
      return placed.node ? lintConfigMap(placed) : []
    case 'Service':
      return groupOf(placed.object.apiVersion) === '' ? lintService(placed, pods) : []
    case 'Ingress':
      return lintIngress(placed, objects)
    case 'HorizontalPodAutoscaler':
      return lintAutoscaler(placed, objects)
    default:
      return []
  }
}

function lintConfigMap(placed: PlacedObject): Finding[] {
  const cure = { raw: 'put it into a Secret: it is mounted the same way', stack: 'move it to `secrets`' }
  return Object.entries(recordOf(placed.object['data'])).flatMap(([key, value]) => {
    if (typeof value !== 'string' || value === '') return []
    const line = secretLineIn(value)
    const what = holdsPrivateKey(value)
      ? 'a private key'
      : looksSecret(key)
        ? 'what looks like a secret'
        : line === undefined
          ? undefined
          : `\`${line}\`, which looks like a secret`
    if (what === undefined) return []
    return [
      findingIn(
        placed,
        rules.secretInConfig,
        ['data', key],
        `${key} holds ${what}, for everybody to read`,
        cure,
      ),
    ]
  })
}

function lintService(placed: PlacedObject, pods: readonly LintedPods[]): Finding[] {
  const { selector, type } = recordOf(placed.object['spec'])
  if (type === 'ExternalName' || selector === undefined) return []
  const { namespace } = placed.object.metadata
  if (pods.some((each) => each.namespace === namespace && selectsPlainly(recordOf(selector), each.labels)))
    return []
  return [
    findingIn(placed, rules.serviceTarget, ['spec', 'selector'], 'selects no pod of the stack', {
      raw: 'compare its selector with the labels of the pods (`spec.template.metadata.labels`)',
      stack: 'compare its selector with the labels of the pods',
    }),
  ]
}

function lintIngress(placed: PlacedObject, objects: readonly PlacedObject[]): Finding[] {
  const services = ofKind(objects, '', 'Service')
  return listOf(recordOf(placed.object['spec'])['rules']).flatMap((rule, ruleIndex) =>
    listOf(recordOf(recordOf(rule)['http'])['paths']).flatMap((each, index) => {
      const backend = recordOf(recordOf(recordOf(each)['backend'])['service'])
      const { name } = backend
      if (typeof name !== 'string') return []
      const service = services.find(
        ({ object }) =>
          object.metadata.name === name && object.metadata.namespace === placed.object.metadata.namespace,
      )
      const path = ['spec', 'rules', ruleIndex, 'http', 'paths', index, 'backend', 'service']
      if (!service)
        return [
          findingIn(
            placed,
            rules.ingressTarget,
            [...path, 'name'],
            `leads to the Service ${name}, which is not there`,
          ),
        ]
      const wanted = recordOf(backend['port'])
      const hasPort = listOf(recordOf(service.object['spec'])['ports'])
        .map(recordOf)
        .some(
          (port) =>
            port['port'] === wanted['number'] ||
            (port['name'] !== undefined && port['name'] === wanted['name']),
        )
      if (hasPort) return []
      const port = String(wanted['name'] ?? wanted['number'])
      return [
        findingIn(placed, rules.ingressTarget, [...path, 'port'], `the Service ${name} has no port ${port}`),
      ]
    }),
  )
}

function lintAutoscaler(placed: PlacedObject, objects: readonly PlacedObject[]): Finding[] {
  const { kind, name } = recordOf(recordOf(placed.object['spec'])['scaleTargetRef'])
  const isThere = objects.some(
    ({ object }) =>
      object.kind === kind &&
      object.metadata.name === name &&
      object.metadata.namespace === placed.object.metadata.namespace,
  )
  if (isThere) return []
  return [
    findingIn(
      placed,
      rules.autoscalerTarget,
      ['spec', 'scaleTargetRef'],
      `scales ${String(kind)} ${String(name)}, which is not there`,
    ),
  ]
}

function ofKind(objects: readonly PlacedObject[], group: string, kind: string): PlacedObject[] {
  return objects.filter(({ object }) => object.kind === kind && groupOf(object.apiVersion) === group)
}
