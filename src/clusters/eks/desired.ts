import type { ClusterSpec } from '../../drivers/kubernetes/spec.ts'
import { digest } from '../../plan/hash.ts'
import type { Resource, ResourceId } from '../../plan/resource.ts'
import type { Span } from '../../stack/diagnostics.ts'
import type { EksSettings } from './settings.ts'
import type { CloudStack } from './stacks.ts'

/** Milliseconds for one stack: a control plane takes about ten minutes, and AWS gives up before this. */
const timeout = 40 * 60_000

/** Every stack as a resource: the plan orders them, and what needs nothing of another is made beside it. */
export function stackResources(
  settings: EksSettings,
  stacks: readonly CloudStack[],
  fallback: Span,
): Resource<ClusterSpec>[] {
  return stacks.map(({ name, part, digest: content, needs }) => ({
    id: stackId(name),
    kind: 'cluster',
    name,
    spec: { kind: 'cluster' },
    parts: { template: digest(content) },
    updates: { template: 'update' },
    needs: needs.map((on) => ({ on: stackId(on), until: 'healthy' as const, cascade: false })),
    replicas: undefined,
    timeout,
    holdsData: heldBy(settings, part),
    from: placeOf(settings, part) ?? fallback,
  }))
}

export function stackId(name: string): ResourceId {
  return `cluster/${name}`
}

/** What would be lost with a part, in words. */
export function heldBy({ cluster }: EksSettings, part: string): string | undefined {
  if (part === 'cluster') return `everything in the cluster ${cluster}`
  return part === 'registry' ? 'the images in its repositories' : undefined
}

function placeOf(settings: EksSettings, part: string): Span | undefined {
  if (part.startsWith('nodes-')) return settings.at('nodes', part.slice('nodes-'.length))
  return part === 'network' ? settings.at('network') : settings.at()
}
