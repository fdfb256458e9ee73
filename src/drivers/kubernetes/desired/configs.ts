import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Config, ResolvedStack } from '../../../resolve/resolved.ts'
import { joined, referencesOf, renderText, type Text } from '../../../resolve/text.ts'
import { configsRead, declarationOf, type Consumer, type FilesRead } from '../../consumer.ts'
import { part, shortDigest, together } from '../../content-parts.ts'
import type { ConfigFile, Facts } from '../../facts.ts'
import { lookupIn, type Lookup } from '../../inner-lookup.ts'
import { isRunSmoke, jobOfSmoke } from '../../smoke-job.ts'
import type { DesiredObject, KubeResource, SecretContent } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { secretOfConfig } from './names.ts'
import { desiredObject, filled, need, passiveResource } from './objects.ts'

/** One file of a config in the cluster. */
export interface ConfigEntry {
  readonly file: ConfigFile
  /** In the ConfigMap or Secret: a path with `__` for `/`, with the reader before it where readers see different texts. */
  readonly key: string
  /** A file that reads secrets is one. */
  readonly isSecret: boolean
  /** What references in it mean. */
  readonly lookup: Lookup
}

/** Where the files of a config lie, for each who reads them. */
export interface ConfigLayout {
  readonly entries: readonly ConfigEntry[]
  readonly entriesOf: (reader: string) => readonly ConfigEntry[]
}

/** Files of every config, once each; `${self.port…}` alone means something else to each reader. */
export function layoutsOf(stack: ResolvedStack, facts: Facts): ReadonlyMap<string, ConfigLayout> {
  const readers = consumersOf(stack).map((consumer) => ({ consumer, read: configsRead(consumer) }))
  return new Map(
    [...facts.configs].map(([config, { files }]) => [
      config,
      layoutOf(
        stack,
        files,
        readers.flatMap(({ consumer, read }) =>
          read.has(config) ? [{ consumer, keys: read.get(config) }] : [],
        ),
      ),
    ]),
  )
}

/** Everything of the stack that runs in the cluster, smoke tests that are programs included. */
export function consumersOf(stack: ResolvedStack): Consumer[] {
  const smoke = stack.smoke.filter(isRunSmoke).map(jobOfSmoke)
  const jobs = new Map([...smoke, ...stack.jobs.values()].map((job) => [job.name, job]))
  return [
    ...[...stack.services.values()].flatMap((service): Consumer[] =>
      service.external ? [] : [{ kind: 'service', service }],
    ),
    ...[...jobs.values()].map((job): Consumer => ({ kind: 'job', job })),
  ]
}

function layoutOf(
  stack: ResolvedStack,
  files: readonly ConfigFile[],
  readers: readonly { readonly consumer: Consumer; readonly keys: FilesRead }[],
): ConfigLayout {
  const shared = files
    .filter((file) => !isPersonal(file))
    .map((file) => entryOf(file, '', lookupIn(stack, new Map())))
  const personalFiles = files.filter(isPersonal)
  const personal = new Map(
    readers.map(({ consumer, keys }) => {
      const { name } = declarationOf(consumer)
      const lookup = lookupIn(stack, consumer.kind === 'service' ? consumer.service.ports : new Map())
      const own = personalFiles.filter(({ path }) => keys?.has(path) ?? true)
      return [name, own.map((file) => entryOf(file, `${name}__`, lookup))]
    }),
  )
  return {
    entries: [...shared, ...[...personal.values()].flat()],
    entriesOf: (reader) => [...shared, ...(personal.get(reader) ?? [])],
  }
}

function isPersonal({ content }: ConfigFile): boolean {
  return content.kind === 'text' && referencesOf(content.text).some(({ kind }) => kind === 'self-port')
}

function entryOf(file: ConfigFile, prefix: string, lookup: Lookup): ConfigEntry {
  return {
    file,
    key: prefix + keyOf(file.path),
    isSecret: file.content.kind === 'text' && file.secrets.length > 0,
    lookup,
  }
}

/** Keys have few characters; where a file is mounted its own path is put back. */
function keyOf(path: string): string {
  return path
    .replaceAll('/', '__')
    .replaceAll(/[^A-Za-z0-9._-]/g, (character) => `_x${(character.codePointAt(0) ?? 0).toString(16)}_`)
}

/** `config/x`: a ConfigMap, and a Secret for the files that read secrets. */
export function configResource(config: Config, context: DesiredContext): KubeResource {
  const { stack, configs } = context
  const entries = configs.get(config.name)?.entries ?? []
  const objects = [
    configMap(
      config,
      entries.filter(({ isSecret }) => !isSecret),
      stack,
    ),
    ...secretFiles(
      config,
      entries.filter(({ isSecret }) => isSecret),
      stack,
    ),
  ]
  return passiveResource({
    id: `config/${config.name}`,
    objects,
    parts: together(entries.map((entry) => partOf(entry, context.facts))),
    needs: [need(`namespace/${stack.namespace}`)],
    from: config.from,
  })
}

function configMap(config: Config, entries: readonly ConfigEntry[], stack: ResolvedStack): DesiredObject {
  const data: Record<string, string> = {}
  const binaryData: Record<string, string> = {}
  for (const { key, file, lookup } of entries) {
    const text =
      file.content.kind === 'text' ? renderText(file.content.text, lookup) : textOf(file.content.bytes)
    if (text !== undefined) data[key] = text
    else if (file.content.kind === 'bytes')
      binaryData[key] = Buffer.from(file.content.bytes).toString('base64')
  }
  return desiredObject(stack, {
    kind: kinds.ConfigMap,
    name: config.name,
    resource: `config/${config.name}`,
    fields: filled({ data, binaryData }),
    from: config.from,
  })
}

/** Undefined for what is not UTF-8: a ConfigMap holds that in another field. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // The decoder's only way to say that these are no characters.
    return undefined
  }
}

function secretFiles(config: Config, entries: readonly ConfigEntry[], stack: ResolvedStack): DesiredObject[] {
  if (entries.length === 0) return []
  const secrets = new Map(
    entries.flatMap(({ key, file, lookup }): [string, SecretContent][] =>
      file.content.kind === 'text'
        ? [[key, { kind: 'text', text: withSecretsOnly(file.content.text, lookup) }]]
        : [],
    ),
  )
  return [
    desiredObject(stack, {
      kind: kinds.Secret,
      name: secretOfConfig(config.name),
      resource: `config/${config.name}`,
      fields: { type: 'Opaque' },
      secrets,
      from: config.from,
    }),
  ]
}

/** The text with every reference resolved but those to secrets. */
export function withSecretsOnly(text: Text, lookup: Lookup): Text {
  return {
    parts: joined(
      text.parts.map((each) => (typeof each === 'string' || each.kind === 'secret' ? each : lookup(each))),
    ),
    from: text.from,
  }
}

function partOf({ file, key, lookup }: ConfigEntry, facts: Facts): Record<string, string> {
  const text = file.content.kind === 'text' ? renderText(file.content.text, lookup) : undefined
  const values = file.secrets.map(({ secret, key: name }) => facts.secrets.get(secret)?.get(name) ?? 'new')
  return part(`file ${key}`, file.hash, text, values.length > 0 ? shortDigest(values) : undefined)
}
