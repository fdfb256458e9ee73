import type { ResolvedStack } from '../../../resolve/resolved.ts'
import { StackError } from '../../../stack/diagnostics.ts'
import { configsRead, declarationOf } from '../../consumer.ts'
import type { Facts } from '../../facts.ts'
import { podMates } from '../../pods.ts'
import { chartResources } from '../charts.ts'
import { checkContents } from '../check/contents.ts'
import { duplicateObjects } from '../manifests/duplicates.ts'
import { manifestResources } from '../manifests/resources.ts'
import type { ClusterSpec, KubeResource } from '../spec.ts'
import { volumeResource } from './claims.ts'
import { configResource, consumersOf } from './configs.ts'
import { contextOf, imageNeed, type ClusterFacts, type DesiredContext } from './context.ts'
import { deliveryResources, imageResources } from './images.ts'
import { jobResource } from './jobs.ts'
import { namespaceResource } from './namespace.ts'
import { networkResources } from './network.ts'
import { routeResource } from './routes.ts'
import { certResource, secretResource } from './secrets.ts'
import { serviceResource } from './service-resource.ts'
import { claimedVolumes, volumesOf } from './workload.ts'

/**
 * The stack as things of a Kubernetes cluster. Pure; what nobody uses is not made. Throws StackError for contents that the cluster
 * cannot hold (a config beyond 1 MiB), which only the files themselves show,
 * and for objects that would be made twice.
 */
export function desiredResources(stack: ResolvedStack, facts: Facts, cluster: ClusterFacts): KubeResource[] {
  const context = contextOf(stack, facts, cluster)
  const findings = checkContents(context)
  if (findings.length > 0) throw new StackError(findings)
  const resources = resourcesOf(context)
  const duplicates = duplicateObjects(resources)
  if (duplicates.length > 0) throw new StackError(duplicates)
  return resources
}

function resourcesOf(context: DesiredContext): KubeResource[] {
  const { stack, facts, cluster } = context
  return [
    ...cluster.desired().map((each): KubeResource => ({ ...each, spec: clusterSpec })),
    ...imageResources(context),
    ...deliveryResources(context),
    namespaceResource(context),
    ...networkResources(context),
    ...volumeResources(context),
    ...contentResources(context),
    ...[...stack.jobs.values()].map((job) => jobResource(job, context)),
    ...[...stack.services.values()].map((service) => serviceResource(service, context)),
    ...[...stack.routes.values()].map((route) => routeResource(route, context)),
    ...manifestResources(stack, facts, {
      namespace: stack.namespace,
      imageFor: (reference) => cluster.imageFor(reference),
      pullPolicy: (reference) => cluster.pullPolicy(reference),
      imageNeed: (image) => imageNeed({ kind: 'built', image }, context) ?? `image/${image}`,
    }),
    ...chartResources(stack, facts),
  ]
}

const clusterSpec: ClusterSpec = { kind: 'cluster' }

function volumeResources(context: DesiredContext): KubeResource[] {
  const { stack } = context
  const used = new Set([
    ...volumesOf([...stack.services.values()].filter(({ external }) => !external)),
    ...volumesOf([...stack.jobs.values()]),
  ])
  const claimed = new Set(
    [...stack.services.values()].flatMap((service) => {
      const members = podMates(stack, service)
      return service.external || members[0] !== service ? [] : [...claimedVolumes(members)]
    }),
  )
  return [...stack.volumes.values()]
    .filter(({ name }) => used.has(name))
    .map((volume) => volumeResource(volume, claimed.has(volume.name), context))
}

/** Configs, secrets and certificates that pods read. */
function contentResources(context: DesiredContext): KubeResource[] {
  const { stack, facts, secretKeys } = context
  const configs = new Set(consumersOf(stack).flatMap((consumer) => [...configsRead(consumer).keys()]))
  const certs = new Set(
    consumersOf(stack).flatMap((consumer) =>
      declarationOf(consumer).mounts.flatMap((mount) => (mount.kind === 'cert' ? [mount.cert] : [])),
    ),
  )
  return [
    ...[...stack.configs.values()]
      .filter(({ name }) => configs.has(name))
      .map((config) => configResource(config, context)),
    ...[...stack.secrets.values()].flatMap((secret) => {
      const used = secretKeys.get(secret.name)
      return used ? [secretResource(secret, used, stack, facts)] : []
    }),
    ...[...stack.certs.values()]
      .filter(({ name }) => certs.has(name))
      .map((cert) => certResource(cert, stack, facts)),
  ]
}
