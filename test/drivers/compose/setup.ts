import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Materials } from '../../../src/content/materials.ts'
import { SecretValue } from '../../../src/content/secret-value.ts'
import { createComposeDriver } from '../../../src/drivers/compose/compose-driver.ts'
import type { ComposeOptions } from '../../../src/drivers/compose/options.ts'
import type { Driver } from '../../../src/drivers/driver.ts'
import type { ConfigFact, Facts } from '../../../src/drivers/facts.ts'
import type { Memory } from '../../../src/memory/memory.ts'
import { createScheduler, type Outcome } from '../../../src/plan/execute.ts'
import { formatPlan } from '../../../src/plan/format.ts'
import { digest } from '../../../src/plan/hash.ts'
import { plan, type PlanInput } from '../../../src/plan/plan.ts'
import type { Observed } from '../../../src/plan/resource.ts'
import type { Plan } from '../../../src/plan/step.ts'
import { listContainers } from '../../../src/platform/engine/containers.ts'
import { openEngine, type Engine } from '../../../src/platform/engine/engine.ts'
import { listNetworks } from '../../../src/platform/engine/networks.ts'
import { listVolumes } from '../../../src/platform/engine/volumes.ts'
import { parseTemplate } from '../../../src/resolve/interpolate.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import type { Event } from '../../../src/state/events.ts'
import { resolvedStack, type StackOptions } from '../../resolve/stack.ts'

/** Facts as `gather` would make them, without files: contents of configs are given as texts. */
export function factsOf(
  stack: ResolvedStack,
  given: {
    readonly configs?: Readonly<Record<string, Readonly<Record<string, string>>>>
    readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>
    readonly ports?: Readonly<Record<string, number>>
    readonly images?: Facts['images']
  } = {},
): Facts {
  const configs = new Map<string, ConfigFact>()
  for (const [name, files] of Object.entries(given.configs ?? {})) {
    const parsed = Object.entries(files).map(([path, content]) => {
      const text = parseTemplate(content, `/stack/${path}`, stack.scope)
      if (!text.ok) throw new Error(text.errors.map(({ message }) => message).join('\n'))
      const secrets = text.value.parts.flatMap((part) =>
        typeof part !== 'string' && part.kind === 'secret' ? [{ secret: part.secret, key: part.key }] : [],
      )
      return { path, hash: digest(content), secrets, content: { kind: 'text' as const, text: text.value } }
    })
    configs.set(name, { files: parsed })
  }
  return {
    images: given.images ?? new Map(),
    configs,
    secrets: new Map(
      Object.entries(given.secrets ?? {}).map(([name, keys]) => [
        name,
        new Map(Object.entries(keys).map(([key, value]) => [key, digest(value)])),
      ]),
    ),
    certs: new Map([...stack.certs.keys()].map((name) => [name, 'made'])),
    ports: new Map(Object.entries(given.ports ?? {})),
    sources: new Map(),
    manifests: [],
    charts: new Map(),
  }
}

export type Given = NonNullable<Parameters<typeof factsOf>[1]>

/** One stack on the real engine, as the commands drive it, and everything of it removed at the end. */
export class Bench {
  readonly project = `iamt${randomBytes(3).toString('hex')}`
  readonly events: Event[] = []
  readonly memory: Memory
  private readonly folders: string[] = []
  private drivers: Driver[] = []

  constructor() {
    this.memory = memoryInMemory()
  }

  async up(
    yaml: string,
    given: Given = {},
    input: Partial<PlanInput> & { wait?: boolean; signal?: AbortSignal } = {},
  ) {
    const { driver, stack, facts } = await this.driver(yaml, given)
    const desired = driver.desired(stack, facts)
    const observed = await driver.observe(AbortSignal.timeout(20_000))
    const images = await driver.observeImages?.(desired, AbortSignal.timeout(20_000))
    const made = plan({ desired, observed: new Map([...observed, ...(images ?? [])]), ...input })
    const outcome = await this.carryOut(driver, made, input.wait ?? true, input.signal)
    return { plan: formatPlan(made), made, outcome, driver, stack, facts }
  }

  async down(yaml: string, volumes: 'none' | 'all' = 'all') {
    const { driver } = await this.driver(yaml)
    const observed = await driver.observe(AbortSignal.timeout(20_000))
    const made = plan({
      desired: [],
      observed,
      removal: {
        volumes,
        keepVolumes: new Set(),
        images: false,
        namespaces: false,
        clusters: 'keep' as const,
        needs: new Map(),
        cause: 'asked for',
      },
    })
    const outcome = await this.carryOut(driver, made, true)
    return { plan: formatPlan(made), outcome }
  }

  async observe(yaml: string, given: Given = {}): Promise<Observed> {
    const { driver } = await this.driver(yaml, given)
    return await driver.observe(AbortSignal.timeout(20_000))
  }

  async driver(
    yaml: string,
    given: Given = {},
    options: StackOptions = {},
    engine: Engine = openTestEngine(),
  ) {
    const stack = await resolvedStack(`name: ${this.project}\n${yaml}`, {
      root: await this.folder(),
      ...options,
    })
    const facts = factsOf(stack, given)
    const driver = createComposeDriver(this.options(stack, given, engine))
    this.drivers.push(driver)
    engines.set(driver, engine)
    return { driver, stack, facts, engine }
  }

  private options(stack: ResolvedStack, given: Given, engine: Engine): ComposeOptions {
    const materials: Materials = {
      secret: ({ secret, key }) => Promise.resolve(SecretValue.ofText(given.secrets?.[secret]?.[key] ?? '')),
      cert: () => Promise.resolve(new Map([['ca.crt', { bytes: Buffer.from('ca'), isSecret: false }]])),
    }
    return { stack, engine, memory: this.memory, materials, buildImage: () => Promise.resolve() }
  }

  async carryOut(
    driver: Driver,
    made: Plan,
    wait: boolean,
    signal = new AbortController().signal,
  ): Promise<Outcome> {
    const scheduler = createScheduler({
      driver,
      emit: (event) => this.events.push(event),
      now: Date.now,
      signal,
      wait,
    })
    return await scheduler.submit(made)
  }

  async folder(): Promise<string> {
    const [known] = this.folders
    if (known !== undefined) return known
    const made = await mkdtemp(join(tmpdir(), 'iamstack-compose-'))
    this.folders.push(made)
    return made
  }

  /** Removes everything of the project by force, whatever a failed test left. */
  async clean(): Promise<void> {
    const engine = openTestEngine()
    const filter = [`com.docker.compose.project=${this.project}`]
    for (const { Id } of await listContainers(engine, filter)) {
      await engine.delete(`/containers/${Id}`, { query: { force: true, v: true } })
    }
    for (const { Id } of await listNetworks(engine, filter)) await engine.delete(`/networks/${Id}`)
    for (const { Name } of await listVolumes(engine, filter)) await engine.delete(`/volumes/${Name}`)
    engine.close()
    for (const driver of this.drivers) await driver.close()
    this.drivers = []
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true })
  }

  /** Names of everything of the project that is in the engine. */
  async leftovers(): Promise<string[]> {
    const engine = openTestEngine()
    const filter = [`com.docker.compose.project=${this.project}`]
    const [containers, networks, volumes] = await Promise.all([
      listContainers(engine, filter),
      listNetworks(engine, filter),
      listVolumes(engine, filter),
    ])
    engine.close()
    return [
      ...containers.map(({ Names }) => Names[0] ?? ''),
      ...networks.map(({ Name }) => Name),
      ...volumes.map(({ Name }) => Name),
    ].sort()
  }
}

const engines = new WeakMap<object, Engine>()

/** The engine that a driver of a bench was made with. */
export function engineOf(driver: object): Engine {
  const engine = engines.get(driver)
  if (!engine) throw new Error('not a driver of a bench')
  return engine
}

export function openTestEngine(): Engine {
  return openEngine({ kind: 'socket', path: '/var/run/docker.sock' })
}

/** Failures as a person reads them: message, then evidence. */
export function failuresOf(outcome: Outcome): string {
  return outcome.failures.map(({ error }) => [error.message, ...error.evidence].join('\n')).join('\n')
}

function memoryInMemory(): Memory {
  const values = new Map<string, unknown>()
  return {
    folder: tmpdir(),
    read: (key) => Promise.resolve(values.get(key)),
    write: (key, value) => {
      values.set(key, JSON.parse(JSON.stringify(value)))
      return Promise.resolve()
    },
    remove: (key) => {
      values.delete(key)
      return Promise.resolve()
    },
    list: (prefix) => Promise.resolve([...values.keys()].filter((key) => key.startsWith(prefix))),
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    clear: () => {
      values.clear()
      return Promise.resolve()
    },
  }
}
