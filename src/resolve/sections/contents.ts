import { defaults } from '../../stack/language/defaults.ts'
import type { MergedFile } from '../../stack/language/profile.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { configsOf } from '../checks/consumers.ts'
import { withPods } from '../pods.ts'
import type { ImageSource, Job, ResolvedStack, Route, Service } from '../resolved.ts'
import { certOf, configOf, routeOf, secretOf, volumeOf } from './data.ts'
import { imageOf, registryOf } from './images.ts'
import { jobOf } from './job.ts'
import { portNamed } from './ports.ts'
import type { Reading } from './reading.ts'
import { serviceOf } from './service.ts'
import { smokeOf } from './smoke.ts'

type Contents = Pick<
  ResolvedStack,
  | 'images'
  | 'services'
  | 'jobs'
  | 'volumes'
  | 'configs'
  | 'secrets'
  | 'certs'
  | 'routes'
  | 'smoke'
  | 'registries'
  | 'isolation'
  | 'gateway'
  | 'notes'
  | 'settings'
>

/** Everything that the merged file declares, in its resolved form. */
export function contentsOf(reading: Reading, file: MergedFile): Contents {
  const each = <V, R>(
    map: ReadonlyMap<string, V> | undefined,
    read: (name: string, value: V, from: Span) => R,
  ): Map<string, R> =>
    new Map(
      [...(map ?? [])].map(([name, value]) => [name, read(name, value, reading.keyAt(map ?? file, name))]),
    )

  const images = each(file.images, (name, image, from) =>
    imageOf(reading, name, image, from, file.registry?.name),
  )
  // Gated by nothing: it is a test itself.
  const stageOf = (source: ImageSource, target: string): ImageSource => {
    const image = source.kind === 'built' ? images.get(source.image) : undefined
    if (!image) return source
    const name = `${image.name}.${target}`
    images.set(name, { ...image, name, target, test: undefined })
    return { kind: 'built', image: name }
  }
  const around = { images, jobs: new Set(file.jobs?.keys()) }
  const read = each(file.services, (name, service, from) => serviceOf(reading, name, service, from, around))
  const services = withPods(new Map([...read].map(([name, { service }]) => [name, service])))
  const jobs = each(file.jobs, (name, job, from) => jobOf(reading, name, job, from, around))
  const certs = each(file.certs, (name, cert, from) => certOf(reading, name, cert, from))
  const routes = new Map<string, Route>(
    each(file.routes, (name, route, from) => routeOf(reading, name, route, from)),
  )
  for (const route of [...read.values()].flatMap((service) => service.routes)) routes.set(route.name, route)
  const smoke = each(file.smoke, (name, check, from) =>
    smokeOf(reading, name, check, from, { ...around, services, certs, stageOf }),
  )
  const unused = onlyForExternal(file, services, jobs)
  return {
    images,
    services,
    jobs,
    volumes: without(unused.volumes, each(file.volumes, volumeOf)),
    configs: without(
      unused.configs,
      each(file.configs, (name, config, from) => configOf(reading, name, config, from)),
    ),
    secrets: each(file.secrets, (name, secret, from) => secretOf(reading, name, secret, from)),
    certs,
    routes: new Map([...routes].map(([name, route]) => [name, withPortName(reading, route, services)])),
    smoke: [...smoke.values()].filter((check) => check !== undefined),
    registries: each(file.registries, (name, registry, from) => registryOf(reading, name, registry, from)),
    isolation: file.isolation ?? defaults.isolation,
    gateway: {
      image: file.compose?.gateway?.image ?? defaults.gateway.image,
      port: file.compose?.gateway?.port ?? defaults.gateway.port,
    },
    notes: file.notes === undefined ? undefined : reading.textOf(file.notes),
    settings: settingsOf(reading, file),
  }
}

function withPortName(reading: Reading, route: Route, services: ReadonlyMap<string, Service>): Route {
  const service = services.get(route.to.service)
  return service
    ? {
        ...route,
        to: { service: service.name, port: portNamed(reading, service, route.to.port, route.from) },
      }
    : route
}

/** Volumes and configs that only services read which now live elsewhere: nobody would use them, so they are not made. */
function onlyForExternal(
  file: MergedFile,
  services: ReadonlyMap<string, Service>,
  jobs: ReadonlyMap<string, Job>,
): { readonly volumes: ReadonlySet<string>; readonly configs: ReadonlySet<string> } {
  const units = [...services.values(), ...jobs.values()]
  const usedVolumes = new Set(
    units.flatMap((unit) => unit.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : []))),
  )
  const usedConfigs = new Set(units.flatMap((unit) => [...configsOf(unit)]))
  const mounts = [...(file.services?.values() ?? [])]
    .filter((service) => service.external)
    .flatMap((service) => [...(service.mounts?.values() ?? [])])
  const volumes = mounts.flatMap((mount) => (mount.volume === undefined ? [] : [mount.volume]))
  const configs = mounts.flatMap((mount) => (mount.config === undefined ? [] : [mount.config]))
  return {
    volumes: new Set(volumes.filter((name) => !usedVolumes.has(name))),
    configs: new Set(configs.filter((name) => !usedConfigs.has(name))),
  }
}

function without<V>(names: ReadonlySet<string>, map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => !names.has(name)))
}

/** Decoded keys and the names they have in a file. */
const settingKeys = {
  isolation: 'isolation',
  manifests: 'manifests',
  charts: 'charts',
  stacks: 'stacks',
  registry: 'registry',
  requires: 'requires',
  eks: 'eks',
  kind: 'kind',
  dockerDesktop: 'docker-desktop',
  kubernetes: 'kubernetes',
  cost: 'cost',
} as const satisfies Partial<Record<keyof MergedFile, string>>

function settingsOf(reading: Reading, file: MergedFile): ResolvedStack['settings'] {
  const settings = new Map<string, { value: unknown; from: Span }>()
  for (const [key, name] of Object.entries(settingKeys) as [keyof typeof settingKeys, string][]) {
    const value = file[key]
    if (value !== undefined)
      settings.set(name, { value: reading.plain(value), from: reading.keyAt(file, key) })
  }
  return settings
}
