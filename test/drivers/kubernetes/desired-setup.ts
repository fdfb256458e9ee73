import type { Cluster } from '../../../src/clusters/cluster.ts'
import { desiredResources } from '../../../src/drivers/kubernetes/desired/desired.ts'
import type { ClusterFacts } from '../../../src/drivers/kubernetes/desired/context.ts'
import type { DesiredObject, KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { render } from '../../../src/drivers/kubernetes/render.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { resolvedStack, type StackOptions } from '../../resolve/stack.ts'
import { factsOf, type Given } from '../compose/setup.ts'

type Target = Cluster['target']

/** What each kind of cluster offers, without one. */
export function clusterOf(target: Target, abilities: Partial<Cluster['abilities']> = {}): ClusterFacts {
  const hasDelivery = target === 'kind'
  return {
    target,
    abilities: {
      loadBalancer: target === 'docker-desktop' ? 'localhost' : target === 'eks' ? 'cloud' : 'none',
      nodePorts: target === 'docker-desktop' ? 'localhost' : 'nodes',
      nodePortRange: [30_000, 32_767],
      storageClass: undefined,
      ingressClass: undefined,
      ingress: undefined,
      versions: { oldest: '1.28', newest: '1.36' },
      ...abilities,
    },
    imageFor: (reference) => reference,
    pullPolicy: () => 'IfNotPresent',
    ...(hasDelivery && {
      delivery: { has: () => Promise.resolve(new Set<string>()), deliver: () => Promise.resolve() },
    }),
    desired: () =>
      target === 'kind'
        ? [
            {
              id: 'cluster/test',
              kind: 'cluster',
              name: 'test',
              spec: undefined,
              parts: {},
              updates: {},
              needs: [],
              replicas: undefined,
              timeout: 60_000,
              holdsData: undefined,
              from: { file: '/stack/iamstack.yaml', line: 1, column: 1, length: 1 },
            },
          ]
        : [],
  }
}

export interface DesiredOptions extends StackOptions {
  readonly target?: Target
  readonly abilities?: Partial<Cluster['abilities']>
}

/** The resources of a text, as a profile of that target makes them. */
export async function desiredOf(
  yaml: string,
  given: Given = {},
  options: DesiredOptions = {},
): Promise<KubeResource[]> {
  const { target = 'docker-desktop', abilities, ...rest } = options
  const stack = await resolvedStack(yaml, { profile: target, ...rest })
  return desiredIn(stack, given, target, abilities)
}

export function desiredIn(
  stack: ResolvedStack,
  given: Given,
  target: Target,
  abilities?: Partial<Cluster['abilities']>,
): KubeResource[] {
  return desiredResources(stack, factsOf(stack, given), clusterOf(target, abilities))
}

export function objectsOf(resources: readonly KubeResource[], id?: string): DesiredObject[] {
  return resources.flatMap((resource) =>
    resource.spec.kind === 'objects' && (id === undefined || resource.id === id) ? resource.spec.objects : [],
  )
}

/** One file of the rendering; the names of all where there is none of that name. */
export async function shown(
  yaml: string,
  path: string,
  given: Given = {},
  options: DesiredOptions = {},
): Promise<string> {
  const stack = await resolvedStack(yaml, { profile: options.target ?? 'docker-desktop' })
  const files = render(desiredIn(stack, given, options.target ?? 'docker-desktop', options.abilities), stack)
  return files.find((file) => file.path === path)?.text ?? files.map((file) => file.path).join('\n')
}

/** A resource a line, with what it needs. */
export function listed(resources: readonly KubeResource[]): string {
  const lines = resources.map(
    ({ id, needs }) => `${id}  [${needs.map(({ on, until }) => `${on} ${until}`).join(', ')}]`,
  )
  return `\n${lines.join('\n')}\n`
}
