import { errorAt, type Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type { MergedFile } from '../../stack/language/profile.ts'
import type {
  Cert,
  CertLeaf,
  Config,
  ConfigSource,
  Route,
  Secret,
  SecretSource,
  Volume,
} from '../resolved.ts'
import { instanceHost } from './ports.ts'
import { mapValues, stringOf, type Reading } from './reading.ts'

type ValueOf<M> = NonNullable<M> extends ReadonlyMap<string, infer V> ? V : never

export function volumeOf(name: string, written: ValueOf<MergedFile['volumes']>, from: Span): Volume {
  return {
    name,
    size: written.size,
    access: written.access ?? defaults.volume.access,
    keep: written.keep ?? defaults.volume.keep,
    class: written.class,
    restoreFrom: written.from,
    from,
  }
}

export function configOf(
  reading: Reading,
  name: string,
  written: ValueOf<MergedFile['configs']>,
  from: Span,
): Config {
  const paths = (list: readonly string[] | undefined) =>
    (list ?? []).map((each, index) => ({
      path: reading.pathOf(list ?? [], index, each),
      from: reading.at(list ?? [], index),
    }))
  const { files } = written
  const sources: ConfigSource[] = [
    ...paths(written.template).map((each) => ({
      kind: 'template' as const,
      pattern: each.path,
      from: each.from,
    })),
    ...(files instanceof Map
      ? namedFiles(reading, files)
      : paths(files as readonly string[] | undefined).map((each) => ({ kind: 'files' as const, ...each }))),
    ...paths(written.envFile).map((each) => ({ kind: 'env-file' as const, ...each })),
    ...[...(written.literals ?? [])].map(([key, text]) => ({
      kind: 'literal' as const,
      key,
      text: reading.textOf(text),
      from: reading.at(written.literals ?? written, key),
    })),
  ]
  return { name, sources, from }
}

function namedFiles(reading: Reading, files: ReadonlyMap<string, string>): ConfigSource[] {
  return [...files].map(([key, written]) => ({
    kind: 'files',
    path: reading.pathOf(files, key, written),
    key,
    from: reading.at(files, key),
  }))
}

export function secretOf(
  reading: Reading,
  name: string,
  written: ValueOf<MergedFile['secrets']>,
  from: Span,
): Secret {
  const keys = new Map<string, { source: SecretSource; from: Span }>()
  for (const [key, source] of written) {
    const resolved = secretSource(reading, source)
    if (resolved) keys.set(key, { source: resolved, from: reading.keyAt(written, key) })
  }
  return { name, keys, from }
}

type SecretFile = ValueOf<ValueOf<MergedFile['secrets']>>

function secretSource(reading: Reading, written: SecretFile): SecretSource | undefined {
  const { env, file, command, generate, prompt, store } = written
  if (env !== undefined) return { kind: 'env', variable: env }
  if (file !== undefined) return { kind: 'file', path: reading.pathOf(written, 'file', file) }
  if (command !== undefined) return { kind: 'command', command }
  if (generate !== undefined) return { kind: 'generate', length: generate }
  if (prompt !== undefined) return { kind: 'prompt', message: prompt }
  return store === undefined ? undefined : { kind: 'store', reference: store }
}

type CertFile = ValueOf<MergedFile['certs']>

/** A cert without `leaves` has one, named like itself. */
export function certOf(reading: Reading, name: string, written: CertFile, from: Span): Cert {
  const { leaves } = written
  const alone = (['commonName', 'names', 'ip', 'usage'] as const).find((key) => written[key] !== undefined)
  if (leaves && alone !== undefined) {
    const message = `${name} has \`leaves\`, so names, ip and usage belong to each of them`
    reading.report(errorAt('cert/leaves', message, reading.at(written, alone), 'move it under a leaf'))
  }
  if (written.ca === false) {
    const message = `${name} makes no authority, and nothing else could sign it`
    reading.report(errorAt('cert/ca', message, reading.at(written, 'ca'), 'leave `ca` out'))
  }
  return {
    name,
    leaves: leaves
      ? mapValues(leaves, (leaf, key) => leafOf(key, leaf))
      : new Map([[name, leafOf(name, written)]]),
    days: written.days ?? defaults.cert.days,
    from,
  }
}

function leafOf(name: string, written: Pick<CertFile, 'commonName' | 'names' | 'ip' | 'usage'>): CertLeaf {
  return {
    commonName: written.commonName ?? name,
    names: written.names ?? [],
    ips: written.ip ?? [],
    usage: written.usage ?? defaults.cert.usage,
  }
}

export function routeOf(
  reading: Reading,
  name: string,
  written: ValueOf<MergedFile['routes']>,
  from: Span,
): Route {
  const colon = written.to.indexOf(':')
  return {
    name,
    host: written.host === undefined ? undefined : instanceHost(written.host, reading.instance),
    path: written.path ?? defaults.route.path,
    to: { service: written.to.slice(0, colon), port: written.to.slice(colon + 1) },
    bodySize: written.bodySize,
    headers: mapValues(written.headers, (each) => stringOf(reading, each)),
    from,
  }
}
