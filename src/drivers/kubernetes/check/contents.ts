import type { EnvValue } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import type { Diagnostic, Span } from '../../../stack/diagnostics.ts'
import { errorAt } from '../../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../../stack/schema/suggest.ts'
import { configsRead, declarationOf, type Consumer } from '../../consumer.ts'
import type { ConfigFile, Facts } from '../../facts.ts'
import { consumersOf, textOf, type ConfigEntry, type ConfigLayout } from '../desired/configs.ts'
import type { DesiredContext } from '../desired/context.ts'
import { refused, when } from './finding.ts'

/** `MaxSecretSize` of pkg/apis/core, and of ConfigMaps alike. Bytes. */
const largestObject = 1024 * 1024
/** `DNS1123SubdomainMaxLength`: keys of ConfigMaps and Secrets. */
const longestKey = 253

/** What a cluster cannot hold of the files of configs, or cannot give to those who ask for it. */
export function checkContents({ stack, facts, configs }: DesiredContext): Diagnostic[] {
  const consumers = consumersOf(stack)
  const read = new Set(consumers.flatMap((consumer) => [...configsRead(consumer).keys()]))
  return [
    ...[...configs].flatMap(([name, { entries }]) => {
      const from = stack.configs.get(name)?.from
      return from && read.has(name)
        ? [...sizeFindings(name, entries, from), ...keyFindings(name, entries, from)]
        : []
    }),
    ...consumers.flatMap((consumer) => [
      ...unknownKeys(consumer, facts),
      ...variableFindings(consumer, configs),
    ]),
  ]
}

function sizeFindings(name: string, entries: readonly ConfigEntry[], from: Span): Diagnostic[] {
  return [false, true].flatMap((isSecret) => {
    const sizes = entries
      .filter((entry) => entry.isSecret === isSecret)
      .map(({ file, lookup }) => ({ path: file.path, bytes: sizeOf(file, lookup) }))
      .sort((one, other) => other.bytes - one.bytes)
    const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
    const [largest] = sizes
    return when(total > largestObject, () =>
      refused(
        'config-size',
        `config ${name} has ${Math.ceil(total / 1024)} KiB, and a ${isSecret ? 'Secret' : 'ConfigMap'} holds 1024`,
        from,
        `put large files into the image or a volume; the largest is ${largest?.path ?? ''} with ${Math.ceil((largest?.bytes ?? 0) / 1024)} KiB`,
      ),
    )
  })
}

function sizeOf({ content }: ConfigFile, lookup: ConfigEntry['lookup']): number {
  return content.kind === 'bytes' ? content.bytes.length : Buffer.byteLength(renderText(content.text, lookup))
}

function keyFindings(name: string, entries: readonly ConfigEntry[], from: Span): Diagnostic[] {
  const first = new Map<string, string>()
  return entries.flatMap(({ key, file: { path } }) => {
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, path)
    return [
      ...when(earlier !== undefined && earlier !== path, () =>
        refused(
          'config-key',
          `config ${name}: ${earlier ?? ''} and ${path} would both be the key ${key}`,
          from,
        ),
      ),
      ...when(key.length > longestKey, () =>
        refused('config-key', `config ${name}: the path of ${path} is longer than a key can be`, from),
      ),
      ...when(
        path.split('/').some((folder) => folder.startsWith('..')),
        () =>
          refused(
            'config-key',
            `config ${name}: Kubernetes mounts no file whose name begins with two dots`,
            from,
          ),
      ),
    ]
  })
}

/** Keys that a mount or a variable names and no file has. */
function unknownKeys(consumer: Consumer, facts: Facts): Diagnostic[] {
  return namedKeys(consumer).flatMap(({ config, keys, from }) => {
    const known = facts.configs.get(config)?.files.map(({ path }) => path)
    if (!known) return []
    return keys
      .filter((key) => !known.includes(key))
      .map((key) => {
        const near = nearest(key, known)
        const hint = near === undefined ? `it has ${known.join(', ') || 'none'}` : didYouMean(near)
        return errorAt('mount/unknown-key', `config ${config} has no key ${key}`, from, hint)
      })
  })
}

interface NamedKeys {
  readonly config: string
  readonly keys: readonly string[]
  readonly from: Span
}

function namedKeys(consumer: Consumer): NamedKeys[] {
  return [
    ...declarationOf(consumer).mounts.flatMap((mount) => {
      if (mount.kind !== 'config') return []
      const keys = mount.key === undefined ? (mount.keys ?? []) : [mount.key]
      return [{ config: mount.config, keys, from: mount.from }]
    }),
    ...variablesOf(consumer).flatMap((value) =>
      value.kind === 'config' ? [{ config: value.config, keys: [value.key], from: value.from }] : [],
    ),
  ]
}

function variablesOf(consumer: Consumer): EnvValue[] {
  const steps = consumer.kind === 'service' ? consumer.service.init : []
  return [declarationOf(consumer), ...steps].flatMap(({ env }) => [...env.values()])
}

/** Files that cannot be variables: what is no text, and what has another key than its name. */
function variableFindings(consumer: Consumer, layouts: ReadonlyMap<string, ConfigLayout>): Diagnostic[] {
  const { name, envFrom } = declarationOf(consumer)
  const entriesOf = (config: string) => layouts.get(config)?.entriesOf(name) ?? []
  const whole = envFrom.flatMap(({ kind, name: config, from }) =>
    kind === 'config' ? entriesOf(config).flatMap((entry) => notVariable(config, entry, from, true)) : [],
  )
  const single = variablesOf(consumer).flatMap((value) =>
    value.kind === 'config'
      ? entriesOf(value.config)
          .filter(({ file }) => file.path === value.key)
          .flatMap((entry) => notVariable(value.config, entry, value.from, false))
      : [],
  )
  return [...whole, ...single]
}

function notVariable(config: string, { file, key }: ConfigEntry, from: Span, isWhole: boolean): Diagnostic[] {
  const isBinary = file.content.kind === 'bytes' && textOf(file.content.bytes) === undefined
  return [
    ...when(isBinary, () =>
      errorAt(
        'environment/binary',
        `${file.path} of config ${config} is no text, and a variable can hold nothing else`,
        from,
        'mount it as a file',
      ),
    ),
    ...when(isWhole && (key !== file.path || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key)), () =>
      errorAt(
        'environment/name',
        `config ${config} has ${file.path}, which cannot be the name of a variable`,
        from,
        'rename it, or name what is wanted under `env`',
      ),
    ),
  ]
}
