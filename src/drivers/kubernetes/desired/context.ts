import type { Cluster } from '../../../clusters/cluster.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { ImageSource, ResolvedStack } from '../../../resolve/resolved.ts'
import { servicesNamedBy } from '../../consumer.ts'
import type { Facts } from '../../facts.ts'
import { podOwner } from '../../pods.ts'
import { consumersOf, layoutsOf, type ConfigLayout } from './configs.ts'
import { secretKeysUsed } from './secrets.ts'

/** What of a cluster decides how a stack looks in it. */
export type ClusterFacts = Pick<
  Cluster,
  'abilities' | 'imageFor' | 'pullPolicy' | 'delivery' | 'desired' | 'target'
>

/** What everything in this folder is made from. */
export interface DesiredContext {
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly cluster: ClusterFacts
  /** Where the files of each config lie. */
  readonly configs: ReadonlyMap<string, ConfigLayout>
  /** Keys that pods read as files or variables, by secret. */
  readonly secretKeys: ReadonlyMap<string, ReadonlySet<string>>
  /** Who speaks to each service: names of services and jobs. */
  readonly callers: ReadonlyMap<string, readonly string[]>
}

/** Everything that is looked up more than once is worked out once. */
export function contextOf(stack: ResolvedStack, facts: Facts, cluster: ClusterFacts): DesiredContext {
  return {
    stack,
    facts,
    cluster,
    configs: layoutsOf(stack, facts),
    secretKeys: secretKeysUsed(stack),
    callers: callersOf(stack, facts),
  }
}

/** Owners of pods, and jobs, by the service that they need or name. */
function callersOf(stack: ResolvedStack, facts: Facts): ReadonlyMap<string, readonly string[]> {
  const callers = new Map<string, string[]>()
  for (const consumer of consumersOf(stack)) {
    const { name } = consumer.kind === 'service' ? podOwner(stack, consumer.service) : consumer.job
    for (const service of servicesNamedBy(consumer, facts.configs))
      callers.set(service, [...(callers.get(service) ?? []), name])
  }
  return callers
}

/** What this machine calls an image; one that nobody identified keeps its name, and the build will say what is wrong. */
export function referenceOf(source: ImageSource, facts: Facts): string {
  if (source.kind === 'reference') return source.reference
  return facts.images.get(source.image)?.reference ?? source.image
}

/** What a pod names. */
export function imageOf(source: ImageSource | undefined, { facts, cluster }: DesiredContext): string {
  return source ? cluster.imageFor(referenceOf(source, facts)) : ''
}

/** What must be done before pods can start from an image; undefined where nodes fetch it by themselves. */
export function imageNeed(
  source: ImageSource,
  { facts, cluster }: Pick<DesiredContext, 'facts' | 'cluster'>,
): ResourceId | undefined {
  const name = source.kind === 'built' ? source.image : source.reference
  if (cluster.delivery) return `delivery/${name}`
  return isBuiltHere(source, facts) ? `image/${name}` : undefined
}

/** Whether the image comes out of a build of ours; one that was given from outside does not. */
export function isBuiltHere(source: ImageSource, facts: Facts): boolean {
  return source.kind === 'built' && facts.images.get(source.image)?.isGiven !== true
}
