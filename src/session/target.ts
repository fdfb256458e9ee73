import type { Surroundings } from '../commands/command.ts'
import type { MaterialStore } from '../content/materials.ts'
import { fillMount } from '../content/mounts.ts'
import type { Redactor } from '../content/redact.ts'
import type { Driver } from '../drivers/driver.ts'
import type { Facts } from '../drivers/facts.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import type { Memory } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import { describeEndpoint } from '../platform/engine/endpoint.ts'
import type { Engine } from '../platform/engine/engine.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { referenceAsWritten, type Reference } from '../resolve/text.ts'
import type { Gathered, Purpose } from './gather.ts'
import { build } from '../version.ts'
import { rootFolder, serviceFolder } from './layout.ts'
import { stickyPorts } from './sticky-ports.ts'

export interface TargetOptions {
  readonly stack: ResolvedStack
  readonly memory: Memory
  readonly materials: MaterialStore
  readonly around: Surroundings
  readonly redactor: Redactor
  readonly withoutEngine: boolean
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
      throw new StepError(
        'precondition',
        `this version of iamstack runs the targets process and compose, not ${target}`,
        {
          hint: 'choose --profile compose or --profile process',
        },
      )
    default:
      return target satisfies never
  }
}

async function openCompose(options: TargetOptions): Promise<OpenedTarget> {
  const { createComposeDriver } = await import('../drivers/compose/compose-driver.ts')
  const { lookupIn } = await import('../drivers/compose/desired/lookup.ts')
  const { stack, memory, materials } = options
  const engine = await engineFor(options)
  const logins = lazily(async () =>
    (await import('../images/credentials.ts')).openDockerLogins(options.around.env),
  )
  const driver = createComposeDriver({
    stack,
    engine,
    memory,
    materials,
    buildImage: async (image, fact, run) => {
      const { createImageBuilder } = await import('../images/builder.ts')
      const build = createImageBuilder({
        stack,
        engine,
        files: nodeFiles,
        materials,
        logins,
        identity: (name) => options.gathered()?.identities.get(name),
        reference: (name) => options.gathered()?.facts.images.get(name)?.reference,
        preFailure: (name) => options.gathered()?.preFailures.get(name),
        noCache: options.noCache,
      })
      await build(image, fact, run)
    },
    credentials: async (registry) => (await logins()).credentialsFor(registry),
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

async function engineFor({ around, withoutEngine, memory }: TargetOptions): Promise<Engine> {
  const { findEngine } = await import('../platform/engine/find.ts')
  const { openEngine } = await import('../platform/engine/engine.ts')
  if (withoutEngine) return openEngine({ kind: 'socket', path: '' })
  const found = await findEngine(around.env)
  if (found.kind === 'absent') {
    throw new StepError('precondition', found.why, {
      hint: 'start Docker, or run without containers: --profile process',
    })
  }
  const knownApiVersion = await rememberedVersion(memory, found.endpoint)
  return openEngine(found.endpoint, { how: found.how, apiVersion: found.apiVersion, knownApiVersion })
}

const engineKey = 'engine'

/** The version that this engine spoke last: asking again would cost every command a request. A wrong one is refused and asked anew. */
async function rememberedVersion(memory: Memory, endpoint: Engine['endpoint']): Promise<string | undefined> {
  const known = await memory.read(engineKey)
  if (typeof known !== 'object' || known === null || !('endpoint' in known) || !('version' in known))
    return undefined
  return known.endpoint === describeEndpoint(endpoint) && typeof known.version === 'string'
    ? known.version
    : undefined
}

async function rememberVersion(memory: Memory, engine: Engine): Promise<void> {
  const version = await engine.apiVersion()
  if ((await rememberedVersion(memory, engine.endpoint)) === version) return
  await memory.write(engineKey, { endpoint: describeEndpoint(engine.endpoint), version })
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
