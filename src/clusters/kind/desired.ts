import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ClusterSpec } from '../../drivers/kubernetes/spec.ts'
import { digest } from '../../plan/hash.ts'
import type { Resource } from '../../plan/resource.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import { foreignRegistries } from '../own-images.ts'
import type { KindSettings, PortMapping } from '../settings.ts'
import { wantedPorts } from './config.ts'

/** Milliseconds for a cluster whose node image is there: a slow laptop needs about two minutes. */
const timeout = 5 * 60_000

/** The cluster as a resource. What kind cannot change in a living cluster means making it anew, with all that is in it. */
export function clusterResource(stack: ResolvedStack, settings: KindSettings): Resource<ClusterSpec> {
  const { cluster, nodes, image, version, podSubnet, serviceSubnet, nodePortRange, registry, config } =
    settings
  return {
    id: `cluster/${cluster}`,
    kind: 'cluster',
    name: cluster,
    spec: { kind: 'cluster' },
    parts: {
      image: digest(image ?? version ?? 'of kind'),
      nodes: digest(nodes ?? 'as configured'),
      networking: digest({ podSubnet, serviceSubnet, nodePortRange }),
      ...(config !== undefined && {
        config: config.kind === 'given' ? digest(config.value) : digestOfFile(config.path),
      }),
      ports: digestOfPorts(wantedPorts(stack, settings)),
      registry: digest(registry),
      ...(registry.kind !== 'none' && { mirrors: digestOfMirrors(foreignRegistries(stack)) }),
    },
    updates: { ports: 'update', registry: 'update', mirrors: 'update' },
    needs: [],
    replicas: undefined,
    timeout,
    holdsData: `everything in the cluster ${cluster}`,
    from: settings.from ?? { file: stack.file, line: 1, column: 1, length: 1 },
  }
}

export function digestOfPorts(ports: readonly PortMapping[]): string {
  return digest(ports.map(({ host, node, protocol }) => `${host}:${node}/${protocol}`).sort())
}

export function digestOfMirrors(hosts: readonly string[]): string {
  return digest([...hosts].sort())
}

/** A file that cannot be read is told about when the cluster is made. */
function digestOfFile(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
  } catch {
    return 'unreadable'
  }
}
