import type { Resource } from '../../plan/resource.ts'
import type { EnvValue, ResolvedStack } from '../../resolve/resolved.ts'
import { renderText, type Reference } from '../../resolve/text.ts'
import { lookupFor } from './lookup.ts'
import type { JobLike, ProcessSpec } from './options.ts'
import { addressPort, listenPort, servedPorts, slotCount, canOverlap } from './ports.ts'
import { argvOf, withEnvOf } from './service-spec.ts'
import type { Service } from '../../resolve/resolved.ts'

type Lookup = (reference: Reference) => string

/** The stack as a list of processes, in JSON: what would run, where it would listen, with what. Values of secrets are `***`. */
export function renderProcesses(
  resources: readonly Resource[],
  stack: ResolvedStack,
): { readonly path: string; readonly text: string }[] {
  const specs = resources.map((resource) => resource as Resource<ProcessSpec>)
  const list = {
    project: stack.project,
    volumes: specs.flatMap(({ spec }) => (spec.kind === 'volume' ? [spec.volume] : [])),
    jobs: Object.fromEntries(
      specs.flatMap(({ name, spec }) => (spec.kind === 'job' ? [[name, renderJob(spec)]] : [])),
    ),
    services: Object.fromEntries(
      specs.flatMap(({ name, spec }) => (spec.kind === 'service' ? [[name, renderService(spec)]] : [])),
    ),
    routes: [...stack.routes.values()].map(({ from: _, headers, ...route }) => ({
      ...route,
      headers: Object.fromEntries(headers),
    })),
  }
  return [{ path: 'processes.json', text: `${JSON.stringify(list, undefined, 2)}\n` }]
}

function renderService({ service, stack, facts }: Extract<ProcessSpec, { kind: 'service' }>): unknown {
  const lookup = lookupFor(stack, facts, { service: service.name, slot: 1, root: undefined })
  if (service.external) {
    const ports = [...service.external.ports].map(([name, port]) => [name, renderText(port, lookup)] as const)
    return { external: renderText(service.external.host, lookup), ports: Object.fromEntries(ports) }
  }
  const overlaps = canOverlap(service, stack, facts.configs)
  const slots = slotCount(service, service.replicas, overlaps)
  const ports = servedPorts(service, facts.configs).map((port) => {
    const address = addressPort(service.name, port, facts.ports) ?? 'assigned by up'
    if (!port.isBalanced) return [port.name, { address }] as const
    const numbers = Array.from({ length: slots }, (_, index) => index + 1)
    const replicas = numbers.map(
      (slot) => listenPort(service.name, port, slot, facts.ports) ?? 'assigned by up',
    )
    return [port.name, { address, replicas }] as const
  })
  return {
    ...renderUnit(service, lookup),
    replicas: service.replicas,
    ports: Object.fromEntries(ports),
    init: service.init.map((init) => ({ name: init.name, run: argvOf(init, lookup) })),
    needs: service.needs.map(({ on, is }) => `${on.kind}/${on.name} ${is}`),
    restart: service.restart,
    stop: { ...service.stop, signal: service.stop.signal ?? 'SIGTERM' },
  }
}

function renderJob({ job, stack, facts }: Extract<ProcessSpec, { kind: 'job' }>): unknown {
  const lookup = lookupFor(stack, facts, { service: undefined, slot: 1, root: undefined })
  return { ...renderUnit(job, lookup), retries: job.retries, timeout: job.timeout }
}

function renderUnit(unit: Service | JobLike, lookup: Lookup): Record<string, unknown> {
  return {
    run: argvOf(unit, lookup),
    cwd: unit.process?.cwd,
    env: Object.fromEntries(
      [...withEnvOf(new Map(), unit)].map(([name, value]) => [name, renderValue(value, lookup)]),
    ),
    ...(unit.envFrom.length > 0 && {
      envFrom: unit.envFrom.map(({ kind, name, prefix }) => ({ [kind]: name, prefix })),
    }),
    mounts: Object.fromEntries(unit.mounts.map(({ path, from: _, ...mount }) => [path, mount])),
  }
}

function renderValue(value: EnvValue, lookup: Lookup): unknown {
  switch (value.kind) {
    case 'text':
      return renderText(value.text, (reference) => (reference.kind === 'secret' ? '***' : lookup(reference)))
    case 'secret':
      return '***'
    case 'config':
      return { config: value.config, key: value.key }
    case 'field':
      return { field: value.field }
    default:
      return value satisfies never
  }
}
