import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../../platform/engine/engine.ts'
import type { SeenNode } from './look.ts'
import { readNodeFile } from './node-files.ts'

/** Port of the API server inside its node. */
const serverPort = 6443

/**
 * The kubeconfig of a kind cluster as `kind get kubeconfig` gives it, read from the node itself: the program kind is needed only
 * to make and delete clusters. Undefined while the node has none, or its port is not published.
 */
export async function kubeconfigOf(
  engine: Engine,
  cluster: string,
  nodes: readonly SeenNode[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const first = nodes.find(({ role }) => role === 'control-plane')
  const entrance = nodes.find(({ role }) => role === 'external-load-balancer') ?? first
  const published = entrance?.container.Ports.find(
    ({ PrivatePort, PublicPort }) => PrivatePort === serverPort && PublicPort !== undefined,
  )
  if (!first || published?.PublicPort === undefined) return undefined
  const admin = await readNodeFile(engine, first.id, '/etc/kubernetes/admin.conf', signal)
  const valueOf = (key: string): string | undefined =>
    new RegExp(`^\\s*${key}:\\s*(\\S+)`, 'm').exec(admin ?? '')?.[1]
  const authority = valueOf('certificate-authority-data')
  const certificate = valueOf('client-certificate-data')
  const key = valueOf('client-key-data')
  if (authority === undefined || certificate === undefined || key === undefined) return undefined
  const name = contextOf(cluster)
  const server = `https://${hostOf(published.IP)}:${published.PublicPort}`
  // JSON is YAML.
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
      users: [{ name, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    },
    undefined,
    2,
  )
}

/** As kind calls the context of a cluster. */
export function contextOf(cluster: string): string {
  return `kind-${cluster}`
}

/** Where the kubeconfig of a cluster of ours lies: among the things of this instance, never in a file of the user's. */
export function kubeconfigFile(stateFolder: string): string {
  return join(stateFolder, 'kubeconfig')
}

/** For the user's eyes alone: whoever has it administers the cluster. */
export async function keepKubeconfig(file: string, content: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, content, { mode: 0o600 })
  await rename(fresh, file)
}

export async function forgetKubeconfig(file: string): Promise<void> {
  await rm(file, { force: true })
}

/** A port that is published everywhere answers on this machine too. */
function hostOf(ip: string | undefined): string {
  if (ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::') return '127.0.0.1'
  return ip.includes(':') ? `[${ip}]` : ip
}
