import { errorAt, type Diagnostic } from '../../../stack/diagnostics.ts'
import { instanceType, tooSmallSizes } from '../instance-types.ts'
import type { EksSettings, NodeGroup } from '../settings.ts'

/** Source: docs.aws.amazon.com/eks/latest/userguide/service-quotas.html: node groups per cluster, nodes per group. */
const limits = { groups: 30, nodes: 450 } as const
/** GiB: the image of a node is that large, and a volume cannot be smaller. */
const smallestDisk = 20
/** Beginnings of labels that EKS and the kubelet keep for themselves: AWS::EKS::Nodegroup, NodeRestriction of Kubernetes. */
const reservedPrefixes = ['eks.amazonaws.com', 'kubernetes.io', 'k8s.io']

/** Node groups that EKS refuses, or on which nothing could run. */
export function nodeFindings(settings: EksSettings): Diagnostic[] {
  const { nodes, at } = settings
  const findings = nodes.flatMap((group) => groupFindings(settings, group))
  if (!nodes.some(({ desired }) => desired > 0)) {
    findings.push(
      errorAt(
        'eks/no-nodes',
        nodes.length === 0 ? 'the cluster would have no nodes' : 'every node group begins with no nodes',
        at('nodes'),
        'nodes: { workers: { type: t3.medium, desired: 2 } }',
      ),
    )
  }
  if (nodes.length > limits.groups) {
    findings.push(
      errorAt('eks/nodes', `${nodes.length} node groups; EKS takes ${limits.groups}`, at('nodes')),
    )
  }
  return findings
}

function groupFindings(settings: EksSettings, group: NodeGroup): Diagnostic[] {
  const { name, disk, max } = group
  const place = (key: string) => settings.at('nodes', name, key)
  const findings = [...typeFindings(settings, group), ...labelFindings(settings, group)]
  if (disk < smallestDisk) {
    findings.push(
      errorAt(
        'eks/disk',
        `node group ${name}: a node needs a volume of ${smallestDisk} GiB, as large as its image`,
        place('disk'),
      ),
    )
  }
  if (max > limits.nodes) {
    findings.push(
      errorAt('eks/nodes', `node group ${name}: EKS takes ${limits.nodes} nodes in a group`, place('max')),
    )
  }
  return findings
}

function typeFindings({ at }: EksSettings, { name, type, arch }: NodeGroup): Diagnostic[] {
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(type)) {
    return [
      errorAt(
        'eks/instance-type',
        `node group ${name}: ${type === '' ? 'no instance type is named' : `${type} is no instance type`}`,
        at('nodes', name, 'type'),
        'like t3.medium',
      ),
    ]
  }
  const known = instanceType(type)
  if (known && tooSmallSizes.has(known.size)) {
    return [
      errorAt(
        'eks/instance-type',
        `node group ${name}: a ${type} holds four pods, which are those that every node needs for itself`,
        at('nodes', name, 'type'),
        'take a small one at least: t3.small holds 11, t3.medium 17',
      ),
    ]
  }
  if (known && arch !== undefined && known.arch !== arch) {
    return [
      errorAt(
        'eks/arch',
        `node group ${name}: a ${type} has an ${known.arch} processor, not ${arch}`,
        at('nodes', name, 'arch'),
        'leave arch away, or take another type',
      ),
    ]
  }
  return []
}

function labelFindings({ at }: EksSettings, { name, labels }: NodeGroup): Diagnostic[] {
  const part = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)$/
  return Object.entries(labels).flatMap(([key, value]) => {
    const span = at('nodes', name, 'labels', key)
    const slash = key.indexOf('/')
    const prefix = slash < 0 ? undefined : key.slice(0, slash)
    const reserved = reservedPrefixes.find((each) => prefix === each || prefix?.endsWith(`.${each}`) === true)
    if (reserved !== undefined) {
      return [
        errorAt(
          'eks/label',
          `node group ${name}: labels of ${reserved} are not ours to give`,
          span,
          'take a prefix of your own',
        ),
      ]
    }
    const isValid = part.test(key.slice(slash + 1)) && (value === '' || part.test(value))
    return isValid
      ? []
      : [
          errorAt(
            'eks/label',
            `node group ${name}: ${key}=${value} is no label`,
            span,
            'letters, digits and . _ - between them, 63 at most',
          ),
        ]
  })
}
