import type { EnvValue, Job, Service } from '../resolve/resolved.ts'
import { referencesOf, type Text } from '../resolve/text.ts'
import type { Facts } from './facts.ts'

/** Who reads configs, secrets and certificates: a service or a job. */
export type Consumer =
  { readonly kind: 'service'; readonly service: Service } | { readonly kind: 'job'; readonly job: Job }

/** What services and jobs have in common. */
export function declarationOf(consumer: Consumer): Service | Job {
  return consumer.kind === 'service' ? consumer.service : consumer.job
}

/** The files of a config that a consumer reads; undefined means all of them. */
export type FilesRead = ReadonlySet<string> | undefined

/** Every config that a consumer reads, whether mounted or in the environment, and which of its files. */
export function configsRead(consumer: Consumer): ReadonlyMap<string, FilesRead> {
  const read = new Map<string, FilesRead>()
  const add = (config: string, keys: readonly string[] | undefined): void => {
    const known = read.get(config)
    const isWhole = keys === undefined || (read.has(config) && known === undefined)
    read.set(config, isWhole ? undefined : new Set([...(known ?? []), ...keys]))
  }
  for (const mount of declarationOf(consumer).mounts) {
    if (mount.kind === 'config') add(mount.config, mount.key === undefined ? mount.keys : [mount.key])
  }
  for (const [config, keys] of configsInEnvironment(consumer)) add(config, keys)
  return read
}

/** Configs that are read as variables, each with the keys that are; undefined means all of them. */
export function configsInEnvironment(
  consumer: Consumer,
): (readonly [config: string, keys: readonly string[] | undefined])[] {
  const values = environmentsOf(consumer).flatMap((env) => [...env.values()])
  return [
    ...declarationOf(consumer).envFrom.flatMap(({ kind, name }) =>
      kind === 'config' ? [[name, undefined] as const] : [],
    ),
    ...values.flatMap((value) => (value.kind === 'config' ? [[value.config, [value.key]] as const] : [])),
  ]
}

/**
 * The services that a consumer speaks to, as far as the stack file shows: by need, or by name in an argument, a variable, or
 * a file that it reads.
 */
export function servicesNamedBy(consumer: Consumer, configs: Facts['configs']): ReadonlySet<string> {
  const declared = declarationOf(consumer)
  const texts: Text[] = [...(declared.entrypoint ?? []), ...(declared.command ?? [])]
  for (const env of environmentsOf(consumer)) texts.push(...textsOfEnvironment(env))
  for (const { entrypoint, command } of stepsOf(consumer))
    texts.push(...(entrypoint ?? []), ...(command ?? []))
  for (const [config, keys] of configsRead(consumer)) {
    for (const { path, content } of configs.get(config)?.files ?? []) {
      if (content.kind === 'text' && (keys?.has(path) ?? true)) texts.push(content.text)
    }
  }
  const named = texts
    .flatMap(referencesOf)
    .flatMap((reference) => ('service' in reference ? [reference.service] : []))
  const needed = declared.needs.flatMap(({ on }) => (on.kind === 'service' ? [on.name] : []))
  return new Set([...needed, ...named])
}

function stepsOf(consumer: Consumer): Service['init'] {
  return consumer.kind === 'service' ? consumer.service.init : []
}

/** The environments of a consumer and of its init steps. */
function environmentsOf(consumer: Consumer): ReadonlyMap<string, EnvValue>[] {
  return [declarationOf(consumer).env, ...stepsOf(consumer).map(({ env }) => env)]
}

function textsOfEnvironment(env: ReadonlyMap<string, EnvValue>): Text[] {
  return [...env.values()].flatMap((value) => (value.kind === 'text' ? [value.text] : []))
}
