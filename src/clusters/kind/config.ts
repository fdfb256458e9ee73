import {
  fieldsOf,
  listOf,
  numberOf,
  textOf,
  type Fields,
  type KindSettings,
  type PortMapping,
} from '../settings.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'

/** containerd reads who serves a registry from files in `certs.d`, anew for each pull. Recent node images do so unasked. */
const certsFolder = `[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
`

/** The configuration for `kind create cluster` (kind.sigs.k8s.io/docs/user/configuration): ours merged into the user's. */
export function kindConfig(
  settings: KindSettings,
  base: Fields,
  ports: readonly PortMapping[],
): Record<string, unknown> {
  const { name: _named, ...given } = base
  const networking = {
    ...fieldsOf(given['networking']),
    ...(settings.podSubnet !== undefined && { podSubnet: settings.podSubnet }),
    ...(settings.serviceSubnet !== undefined && { serviceSubnet: settings.serviceSubnet }),
  }
  const patches = [...listOf(given['kubeadmConfigPatches']), ...nodePortPatches(settings.nodePortRange)]
  return {
    ...given,
    kind: 'Cluster',
    apiVersion: textOf(given['apiVersion']) ?? 'kind.x-k8s.io/v1alpha4',
    nodes: nodesOf(settings, given, ports),
    ...(Object.keys(networking).length > 0 && { networking }),
    ...(patches.length > 0 && { kubeadmConfigPatches: patches }),
    ...(settings.registry.kind !== 'none' && {
      containerdConfigPatches: [...listOf(given['containerdConfigPatches']), certsFolder],
    }),
  }
}

function nodesOf(settings: KindSettings, given: Fields, ports: readonly PortMapping[]): Fields[] {
  const written = listOf(given['nodes']).map(fieldsOf)
  const workers = Array.from({ length: (settings.nodes ?? 1) - 1 }, () => ({ role: 'worker' }))
  const nodes =
    settings.nodes === undefined && written.length > 0 ? written : [{ role: 'control-plane' }, ...workers]
  const first = Math.max(
    nodes.findIndex((node) => (textOf(fieldsOf(node)['role']) ?? 'control-plane') === 'control-plane'),
    0,
  )
  return nodes.map((node: Fields, index) => {
    if (index !== first || ports.length === 0) return node
    const theirs = listOf(node['extraPortMappings']).map(fieldsOf)
    const added = ports.filter(
      ({ host, protocol }) =>
        !theirs.some(
          (each) =>
            numberOf(each['hostPort']) === host &&
            (textOf(each['protocol']) ?? 'TCP').toLowerCase() === protocol,
        ),
    )
    return { ...node, extraPortMappings: [...theirs, ...added.map(mappingOf)] }
  })
}

function mappingOf({ host, node, protocol }: PortMapping): Fields {
  return {
    containerPort: node,
    hostPort: host,
    listenAddress: '127.0.0.1',
    protocol: protocol === 'udp' ? 'UDP' : 'TCP',
  }
}

/** kubeadm has written arguments as a list since v1beta4; kind applies the patch whose version is that of its configuration. */
function nodePortPatches(range: readonly [number, number] | undefined): string[] {
  if (!range) return []
  const name = 'service-node-port-range'
  const value = range.join('-')
  const patch = (version: string, extraArgs: unknown): string =>
    JSON.stringify({
      apiVersion: `kubeadm.k8s.io/${version}`,
      kind: 'ClusterConfiguration',
      apiServer: { extraArgs },
    })
  return [patch('v1beta3', { [name]: value }), patch('v1beta4', [{ name, value }])]
}

/** Every port of this machine that must lead into the cluster: those of the profile, and node ports with a number of their own. */
export function wantedPorts(stack: ResolvedStack, settings: KindSettings): PortMapping[] {
  const ports = [...settings.ports]
  for (const service of stack.services.values()) {
    for (const [name, { kind, port }] of service.expose) {
      const protocol = service.ports.get(name)?.protocol ?? 'tcp'
      const isMapped = ports.some((each) => each.host === port && each.protocol === protocol)
      if (kind === 'node' && port !== undefined && !isMapped) ports.push({ host: port, node: port, protocol })
    }
  }
  return ports
}

/** Ports by which a configuration of the user's own publishes nodes. */
export function writtenPorts(base: Fields): PortMapping[] {
  return listOf(base['nodes'])
    .flatMap((node) => listOf(fieldsOf(node)['extraPortMappings']))
    .map(fieldsOf)
    .flatMap((each) => {
      const host = numberOf(each['hostPort'])
      const node = numberOf(each['containerPort'])
      if (host === undefined || node === undefined) return []
      return [{ host, node, protocol: textOf(each['protocol'])?.toLowerCase() === 'udp' ? 'udp' : 'tcp' }]
    })
}

/** Whether a configuration of the user's own puts folders of this machine where we would write who serves a registry. */
export function mountsCerts(base: Fields): boolean {
  return listOf(base['nodes'])
    .flatMap((node) => listOf(fieldsOf(node)['extraMounts']))
    .some((mount) => textOf(fieldsOf(mount)['containerPath'])?.startsWith('/etc/containerd') === true)
}
