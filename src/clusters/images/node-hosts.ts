import type { Engine } from '../../platform/engine/engine.ts'
import { writeFiles } from '../kind/node-files.ts'
import { hostInPath, nodeRegistry } from './names.ts'
import type { Registry } from './registry.ts'

/**
 * Tells the nodes where images come from: `hosts.toml` by registry (containerd, docs/hosts.md). containerd reads them for each
 * pull, so nothing is restarted. Registries of others are asked only after ours, which has what this machine has.
 */
export async function writeHosts(
  engine: Engine,
  nodes: readonly string[],
  registry: Registry,
  mirrors: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const files = new Map([
    [`certs.d/${nodeRegistry}/hosts.toml`, ownHosts(registry)],
    // By the name that this machine knows it by, for whoever pushes by hand.
    [`certs.d/${registry.host}/hosts.toml`, ownHosts(registry)],
    ...mirrors.map((host) => [`certs.d/${host}/hosts.toml`, mirrorHosts(registry, host)] as const),
  ])
  await Promise.all(nodes.map((node) => writeFiles(engine, node, '/etc/containerd', files, signal)))
}

/** With `server` our own: without one, containerd would ask the real host of that name when the image is not there. */
function ownHosts({ fromNodes }: Registry): string {
  return `server = "${fromNodes}"

[host."${fromNodes}"]
  capabilities = ["pull", "resolve"]
`
}

function mirrorHosts({ fromNodes }: Registry, host: string): string {
  const isLoopback = /^(localhost|127\.[\d.]+)(:|$)/.test(host)
  const server = host === 'docker.io' ? 'registry-1.docker.io' : host
  return `server = "${isLoopback ? 'http' : 'https'}://${server}"

[host."${fromNodes}/v2/mirror/${hostInPath(host)}"]
  capabilities = ["pull", "resolve"]
  override_path = true
`
}
