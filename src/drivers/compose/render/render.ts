import { machineKind } from '../../../plan/resource.ts'
import type { Mount, Need, ResolvedStack } from '../../../resolve/resolved.ts'
import { initBody } from '../desired/body.ts'
import { declarationOf } from '../../consumer.ts'
import { environmentOf } from '../../inner-environment.ts'
import { configFile } from '../desired/gateway.ts'
import { lookupIn } from '../../inner-lookup.ts'
import { specOf, type ComposeResource, type GatewaySpec, type WorkloadSpec } from '../desired/spec.ts'
import { imageReference } from '../desired/workload.ts'
import { gatewayConfig } from '../gateway/config.ts'
import { gatewayService, ownName } from '../names.ts'
import { containerKeys } from './container.ts'
import { renderFiles } from './files.ts'
import { escaped, secretVariable } from './values.ts'
import { yamlText, type Yaml } from '../../yaml-text.ts'

/** The stack as a compose file that `docker compose config` takes. Secrets stand in it by name, as variables or files. */
export function renderCompose(
  resources: readonly ComposeResource[],
  stack: ResolvedStack,
): { readonly path: string; readonly text: string }[] {
  const file: FileInMaking = { services: {}, volumes: {}, configs: {}, secrets: {} }
  for (const resource of resources) {
    const kind = machineKind(resource.kind)
    switch (kind) {
      case 'service':
      case 'job':
        addWorkload(file, resource)
        break
      case 'gateway':
        addGateway(file, specOf(resource, 'gateway'))
        break
      case 'volume':
        file.volumes[resource.name] = { name: ownName(stack, resource.name) }
        break
      case 'network':
      case 'image':
      case 'files':
        break
      default:
        kind satisfies never
    }
  }
  const networks = resources.filter(({ kind }) => kind === 'network')
  const content: Yaml = {
    name: stack.project,
    services: file.services,
    networks: Object.fromEntries(networks.map(({ name }) => [name, { name: ownName(stack, name) }])),
    ...filled({ volumes: file.volumes, configs: file.configs, secrets: file.secrets }),
  }
  return [{ path: 'compose.yaml', text: yamlText(escaped(content)) }]
}

interface FileInMaking {
  readonly services: Record<string, Yaml>
  readonly volumes: Record<string, Yaml>
  readonly configs: Record<string, Yaml>
  readonly secrets: Record<string, Yaml>
}

function addWorkload(file: FileInMaking, resource: ComposeResource): void {
  const spec = specOf(resource, 'workload')
  const { stack, facts, consumer, name } = spec
  const declared = declarationOf(consumer)
  const lookup = lookupIn(stack, 'ports' in declared ? declared.ports : new Map(), (key) =>
    secretVariable(stack, key),
  )
  const context = {
    stack,
    facts,
    lookup,
    secret: (key: Parameters<typeof secretVariable>[1]) => secretVariable(stack, key),
  }
  const files = renderFiles(name, declared.mounts, context)
  Object.assign(file.configs, files.configSources)
  Object.assign(file.secrets, files.secretSources)
  const mounts = declared.mounts.flatMap((mount) => mountOf(file, mount, spec))
  const shared = {
    ...networkKeys(spec),
    ...filled({ volumes: mounts, configs: files.configs, secrets: files.secrets }),
  }
  const inits = consumer.kind === 'service' ? consumer.service.init : []
  const gates = needsOf(declared.needs, spec)
  let after: Record<string, Yaml> = gates
  for (const init of inits) {
    const image = init.image ? imageReference(init.image, facts) : spec.image
    const own = { env: new Map([...declared.env, ...init.env]), envFrom: declared.envFrom }
    const body =
      consumer.kind === 'service'
        ? initBody(consumer.service, init, image, { stack, facts, image, publications: [] })
        : spec.body
    const key = `${name}-init-${init.name}`
    file.services[key] = {
      ...containerKeys(body, environmentOf(own, context)),
      ...shared,
      ...filled({ depends_on: after }),
    }
    after = { ...gates, [key]: { condition: 'service_completed_successfully' } }
  }
  file.services[name] = {
    ...containerKeys(spec.body, environmentOf(declared, context)),
    ...buildKeys(spec),
    ...(resource.replicas !== undefined && resource.replicas > 1 && { scale: resource.replicas }),
    ...(consumer.kind === 'job' &&
      consumer.job.retries > 0 && { restart: `on-failure:${consumer.job.retries}` }),
    ...(consumer.kind === 'service' && filled({ labels: Object.fromEntries(consumer.service.labels) })),
    ...shared,
    ...filled({ depends_on: after }),
  }
}

/** The gateway asks by service name here: only the driver knows containers. */
function addGateway(file: FileInMaking, { body, attachments, routes, stack }: GatewaySpec): void {
  const names = [...new Set(routes.map(({ target }) => target.service))]
  const servers = names.map((service) => ({ service, name: service, host: service }))
  file.configs[gatewayService] = { content: gatewayConfig(routes, servers, 'rendered') }
  file.services[gatewayService] = {
    ...containerKeys(body, new Map()),
    configs: [{ source: gatewayService, target: configFile }],
    networks: networksOf(attachments, stack),
    depends_on: names,
  }
}

function buildKeys({ consumer, stack }: WorkloadSpec): Record<string, Yaml> {
  const { image: source } = declarationOf(consumer)
  const image = source?.kind === 'built' ? stack.images.get(source.image) : undefined
  if (!image) return {}
  const { context, dockerfile, target, args } = image
  return {
    build: {
      context,
      dockerfile,
      ...filled({ args: Object.fromEntries(args) }),
      ...(target !== undefined && { target }),
    },
  }
}

function networkKeys({ attachments, podOwner, stack }: WorkloadSpec): Record<string, Yaml> {
  if (podOwner !== undefined) return { network_mode: `service:${podOwner}` }
  return { networks: networksOf(attachments, stack) }
}

function networksOf(
  attachments: ReadonlyMap<string, readonly string[]>,
  stack: ResolvedStack,
): Record<string, Yaml> {
  const prefix = ownName(stack, '').length
  return Object.fromEntries(
    [...attachments].map(([network, aliases]) => [network.slice(prefix), filled({ aliases })]),
  )
}

function mountOf(file: FileInMaking, mount: Mount, { name, podOwner, sharedScratch }: WorkloadSpec): Yaml[] {
  const common = { target: mount.path, ...(mount.isReadOnly && { read_only: true }) }
  switch (mount.kind) {
    case 'volume': {
      const subpath = mount.subPath
      return [
        {
          type: 'volume',
          source: mount.volume,
          ...common,
          ...(subpath !== undefined && { volume: { subpath } }),
        },
      ]
    }
    case 'scratch': {
      // Init steps and pod-mates share it, so it needs a name.
      const keeper = sharedScratch.has(mount.scratch) ? (podOwner ?? name) : name
      const source = `scratch-${keeper}-${mount.scratch}`
      file.volumes[source] = {}
      return [{ type: 'volume', source, ...common, volume: { nocopy: true } }]
    }
    case 'bind':
      return [{ type: 'bind', source: mount.source, ...common }]
    case 'config':
    case 'secret':
    case 'cert':
      return []
    default:
      return mount satisfies never
  }
}

/** Compose waits for its own health checks only; what we check from outside counts as started there. */
function needsOf(needs: readonly Need[], { stack }: WorkloadSpec): Record<string, Yaml> {
  return Object.fromEntries(
    needs
      .filter(({ on }) => stack.services.get(on.name)?.external === undefined)
      .map(({ on, is }) => {
        const isChecked = stack.services.get(on.name)?.health?.readiness.check.kind === 'exec'
        const condition =
          is === 'completed'
            ? 'service_completed_successfully'
            : is === 'healthy' && isChecked
              ? 'service_healthy'
              : 'service_started'
        return [on.name, { condition }]
      }),
  )
}

function filled(record: Readonly<Record<string, Yaml>>): Record<string, Yaml> {
  const isFilled = (value: Yaml): boolean =>
    typeof value !== 'object' || value === null || Object.keys(value).length > 0
  return Object.fromEntries(Object.entries(record).filter(([, value]) => isFilled(value)))
}
