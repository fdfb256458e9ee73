import { digest } from '../../../plan/hash.ts'
import type { UpdateOp } from '../../../plan/resource.ts'
import type { Mount, SecretKey, Service } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import type { Facts } from '../../facts.ts'
import { declarationOf, secretsInEnvironment } from './environment.ts'
import { lookupIn } from './lookup.ts'
import type { Consumer, WorkloadSpec } from './spec.ts'

/** Eight hex digits: enough to tell two versions of one part apart, and forty parts fit a label. */
export function shortDigest(value: unknown): string {
  return digest(value).slice(0, 8)
}

/** What a workload is made of, under names that a person understands. Parts that are not there have no entry. */
export function partsOfWorkload(spec: Omit<WorkloadSpec, 'resource'>): Record<string, string> {
  const { body, consumer } = spec
  const { Image, Entrypoint, Cmd, WorkingDir, Env, ExposedPorts, Healthcheck, User, ...options } = body
  const { StopSignal, StopTimeout, HostConfig = {}, ...otherOptions } = options
  const { PortBindings, RestartPolicy, NanoCpus, CpuShares, Memory, MemoryReservation, ...host } = HostConfig
  const { ReadonlyRootfs, Privileged, CapAdd, CapDrop, GroupAdd, ...otherHost } = host
  const declared = declarationOf(consumer)
  return {
    ...part('image', Image),
    ...part('entrypoint', Entrypoint),
    ...part('command', Cmd),
    ...part('working-dir', WorkingDir),
    ...part('env', Env),
    ...part('ports', ExposedPorts, PortBindings),
    ...part('health', Healthcheck, spec.probe && { ...spec.probe, rhythm: undefined }),
    ...part('user', User, GroupAdd),
    ...part('stop', StopSignal, StopTimeout),
    ...part('restart', RestartPolicy),
    ...part('resources', NanoCpus, CpuShares, Memory, MemoryReservation),
    ...part('security', ReadonlyRootfs, Privileged, CapAdd, CapDrop),
    ...part('options', record(otherOptions), record(otherHost)),
    ...part('network', spec.attachments.size > 0 ? spec.attachments : undefined),
    ...part('mounts', declared.mounts.length > 0 ? declared.mounts.map(shapeOf) : undefined),
    ...(consumer.kind === 'service' && partsOfService(consumer.service, spec)),
    ...contentParts(spec),
  }
}

/** Content that the program reads again by itself when it is told to. */
export function updatesOfWorkload(spec: Omit<WorkloadSpec, 'resource'>): Partial<Record<string, UpdateOp>> {
  const { consumer } = spec
  if (consumer.kind === 'job' || consumer.service.reload.kind !== 'signal') return {}
  const { mounts } = consumer.service
  const inEnvironment = new Set([
    ...secretsInEnvironment(consumer, spec.stack, spec.facts).map(({ secret }) => `secret ${secret}`),
    ...configsInEnvironment(consumer).map((config) => `config ${config}`),
  ])
  const names = mounts.flatMap((mount) => contentNames(mount, spec.facts))
  return Object.fromEntries(names.filter((name) => !inEnvironment.has(name)).map((name) => [name, 'reload']))
}

function partsOfService(service: Service, spec: Omit<WorkloadSpec, 'resource'>): Record<string, string> {
  const labels = [...service.labels]
  return {
    ...part('labels', labels.length > 0 ? labels : undefined),
    ...part('pod', spec.podOwner),
    ...part('init', service.init.length > 0 ? spec.init.map((init) => initShape(init, spec)) : undefined),
  }
}

function initShape(init: Service['init'][number], { stack }: Omit<WorkloadSpec, 'resource'>): unknown {
  const lookup = lookupIn(stack, new Map())
  return {
    name: init.name,
    image: init.image,
    entrypoint: init.entrypoint?.map((text) => renderText(text, lookup)),
    command: init.command?.map((text) => renderText(text, lookup)),
    env: [...init.env].map(([name, value]) => [
      name,
      value.kind === 'text' ? renderText(value.text, lookup) : { ...value, from: undefined },
    ]),
  }
}

/** A part for each config, secret and cert that is read, whether mounted or in the environment. */
function contentParts(spec: Omit<WorkloadSpec, 'resource'>): Record<string, string> {
  const { consumer, facts, stack } = spec
  const declared = declarationOf(consumer)
  const keys = new Map<string, SecretKey>()
  const addKey = (key: SecretKey): unknown => keys.set(`${key.secret}/${key.key}`, key)
  secretsInEnvironment(consumer, stack, facts).forEach(addKey)
  const parts: Record<string, string> = {}
  const configs = new Set(configsInEnvironment(consumer))
  for (const mount of declared.mounts) {
    if (mount.kind === 'config') configs.add(mount.config)
    if (mount.kind === 'cert') parts[`cert ${mount.cert}`] = facts.certs.get(mount.cert) ?? 'new'
    if (mount.kind === 'secret') {
      const all = [...(stack.secrets.get(mount.secret)?.keys.keys() ?? [])]
      const chosen = mount.key === undefined ? (mount.keys ?? all) : [mount.key]
      for (const key of chosen) addKey({ secret: mount.secret, key })
    }
  }
  for (const config of configs) {
    parts[`config ${config}`] = configDigest(config, spec)
    for (const file of facts.configs.get(config)?.files ?? []) file.secrets.forEach(addKey)
  }
  const bySecret = new Map<string, string[]>()
  for (const [, { secret, key }] of [...keys].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const value = facts.secrets.get(secret)?.get(key) ?? 'new'
    bySecret.set(secret, [...(bySecret.get(secret) ?? []), `${key}=${value}`])
  }
  for (const [secret, values] of bySecret) parts[`secret ${secret}`] = shortDigest(values)
  return parts
}

/** What its files say to this consumer: references count with what they mean to it, secrets as written. */
function configDigest(
  config: string,
  { facts, stack, consumer }: Pick<WorkloadSpec, 'facts' | 'stack' | 'consumer'>,
): string {
  const ports = consumer.kind === 'service' ? consumer.service.ports : new Map<string, never>()
  const lookup = lookupIn(stack, ports)
  const files = facts.configs.get(config)?.files ?? []
  return shortDigest(
    files.map(({ path, hash, content }) => [
      path,
      hash,
      content.kind === 'text' ? renderText(content.text, lookup) : undefined,
    ]),
  )
}

function configsInEnvironment(consumer: Consumer): string[] {
  const { env, envFrom } = declarationOf(consumer)
  return [
    ...envFrom.flatMap(({ kind, name }) => (kind === 'config' ? [name] : [])),
    ...[...env.values()].flatMap((value) => (value.kind === 'config' ? [value.config] : [])),
  ]
}

function contentNames(mount: Mount, facts: Facts): string[] {
  switch (mount.kind) {
    case 'config': {
      const files = facts.configs.get(mount.config)?.files ?? []
      const secrets = files.flatMap((file) => file.secrets.map(({ secret }) => `secret ${secret}`))
      return [`config ${mount.config}`, ...secrets]
    }
    case 'secret':
      return [`secret ${mount.secret}`]
    case 'cert':
      return [`cert ${mount.cert}`]
    case 'volume':
    case 'scratch':
    case 'bind':
      return []
    default:
      return mount satisfies never
  }
}

/** Where a mount is written is no part of what it is. */
function shapeOf(mount: Mount): unknown {
  return { ...mount, from: undefined }
}

function part(name: string, ...values: readonly unknown[]): Record<string, string> {
  return values.every((value) => value === undefined) ? {} : { [name]: shortDigest(values) }
}

function record(value: object): object | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}
