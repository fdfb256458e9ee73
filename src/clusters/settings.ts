import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { ResolvedStack } from '../resolve/resolved.ts'
import type { Span } from '../stack/diagnostics.ts'

/** A port of this machine that leads to the first node. */
export interface PortMapping {
  readonly host: number
  readonly node: number
  readonly protocol: 'tcp' | 'udp'
}

/** The block `kind` of a profile with every default filled in. */
export interface KindSettings {
  /** Default: the stack's name, made fit for host names. */
  readonly cluster: string
  /** Undefined: one, or as many as `config` says. */
  readonly nodes: number | undefined
  /** Wins over `version`; with neither, kind chooses. */
  readonly image: string | undefined
  /** `1.34` or `1.34.4`, without a `v`. */
  readonly version: string | undefined
  /** In the order of the file. */
  readonly ports: readonly PortMapping[]
  readonly podSubnet: string | undefined
  readonly serviceSubnet: string | undefined
  /** Inclusive. */
  readonly nodePortRange: readonly [number, number] | undefined
  readonly registry: RegistryChoice
  readonly config:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'given'; readonly value: Fields }
    | undefined
  readonly from: Span | undefined
}

/** `ours`: made when it is missing. `none`: images are carried into each node. */
export type RegistryChoice =
  { readonly kind: 'ours' } | { readonly kind: 'none' } | { readonly kind: 'given'; readonly host: string }

/** The blocks `kubernetes` and `docker-desktop`: which cluster is meant, and what is said of it. */
export interface PinnedSettings {
  readonly context: string | undefined
  readonly server: string | undefined
  /** Path of a kubeconfig; undefined: as kubectl finds them. */
  readonly kubeconfig: string | undefined
  readonly loadBalancer: boolean | undefined
  readonly storageClass: string | undefined
  readonly ingressClass: string | undefined
  readonly from: Span | undefined
}

export type Fields = Readonly<Record<string, unknown>>

/** Longest name of a cluster whose nodes still have valid host names: 63 characters less `-external-load-balancer`. */
const longestName = 40

/** Keys are those of the decoded profile: `nodePortRange` for `node-port-range`. */
export function kindSettings(stack: ResolvedStack): KindSettings {
  const written = stack.settings.get('kind')
  const block = fieldsOf(written?.value)
  const networking = fieldsOf(block['networking'])
  return {
    cluster: textOf(block['cluster']) ?? clusterNameOf(stack.name),
    nodes: numberOf(block['nodes']),
    image: textOf(block['image']),
    version: textOf(block['version'])?.replace(/^v/, ''),
    ports: listOf(block['ports']).flatMap(portMapping),
    podSubnet: textOf(networking['podSubnet']),
    serviceSubnet: textOf(networking['serviceSubnet']),
    nodePortRange: rangeOf(textOf(networking['nodePortRange'])),
    registry: registryChoice(block['registry']),
    config: configOf(block['config'], written?.from),
    from: written?.from,
  }
}

export function pinnedSettings(stack: ResolvedStack): PinnedSettings {
  const written = stack.settings.get('kubernetes')
  const block = fieldsOf(written?.value)
  const desktop = stack.settings.get('docker-desktop')
  const capabilities = fieldsOf(block['capabilities'])
  const loadBalancer = capabilities['loadBalancer']
  const kubeconfig = textOf(block['kubeconfig'])
  const isDesktop = stack.profile.target === 'docker-desktop'
  return {
    context:
      (isDesktop ? textOf(fieldsOf(desktop?.value)['context']) : undefined) ?? textOf(block['context']),
    server: textOf(block['server']),
    kubeconfig: kubeconfig === undefined ? undefined : besideOf(written?.from, kubeconfig),
    loadBalancer: typeof loadBalancer === 'boolean' ? loadBalancer : undefined,
    storageClass: textOf(capabilities['storageClass']),
    ingressClass: textOf(capabilities['ingress']),
    from: (isDesktop ? desktop?.from : undefined) ?? written?.from,
  }
}

/** A name that kind takes, and that still tells two long ones apart. */
export function clusterNameOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (plain === name && plain.length <= longestName) return plain
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `${plain.slice(0, longestName - 7).replace(/-+$/, '')}-${digest}`.replace(/^-+/, '')
}

function portMapping(value: unknown): PortMapping[] {
  const fields = typeof value === 'object' ? fieldsOf(value) : { host: value }
  const host = numberOf(fields['host'])
  if (host === undefined) return []
  return [
    {
      host,
      node: numberOf(fields['node']) ?? host,
      protocol: fields['protocol'] === 'udp' ? 'udp' : 'tcp',
    },
  ]
}

function registryChoice(value: unknown): RegistryChoice {
  if (value === false) return { kind: 'none' }
  const host = textOf(fieldsOf(value)['host'])
  return host === undefined ? { kind: 'ours' } : { kind: 'given', host }
}

function configOf(value: unknown, from: Span | undefined): KindSettings['config'] {
  if (typeof value === 'string') return { kind: 'file', path: besideOf(from, value) }
  return typeof value === 'object' && value !== null ? { kind: 'given', value: fieldsOf(value) } : undefined
}

/** A path as its writer means it: relative to the file that he wrote it in, `~` for his home. */
function besideOf(from: Span | undefined, path: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1))
  return from === undefined ? resolve(path) : resolve(dirname(from.file), path)
}

function rangeOf(text: string | undefined): readonly [number, number] | undefined {
  const [from, to] = (text ?? '').split('-').map(Number)
  return from === undefined || to === undefined ? undefined : [from, to]
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value]
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
