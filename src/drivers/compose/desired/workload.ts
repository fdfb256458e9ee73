import type { Milestone, ResourceId, ResourceNeed } from '../../../plan/resource.ts'
import type { ImageSource, Job, Need, ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Facts } from '../../facts.ts'
import { jobBody, serviceBody } from './body.ts'
import { declarationOf, type Consumer } from '../../consumer.ts'
import type { Topology } from './networks.ts'
import { shortDigest } from '../../content-parts.ts'
import { partsOfWorkload, updatesOfWorkload } from './parts.ts'
import { sameVolume, volumesBehind } from '../../job-volumes.ts'
import { podMates, podOwner } from '../../pods.ts'
import { isExclusive, probeOf, replicasOf, type Publication } from './ports.ts'
import type { ComposeResource, WorkloadSpec } from './spec.ts'

export interface WorkloadContext {
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly topology: Topology
  readonly publications: readonly Publication[]
  readonly fronted: ReadonlySet<string>
}

/** A service as containers; its pod's owner comes before it. */
export function serviceResource(service: Service, context: WorkloadContext): ComposeResource {
  const { stack, facts, topology } = context
  const owner = podOwner(stack, service)
  const isMember = owner !== service
  const image = imageReference(service.image, facts)
  const probe = probeOf(service)
  const spec: WorkloadSpec = {
    ...common({ kind: 'service', service }, image, context),
    body: serviceBody(service, { ...context, image }),
    attachments: isMember ? new Map() : topology.attachmentsOf(service.name),
    podOwner: isMember ? owner.name : undefined,
    sharedScratch: scratchOfPod(stack, service),
    init: service.init,
    isSupervised: service.dev.isSupervised ?? false,
    probe: probe && service.health && { ...probe, rhythm: service.health.readiness },
    isExclusive: isExclusive(stack, service),
    isBehindGateway: podMates(stack, service).some(({ name }) => context.fronted.has(name)),
    volumesBehind: [],
  }
  const images = [service.image, ...service.init.map((init) => init.image)]
  const ownerParts = isMember ? serviceResource(owner, context).parts : undefined
  return {
    id: spec.resource,
    kind: 'service',
    name: service.name,
    spec,
    parts: { ...partsOfWorkload(spec), ...(ownerParts && { 'pod owner': shortDigest(ownerParts) }) },
    updates: updatesOfWorkload(spec),
    needs: [
      ...infrastructureNeeds(spec, isMember ? [] : topology.networksOf(service.name), images),
      ...(isMember ? [{ on: serviceId(owner.name), until: 'started' as const, cascade: true }] : []),
      ...service.needs.map(needOf),
    ],
    replicas: replicasOf(stack, service),
    timeout: service.update.timeout,
    holdsData: undefined,
    from: service.from,
  }
}

/** A job as one container that runs to its end and stays as the record of it. */
export function jobResource(job: Job, context: WorkloadContext): ComposeResource {
  const { stack, facts, topology } = context
  const image = imageReference(job.image, facts)
  const spec: WorkloadSpec = {
    ...common({ kind: 'job', job }, image, context),
    body: jobBody(job, { ...context, image }),
    attachments: topology.attachmentsOf(job.name),
    podOwner: undefined,
    sharedScratch: new Set(),
    init: [],
    isSupervised: false,
    probe: undefined,
    isExclusive: true,
    isBehindGateway: false,
    volumesBehind: volumesBehind(stack, job),
  }
  return {
    id: spec.resource,
    kind: 'job',
    name: job.name,
    spec,
    parts: {
      ...partsOfWorkload(spec),
      // Observation says whether these hold: only the engine knows which volumes are there.
      ...Object.fromEntries(spec.volumesBehind.map((volume) => [`volume ${volume}`, sameVolume])),
      ...(job.run === 'always' && { 'run: always': 'again' }),
    },
    updates: {},
    needs: [
      ...infrastructureNeeds(spec, topology.networksOf(job.name), [job.image]),
      ...job.needs.map(needOf),
    ],
    replicas: undefined,
    timeout: job.timeout * (job.retries + 1),
    holdsData: undefined,
    from: job.from,
  }
}

/** What containers name; an image that nobody identified keeps its name, and the build will say what is wrong. */
export function imageReference(source: ImageSource | undefined, facts: Facts): string {
  if (!source) return ''
  if (source.kind === 'reference') return source.reference
  return facts.images.get(source.image)?.reference ?? source.image
}

export function imageId(source: ImageSource): ResourceId {
  return `image/${source.kind === 'built' ? source.image : source.reference}`
}

function common(
  consumer: Consumer,
  image: string,
  { stack, facts }: WorkloadContext,
): Pick<WorkloadSpec, 'kind' | 'resource' | 'name' | 'stack' | 'facts' | 'consumer' | 'image' | 'imageUser'> {
  const { name, image: source } = declarationOf(consumer)
  return {
    kind: 'workload',
    resource: `${consumer.kind}/${name}`,
    name,
    stack,
    facts,
    consumer,
    image,
    imageUser: source?.kind === 'built' ? facts.images.get(source.image)?.defaults.user : undefined,
  }
}

function infrastructureNeeds(
  spec: WorkloadSpec,
  networks: readonly string[],
  images: readonly (ImageSource | undefined)[],
): ResourceNeed[] {
  const need = (on: ResourceId, until: Milestone): ResourceNeed => ({ on, until, cascade: false })
  const built = new Set(images.flatMap((source) => (source ? [imageId(source)] : [])))
  const volumes = new Set(
    declarationOf(spec.consumer).mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])),
  )
  return [
    ...[...built].map((id) => need(id, 'completed')),
    ...networks.map((name) => need(`network/${name}`, 'started')),
    ...[...volumes].map((name) => need(`volume/${name}`, 'started')),
  ]
}

function needOf({ on, is, cascade }: Need): ResourceNeed {
  return { on: `${on.kind}/${on.name}`, until: is, cascade }
}

function serviceId(name: string): ResourceId {
  return `service/${name}`
}

/** Scratch mounts of the same name are one folder for all members of a pod. */
function scratchOfPod(stack: ResolvedStack, service: Service): Set<string> {
  if (service.pod === undefined) return new Set()
  const mounts = podMates(stack, service).flatMap((member) => member.mounts)
  return new Set(mounts.flatMap((mount) => (mount.kind === 'scratch' ? [mount.scratch] : [])))
}
