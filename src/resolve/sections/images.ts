import path from 'node:path'
import type { Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type { MergedFile } from '../../stack/language/profile.ts'
import type { Image, Registry } from '../resolved.ts'
import { mapValues, pathsOf, stringOf, stringsOf, type Reading } from './reading.ts'

type ValueOf<M> = NonNullable<M> extends ReadonlyMap<string, infer V> ? V : never
type ImageFile = ValueOf<MergedFile['images']>
type RegistryFile = ValueOf<MergedFile['registries']>

/** `registry` is the profile's, for images that name none. */
export function imageOf(
  reading: Reading,
  name: string,
  written: ImageFile,
  from: Span,
  registry: string | undefined,
): Image {
  const context = reading.pathOf(written, 'context', written.context)
  return {
    name,
    context,
    dockerfile: path.resolve(context, written.dockerfile ?? defaults.image.dockerfile),
    target: written.target,
    args: stringsOf(written.args),
    pre: (written.pre ?? []).map((step) => ({
      run: step.run,
      inputs: pathsOf(reading, step.inputs ?? []),
      cwd: step.cwd === undefined ? context : reading.pathOf(step, 'cwd', step.cwd),
      from: reading.at(step),
    })),
    test: testOf(reading, written.test),
    platforms: written.platforms ?? [],
    cache: written.cache ?? defaults.image.cache,
    pull: written.pull ?? defaults.image.pull,
    network: written.network,
    secrets: mapValues(written.secrets, ({ secret, key }) => ({ secret, key })),
    ssh: written.ssh ?? false,
    registry: written.registry ?? registry,
    naming: written.name,
    tag: tagOf(written.tag ?? defaults.image.tag),
    from,
  }
}

function testOf(reading: Reading, written: ImageFile['test']): Image['test'] {
  if (written?.target !== undefined) return { target: written.target }
  return written?.command && { command: written.command.map((each) => stringOf(reading, each)) }
}

function tagOf(written: string): Image['tag'] {
  return written === 'hash' || written === 'git' ? { kind: written } : { kind: 'text', text: written }
}

export function registryOf(reading: Reading, name: string, written: RegistryFile, from: Span): Registry {
  return {
    name,
    host: written.host,
    namespace: written.namespace,
    isPublic: written.public ?? false,
    credentials: credentialsOf(reading, written.credentials),
    from,
  }
}

function credentialsOf(reading: Reading, written: RegistryFile['credentials']): Registry['credentials'] {
  if (!written) return undefined
  const { env, file, helper, ecr } = written
  if (env) return { kind: 'env', user: env.user, password: env.password }
  if (file !== undefined) return { kind: 'file', path: reading.pathOf(written, 'file', file) }
  if (helper !== undefined) return { kind: 'helper', name: helper }
  return ecr === true ? { kind: 'ecr' } : undefined
}
