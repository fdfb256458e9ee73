import { recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import type { Finding, Rule } from '../finding.ts'
import type { Path } from '../schema/place.ts'
import { manifestRules as rules } from './manifest-rules.ts'
import { findingIn, type Fields, type LintedContainer, type LintedPods } from './objects.ts'

/** The lowest id that no user of a node has, as kube-score sees it. */
const lowestFreeId = 10_001

/** What is wrong with each container of a pod: its rights, its resources, its image. */
export function lintContainers(pods: LintedPods): Finding[] {
  return pods.containers.flatMap((container) => lintContainer(pods, container))
}

function lintContainer({ placed, spec }: LintedPods, container: LintedContainer): Finding[] {
  const findings: Finding[] = []
  const context = {
    ...recordOf(spec['securityContext']),
    ...recordOf(container.container['securityContext']),
  }
  checkRights(context)
  checkResources(recordOf(container.container['resources']))
  checkImage(container.container['image'], container.container['imagePullPolicy'])
  return findings

  function checkRights(security: Fields): void {
    const { runAsUser, runAsGroup, runAsNonRoot, privileged, readOnlyRootFilesystem } = security
    const at = ['securityContext']
    if (privileged === true)
      report(rules.privileged, [...at, 'privileged'], 'has all rights of the node', {
        raw: 'remove `privileged`, and add the capabilities that are needed',
        stack: 'write `capabilities: { add: […] }` instead of `privileged`',
      })
    if (readOnlyRootFilesystem !== true)
      report(rules.readOnlyRoot, [...at, 'readOnlyRootFilesystem'], 'can write its root file system', {
        raw: 'set `readOnlyRootFilesystem: true`, and mount an emptyDir where it writes',
        stack: 'write `read-only-root: true`, and mount `{ scratch: NAME }` where it writes',
      })
    if (runAsUser === 0 || (runAsUser === undefined && runAsNonRoot !== true)) {
      const message = runAsUser === 0 ? 'runs as root' : 'runs as the user of its image, who may be root'
      report(rules.root, [...at, 'runAsUser'], message, {
        raw: 'set `runAsNonRoot: true` and `runAsUser`',
        stack: 'write `user: 10001`',
      })
      return
    }
    for (const [field, id] of [
      ['runAsUser', runAsUser],
      ['runAsGroup', runAsGroup],
    ] as const) {
      if (typeof id === 'number' && id >= lowestFreeId) continue
      const message =
        id === undefined
          ? `${field} is not set`
          : `${field} ${JSON.stringify(id)} may be that of a user of the node`
      report(rules.ids, [...at, field], message, {
        raw: `set \`${field}\` above 10000`,
        stack: `write \`${field === 'runAsUser' ? 'user' : 'group'}: 10001\``,
      })
    }
  }

  function checkResources({ requests, limits }: Fields): void {
    const missing = (resource: string): string[] => [
      ...(recordOf(requests)[resource] === undefined && recordOf(limits)[resource] === undefined
        ? [`${resource} request`]
        : []),
      ...(recordOf(limits)[resource] === undefined ? [`${resource} limit`] : []),
    ]
    const main = [...missing('cpu'), ...missing('memory')]
    if (main.length > 0)
      report(rules.resources, ['resources'], `has no ${main.join(', no ')}`, {
        raw: 'set `resources: { requests: {…}, limits: {…} }`',
        stack: 'write `resources: { cpu, memory, limits: { cpu, memory } }`',
      })
    const storage = missing('ephemeral-storage')
    if (storage.length > 0)
      report(rules.ephemeral, ['resources'], `has no ${storage.join(', no ')}`, {
        raw: 'a pod that fills the disk of its node is then evicted, and not its neighbours',
        stack: 'set it with `kubernetes: { patch: … }`',
      })
  }

  function checkImage(image: unknown, policy: unknown): void {
    if (typeof image !== 'string' || image.includes('@')) return
    const tag = /:([^:/]+)$/.exec(image)?.[1]
    if (tag !== undefined && tag !== 'latest') return
    report(rules.tag, ['image'], `${image} is another image each time`, {
      raw: 'name a version, or an image of the stack',
      stack: 'name a version',
    })
    if (policy === 'Always')
      report(rules.pull, ['imagePullPolicy'], `fetches ${image} at every start, so replicas may differ`, {
        raw: 'name a version, and write IfNotPresent',
        stack: 'name a version',
      })
  }

  function report(
    rule: Rule,
    path: Path,
    message: string,
    cure: { readonly raw: string; readonly stack: string },
  ): void {
    findings.push(findingIn(placed, rule, [...container.path, ...path], message, cure, container))
  }
}
