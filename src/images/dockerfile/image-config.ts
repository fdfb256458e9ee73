import type { HealthcheckOptions } from './instructions.ts'

export interface ExposedPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
}

/** A check as the engine stores it: `['CMD', …]` or `['CMD-SHELL', '…']`. Durations in milliseconds. */
export interface ImageHealthcheck extends HealthcheckOptions {
  readonly test: readonly string[]
}

/** What an image says about how it is run. Absent fields are the engine's defaults. */
export interface ImageConfig {
  /** Sorted by number, then protocol. */
  readonly ports: readonly ExposedPort[]
  readonly user?: string
  readonly workingDirectory?: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  /** `none`: the image switches off the check of its base. */
  readonly healthcheck?: ImageHealthcheck | 'none'
  readonly stopSignal?: string
  readonly volumes: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  /** The shell of shell forms; absent means `/bin/sh -c`. */
  readonly shell?: readonly string[]
  /** Instructions that run first in whatever is built FROM this image. */
  readonly onBuild: readonly string[]
}

export const emptyConfig: ImageConfig = {
  ports: [],
  volumes: [],
  env: new Map(),
  labels: new Map(),
  onBuild: [],
}

/** The ports of `80`, `53/udp`, `7000-7002`, `8080:80` (the inner one); undefined where it is no port. */
export function parsePorts(text: string): readonly ExposedPort[] | undefined {
  const match = /^(?:.*:)?(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<protocol>\w+))?$/.exec(text)
  const protocol = (match?.groups?.['protocol'] ?? 'tcp').toLowerCase()
  const first = Number(match?.groups?.['first'])
  const last = Number(match?.groups?.['last'] ?? first)
  if (!match || !isProtocol(protocol) || last < first || last > 65_535) return undefined
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, protocol }))
}

export function mergePorts(a: readonly ExposedPort[], b: readonly ExposedPort[]): readonly ExposedPort[] {
  const byKey = new Map([...a, ...b].map((each) => [`${String(each.port)}/${each.protocol}`, each]))
  return [...byKey.values()].sort((x, y) => x.port - y.port || x.protocol.localeCompare(y.protocol, 'en'))
}

function isProtocol(text: string): text is ExposedPort['protocol'] {
  return text === 'tcp' || text === 'udp' || text === 'sctp'
}
