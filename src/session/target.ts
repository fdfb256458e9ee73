import type { Surroundings } from '../commands/command.ts'
import type { MaterialStore } from '../content/materials.ts'
import { fillMount } from '../content/mounts.ts'
import type { Redactor } from '../content/redact.ts'
import type { Driver } from '../drivers/driver.ts'
import type { Facts } from '../drivers/facts.ts'
import type { ImageBuilder } from '../images/builder.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import type { DockerLogins } from '../images/credentials.ts'
import type { Memory } from '../memory/memory.ts'
import type { Engine } from '../platform/engine/engine.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { referenceAsWritten, type Reference } from '../resolve/text.ts'
import type { Gathered, Purpose } from './gather.ts'
import { build } from '../version.ts'
import { rememberVersion } from './engine.ts'
import { rootFolder, serviceFolder } from './layout.ts'
import type { Place } from './place.ts'
import { stickyPorts } from './sticky-ports.ts'

export interface TargetOptions {
  readonly stack: ResolvedStack
  readonly memory: Memory
  readonly materials: MaterialStore
  readonly around: Surroundings
  readonly redactor: Redactor
  /** The engine of this machine, looked for when it is needed first. */
  readonly engine: () => Promise<Engine>
  readonly place: Place
  readonly noCache: boolean
  /** As last gathered: what images are made of. */
  readonly gathered: () => Gathered | undefined
}

export interface OpenedTarget {
  readonly driver: Driver
  readonly ports: (purpose: Purpose, configs: Facts['configs']) => Promise<ReadonlyMap<string, number>>
  /** What a reference means on this machine (`service` undefined) or inside a service. */
  readonly lookup: (reference: Reference, service: string | undefined) => Promise<string>
}

/** Opens what the profile names. The one place that knows every driver; the next target is a case here and a folder beside them. */
export function openTarget(options: TargetOptions): Promise<OpenedTarget> {
  const { target } = options.stack.profile
  switch (target) {
    case 'compose':
      return openCompose(options)
    case 'process':
      return openProcess(options)
    case 'docker-desktop':
    case 'kind':
    case 'eks':
    case 'kubernetes':
      return openKubernetes(options)
    default:
      return target satisfies never
  }
}

async function openCompose(options: TargetOptions): Promise<OpenedTarget> {
  const { createComposeDriver } = await import('../drivers/compose/compose-driver.ts')
  const { lookupIn } = await import('../drivers/inner-lookup.ts')
  const { stack, memory, materials } = options
  const engine = await options.engine()
  const logins = loginsFor(options)
  const driver = createComposeDriver({
    stack,
    engine,
    memory,
    materials,
    buildImage: builderFor(options, logins),
    credentials: async (registry) => (await logins()).credentialsFor(registry),
    agent: async (architecture) => (await import('../dev/channel/agent-binary.ts')).agentBinary(architecture),
  })
  return {
    driver,
    ports: async (purpose) => {
      if (purpose === 'change') await rememberVersion(memory, engine)
      return portsOf(options, purpose)
    },
    lookup: (reference, service) =>
      Promise.resolve(lookupIn(stack, stack.services.get(service ?? '')?.ports ?? new Map())(reference)),
  }
}

function loginsFor({ around }: TargetOptions): () => Promise<DockerLogins> {
  return lazily(async () => (await import('../images/credentials.ts')).openDockerLogins(around.env))
}

/** Builds in the engine of this machine, which is looked for at the first build. */
function builderFor(options: TargetOptions, logins: () => Promise<DockerLogins>): ImageBuilder {
  const { stack, materials, gathered, noCache } = options
  return async (image, fact, run) => {
    const { createImageBuilder } = await import('../images/builder.ts')
    const build = createImageBuilder({
      stack,
      engine: await options.engine(),
      files: nodeFiles,
      materials,
      logins,
      identity: (name) => gathered()?.identities.get(name),
      reference: (name) => gathered()?.facts.images.get(name)?.reference,
      preFailure: (name) => gathered()?.preFailures.get(name),
      noCache,
    })
    await build(image, fact, run)
  }
}

async function openKubernetes(options: TargetOptions): Promise<OpenedTarget> {
  const { stack, memory, materials, place } = options
  if (place.kind !== 'cluster') throw new TypeError(`${stack.profile.target} runs in a cluster`)
  const { createKubernetesDriver } = await import('../drivers/kubernetes/kubernetes-driver.ts')
  const { lookupIn } = await import('../drivers/inner-lookup.ts')
  const logins = loginsFor(options)
  const driver = createKubernetesDriver({
    stack,
    cluster: place.cluster,
    client: place.client,
    memory,
    materials,
    engine: options.engine,
    buildImage: builderFor(options, logins),
    credentials: async (registry) => (await logins()).credentialsFor(registry),
    forget: place.forget,
    close: place.close,
  })
  return {
    driver,
    ports: async (purpose) => {
      // What a cluster offers is known only once it was looked at, and everything wanted depends on it.
      if (purpose !== 'check') await place.client()
      return portsOf(options, purpose)
    },
    lookup: (reference, service) =>
      Promise.resolve(lookupIn(stack, stack.services.get(service ?? '')?.ports ?? new Map())(reference)),
  }
}

async function openProcess(options: TargetOptions): Promise<OpenedTarget> {
  const { createProcessDriver } = await import('../drivers/process/process-driver.ts')
  const { lookupFor } = await import('../drivers/process/lookup.ts')
  const { preparePorts } = await import('../drivers/process/prepare-ports.ts')
  const { stack, memory, materials, redactor } = options
  const driver = createProcessDriver({
    memory,
    materials,
    fillMount,
    sessionCommand: (state) => [
      process.execPath,
      ...process.execArgv,
      process.argv[1] ?? '',
      '__session',
      state,
    ],
    build,
    environment: { ...options.around.env },
    redact: (text) => redactor.redact(text),
  })
  return {
    driver,
    ports: async (purpose, configs) =>
      purpose === 'check' ? new Map<string, number>() : preparePorts({ stack, configs, memory, purpose }),
    lookup: (reference, service) => {
      const facts = options.gathered()?.facts
      const root = service === undefined ? undefined : rootFolder(serviceFolder(memory.folder, service), 1)
      return Promise.resolve(
        facts
          ? lookupFor(stack, facts, { service, slot: 1, root })(reference)
          : referenceAsWritten(reference),
      )
    },
  }
}

async function portsOf(options: TargetOptions, purpose: Purpose): Promise<ReadonlyMap<string, number>> {
  const { isPortFree } = await import('../platform/process-ports.ts')
  const isFree = purpose === 'check' ? () => Promise.resolve(true) : isPortFree
  return stickyPorts({ stack: options.stack, memory: options.memory, isFree, keep: purpose === 'change' })
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
