import { StepError } from '../../plan/step-error.ts'
import type { Run } from '../../drivers/driver.ts'
import type { Resource } from '../../plan/resource.ts'
import { listContainers, startContainer } from '../../platform/engine/containers.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { nodeRegistry } from '../images/names.ts'
import { writeHosts } from '../images/node-hosts.ts'
import { ensureRegistry, joinKindNetwork, type Registry } from '../images/registry.ts'
import { foreignRegistries } from '../own-images.ts'
import type { PortMapping, RegistryChoice } from '../settings.ts'
import { wantedPorts } from './config.ts'
import { publishPorts } from './host-ports.ts'
import { kindNetwork } from './labels.ts'
import type { SeenNode } from './look.ts'
import { writeMark, type Mark } from './mark.ts'
import { readNodeFile } from './node-files.ts'
import type { KindPlace } from './place.ts'

/** Nodes that run pods or the API server. */
export function machines(nodes: readonly SeenNode[]): SeenNode[] {
  return nodes.filter(({ role }) => role !== 'external-load-balancer')
}

/**
 * Everything about a cluster of ours that can be brought about while it lives: its containers run, nodes know the registry, ports
 * of this machine lead into it, and its mark says so. Safe to repeat.
 */
export async function shapeCluster(
  place: KindPlace,
  engine: Engine,
  nodes: readonly SeenNode[],
  before: Mark,
  wanted: Resource,
  run: Run,
): Promise<void> {
  const { settings, stack } = place
  const { signal } = run
  const tell = (text: string): void => run.progress(wanted.id, text)
  const first = nodes.find(({ role }) => role === 'control-plane')
  if (!first) throw new StepError('deploy', `the cluster ${settings.cluster} has no control plane`)
  for (const node of nodes) if (!node.isRunning) await startContainer(engine, node.id, signal)
  const mirrors = [...new Set([...before.mirrors, ...foreignRegistries(stack)])].sort()
  const registry = await registryFor(engine, settings.registry, signal, tell)
  if (registry) {
    await mustReadHosts(engine, first, settings.cluster, signal)
    if (registry.container !== undefined) await joinKindNetwork(engine, registry.container, signal)
    const ids = machines(nodes).map(({ id }) => id)
    await writeHosts(engine, ids, registry, mirrors, signal)
  }
  const ports = { ...before.ports, [stack.project]: wantedPorts(stack, settings) }
  const added = withoutDoubles(Object.values(ports).flat()).filter(
    (port) => !before.published.some((each) => isSamePort(each, port)),
  )
  await publishPorts(
    engine,
    { cluster: settings.cluster, node: first.name, ports: added, image: stack.gateway.image },
    signal,
  )
  const mark: Mark = {
    ...before,
    parts: { ...before.parts, ...wanted.parts },
    ports,
    mirrors: registry ? mirrors : [],
    registry: registry?.container,
  }
  await writeMark(engine, first.id, mark, signal)
}

/**
 * Says where the registry is, as the ecosystem agreed (KEP-1755): Tilt, Skaffold and others push there unasked. Asks the API
 * server, so only after it answers.
 */
export async function announceRegistry(
  place: KindPlace,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  const client = await place.client(signal)
  await client?.apply(
    kinds.ConfigMap,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'local-registry-hosting', namespace: 'kube-public' },
      data: {
        'localRegistryHosting.v1': [
          `host: "${registry.host}"`,
          `hostFromContainerRuntime: "${nodeRegistry}"`,
          `hostFromClusterNetwork: "${registry.fromNodes.replace(/^https?:\/\//, '')}"`,
          'help: "https://kind.sigs.k8s.io/docs/user/local-registry/"',
          '',
        ].join('\n'),
      },
    },
    { force: true, signal },
  )
}

/** The registry of the profile's choice, made or started where it is ours; undefined where images are carried into the nodes. */
export async function registryFor(
  engine: Engine,
  choice: RegistryChoice,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<Registry | undefined> {
  switch (choice.kind) {
    case 'none':
      return undefined
    case 'ours':
      return await ensureRegistry(engine, signal, tell)
    case 'given':
      return await givenRegistry(engine, choice.host, signal)
    default:
      return choice satisfies never
  }
}

/** A registry of the user's: nodes reach a container by its name, and what else is on this machine by the network's gateway. */
async function givenRegistry(engine: Engine, host: string, signal: AbortSignal): Promise<Registry> {
  const [name = '', port = '80'] = host.split(':')
  if (name !== 'localhost' && name !== '127.0.0.1')
    return { host, fromNodes: `https://${host}`, container: undefined }
  const containers = await listContainers(engine, [], signal)
  for (const { Names, Ports } of containers) {
    const published = Ports.find(({ PublicPort }) => PublicPort === Number(port))
    const container = Names[0]?.slice(1)
    if (!published || container === undefined) continue
    return { host, fromNodes: `http://${container}:${published.PrivatePort}`, container }
  }
  const gateway = await gatewayOf(engine, signal)
  return { host, fromNodes: `http://${gateway}:${port}`, container: undefined }
}

async function gatewayOf(engine: Engine, signal: AbortSignal): Promise<string> {
  const network = (await engine.get(`/networks/${kindNetwork}`, { signal })) as {
    readonly IPAM: {
      readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null
    }
  }
  const config = (network.IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes('.') === true)
  // Docker gives its bridge the first address where nothing else is said, and then does not write it down.
  return config?.Gateway ?? config?.Subnet?.replace(/\.\d+\/\d+$/, '.1') ?? '127.0.0.1'
}

/** Clusters of node images before kind 0.27 read `certs.d` only if they were made so. */
async function mustReadHosts(
  engine: Engine,
  node: SeenNode,
  cluster: string,
  signal: AbortSignal,
): Promise<void> {
  const config = await readNodeFile(engine, node.id, '/etc/containerd/config.toml', signal)
  if (config === undefined || /config_path\s*=\s*["'][^"']*certs\.d/.test(config)) return
  throw new StepError(
    'precondition',
    `nodes of the cluster ${cluster} were made without a registry and cannot be given one`,
    {
      hint: 'set registry: false in the block kind, or make the cluster anew: iamstack down --cluster, then up',
    },
  )
}

export function isSamePort(one: PortMapping, other: PortMapping): boolean {
  return one.host === other.host && one.protocol === other.protocol
}

function withoutDoubles(ports: readonly PortMapping[]): PortMapping[] {
  return ports.filter((port, index) => ports.findIndex((each) => isSamePort(each, port)) === index)
}
