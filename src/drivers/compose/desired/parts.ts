import type { UpdateOp } from '../../../plan/resource.ts'
import type { Mount, Service } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import { configsInEnvironment, declarationOf } from '../../consumer.ts'
import { contentParts, part } from '../../content-parts.ts'
import type { Facts } from '../../facts.ts'
import { secretsInEnvironment } from '../../inner-environment.ts'
import { lookupIn } from '../../inner-lookup.ts'
import type { WorkloadSpec } from './spec.ts'

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
    ...contentParts(consumer, spec.stack, spec.facts),
  }
}

/** Content that the program reads again by itself when it is told to. */
export function updatesOfWorkload(spec: Omit<WorkloadSpec, 'resource'>): Partial<Record<string, UpdateOp>> {
  const { consumer } = spec
  if (consumer.kind === 'job' || consumer.service.reload.kind !== 'signal') return {}
  const { mounts } = consumer.service
  const inEnvironment = new Set([
    ...secretsInEnvironment(consumer, spec.stack, spec.facts).map(({ secret }) => `secret ${secret}`),
    ...configsInEnvironment(consumer).map(([config]) => `config ${config}`),
  ])
  const names = mounts.flatMap((mount) => contentNames(mount, spec.facts))
  return Object.fromEntries(names.filter((name) => !inEnvironment.has(name)).map((name) => [name, 'reload']))
}

function partsOfService(service: Service, spec: Omit<WorkloadSpec, 'resource'>): Record<string, string> {
  const labels = [...service.labels]
  return {
    ...part('labels', labels.length > 0 ? labels : undefined),
    ...part('pod', spec.podOwner),
    ...(spec.isSupervised && { agent: 'runs the program' }),
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

function record(value: object): object | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}
