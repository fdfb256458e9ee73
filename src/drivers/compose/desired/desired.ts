import type { ResourceId, ResourceNeed } from '../../../plan/resource.ts'
import type { ImageSource, ResolvedStack } from '../../../resolve/resolved.ts'
import type { Facts } from '../../facts.ts'
import { gatewayService } from '../names.ts'
import { frontedServices, gatewayBody, routesOfGateway } from './gateway.ts'
import { topologyOf, type Topology } from './networks.ts'
import { shortDigest } from '../../content-parts.ts'
import { runningServices } from './pods.ts'
import { currentServers } from './servers.ts'
import { publicationsOf, type Publication } from './ports.ts'
import type { Route } from '../gateway/config.ts'
import type { ComposeResource, GatewaySpec } from './spec.ts'
import { imageId, imageReference, jobResource, serviceResource, type WorkloadContext } from './workload.ts'

/** The stack as things of a Docker engine. Pure; what nobody uses is not made. */
export function desiredResources(stack: ResolvedStack, facts: Facts): ComposeResource[] {
  const publications = publicationsOf(stack, facts)
  const routes = routesOfGateway(stack, publications)
  const fronted = frontedServices(routes)
  const topology = topologyOf(stack, facts.configs, fronted)
  const context: WorkloadContext = { stack, facts, topology, publications, fronted }
  const services = runningServices(stack).map((service) => serviceResource(service, context))
  const jobs = [...stack.jobs.values()].map((job) => jobResource(job, context))
  const gateway = routes.length > 0 ? [gatewayResource(stack, facts, routes, publications, topology)] : []
  return [
    ...imageResources(stack, facts, routes.length > 0),
    ...networkResources(stack, topology),
    ...volumeResources(stack, [...services, ...jobs]),
    ...jobs,
    ...services,
    ...gateway,
  ]
}

function imageResources(stack: ResolvedStack, facts: Facts, hasGateway: boolean): ComposeResource[] {
  const sources: ImageSource[] = [...runningServices(stack), ...stack.jobs.values()].flatMap((each) => [
    ...(each.image ? [each.image] : []),
    ...('init' in each ? each.init.flatMap(({ image }) => (image ? [image] : [])) : []),
  ])
  // Images that nothing runs are still built when they are asked for.
  sources.push(...[...stack.images.keys()].map((image): ImageSource => ({ kind: 'built', image })))
  for (const { check } of stack.smoke) if (check.kind === 'run') sources.push(check.image)
  if (hasGateway) sources.push({ kind: 'reference', reference: stack.gateway.image })
  const unique = new Map(sources.map((source) => [imageId(source), source]))
  return [...unique].map(([id, source]) => imageResource(id, source, stack, facts))
}

function imageResource(
  id: ResourceId,
  source: ImageSource,
  stack: ResolvedStack,
  facts: Facts,
): ComposeResource {
  const image = source.kind === 'built' ? stack.images.get(source.image) : undefined
  const fact = source.kind === 'built' ? facts.images.get(source.image) : undefined
  const isBuilt = image !== undefined && fact !== undefined && fact.isGiven !== true
  return {
    id,
    kind: 'image',
    name: id.slice('image/'.length),
    spec: {
      kind: 'image',
      reference: imageReference(source, facts),
      build: isBuilt ? { image, fact } : undefined,
    },
    parts: isBuilt ? { inputs: fact.hash.slice(0, 12) } : {},
    updates: {},
    needs: (isBuilt ? (fact.bases ?? []) : []).map((base) => ({
      on: `image/${base}`,
      until: 'completed',
      cascade: false,
    })),
    replicas: undefined,
    timeout: imageTimeout,
    holdsData: undefined,
    from: image?.from ?? placeOf(stack, source),
  }
}

/** A build or a pull has no natural end; the engine's own errors come first. Milliseconds. */
const imageTimeout = 3_600_000

/** Networks and volumes are made in milliseconds. */
const infrastructureTimeout = 30_000

function placeOf(stack: ResolvedStack, source: ImageSource): ComposeResource['from'] {
  const users = [...stack.services.values(), ...stack.jobs.values()]
  const user = users.find((each) => each.image && imageId(each.image) === imageId(source))
  return user?.at('image') ?? placeOfStack(stack)
}

function placeOfStack(stack: ResolvedStack): ComposeResource['from'] {
  return { file: stack.file, line: 1, column: 1, length: 1 }
}

function networkResources(stack: ResolvedStack, topology: Topology): ComposeResource[] {
  return [...topology.networks].map(([name, members]) => ({
    id: `network/${name}`,
    kind: 'network',
    name,
    spec: { kind: 'network', network: `${stack.project}_${name}`, members },
    // The room that a network has is chosen when it is made: growing by a few replicas must not cut everybody off.
    parts: {},
    updates: {},
    needs: [],
    replicas: undefined,
    timeout: infrastructureTimeout,
    holdsData: undefined,
    from: stack.services.get(name)?.from ?? placeOfStack(stack),
  }))
}

function volumeResources(stack: ResolvedStack, users: readonly ComposeResource[]): ComposeResource[] {
  const used = new Set(users.flatMap(({ needs }) => needs.map(({ on }) => on)))
  return [...stack.volumes.values()]
    .filter(({ name }) => used.has(`volume/${name}`))
    .map(({ name, from }) => ({
      id: `volume/${name}`,
      kind: 'volume',
      name,
      spec: { kind: 'volume', volume: `${stack.project}_${name}` },
      parts: {},
      updates: {},
      needs: [],
      replicas: undefined,
      timeout: infrastructureTimeout,
      holdsData: dataOf(name),
      from,
    }))
}

/** What is lost with a volume, in words. */
export function dataOf(volume: string): string {
  return `the data of volume ${volume}`
}

function gatewayResource(
  stack: ResolvedStack,
  facts: Facts,
  routes: readonly Route[],
  publications: readonly Publication[],
  topology: Topology,
): ComposeResource {
  const body = gatewayBody(stack, facts, routes, publications)
  const spec: GatewaySpec = {
    kind: 'gateway',
    stack,
    image: stack.gateway.image,
    body,
    attachments: topology.attachmentsOf(gatewayService),
    routes,
  }
  const need = (on: ResourceId, until: ResourceNeed['until']): ResourceNeed => ({ on, until, cascade: false })
  return {
    id: 'gateway/main',
    kind: 'gateway',
    name: 'main',
    spec,
    parts: {
      image: shortDigest(body.Image),
      ports: shortDigest(body.HostConfig?.PortBindings),
      network: shortDigest(spec.attachments),
      program: shortDigest([body.Cmd, body.Entrypoint, body.User, body.StopSignal]),
      routes: shortDigest(routes),
      servers: currentServers,
    },
    updates: { routes: 'reload', servers: 'reload' },
    needs: [
      need(imageId({ kind: 'reference', reference: spec.image }), 'completed'),
      ...topology.networksOf(gatewayService).map((name) => need(`network/${name}`, 'started')),
      // It takes over ports that a single replica may have owned until it is replaced.
      ...[...frontedServices(routes)].map((name) => need(`service/${name}`, 'started')),
    ],
    replicas: undefined,
    timeout: gatewayTimeout,
    holdsData: undefined,
    from: [...stack.routes.values()][0]?.from ?? placeOfStack(stack),
  }
}

const gatewayTimeout = 30_000
