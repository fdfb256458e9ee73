import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readConfigs } from '../../../src/content/configs.ts'
import { createMaterials } from '../../../src/content/materials.ts'
import { fillMount } from '../../../src/content/mounts.ts'
import { createRedactor } from '../../../src/content/redact.ts'
import { runSecretCommand } from '../../../src/content/secret-command.ts'
import type { Driver, LogLine, LogQuery } from '../../../src/drivers/driver.ts'
import type { Facts } from '../../../src/drivers/facts.ts'
import { preparePorts } from '../../../src/drivers/process/prepare-ports.ts'
import { createProcessDriver } from '../../../src/drivers/process/process-driver.ts'
import { openFolderMemory } from '../../../src/memory/folder.ts'
import type { Memory } from '../../../src/memory/memory.ts'
import { createScheduler, type Outcome } from '../../../src/plan/execute.ts'
import { formatPlan } from '../../../src/plan/format.ts'
import { plan, type PlanInput } from '../../../src/plan/plan.ts'
import type { Observed, ResourceId } from '../../../src/plan/resource.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import type { Event } from '../../../src/state/events.ts'
import { resolvedStack, type StackOptions } from '../../resolve/stack.ts'

export interface BenchPlace extends StackOptions {
  /** Holds `project`, the root of the stack, and `state`. */
  readonly home: string
  /** The session as a file that Node runs. */
  readonly sessionProgram: string
}

/** One instance of a stack on this machine, with the whole line: resolve, facts, plan, execute. */
export interface Bench {
  readonly state: string
  readonly root: string
  readonly memory: Memory
  readonly driver: Driver
  readonly events: Event[]
  /** Brings the stack of this text up; the outcome holds what failed. */
  up(yaml: string, intent?: Omit<PlanInput, 'desired' | 'observed'>): Promise<Outcome>
  /** What `up` would do. */
  planText(yaml: string): Promise<string>
  down(volumes?: 'none' | 'all'): Promise<Outcome>
  observe(): Promise<Observed>
  resources(yaml: string): Promise<ReturnType<Driver['desired']>>
  logs(query?: Partial<LogQuery>): Promise<LogLine[]>
  url(service: string, port?: string): Promise<string>
  /** Another command on the same instance, as if typed in another terminal. */
  reopen(build?: string): Driver
  closeDrivers(): Promise<void>
}

export function openBench({ home, sessionProgram, ...options }: BenchPlace): Bench {
  const root = join(home, 'project')
  mkdirSync(root, { recursive: true })
  const environment = {
    ...process.env,
    IAMSTACK_STATE: join(home, 'state'),
    IAMSTACK_SECRET: 'not for processes',
  }
  const memory = openFolderMemory({
    stackName: 'test',
    root,
    instance: options.instance,
    env: environment,
    platform: process.platform,
    home,
  })
  const state = memory.folder
  mkdirSync(state, { recursive: true })
  const redactor = createRedactor()
  const drivers: Driver[] = []
  const events: Event[] = []

  const materialsFor = (stack: ResolvedStack) =>
    createMaterials({
      stack,
      memory,
      env: environment,
      readFile: () => Promise.resolve(undefined),
      runCommand: runSecretCommand,
      prompt: undefined,
      redactor,
      report: () => undefined,
    })
  let stackOf: ResolvedStack | undefined
  const open = (build = 'test'): Driver => {
    const driver = createProcessDriver({
      memory,
      materials: {
        secret: (key) => materialsFor(stackOf!).secret(key),
        cert: (name) => materialsFor(stackOf!).cert(name),
      },
      fillMount,
      sessionCommand: (folder) => [process.execPath, sessionProgram, folder, build],
      build,
      environment,
      redact: (text) => redactor.redact(text),
    })
    drivers.push(driver)
    return driver
  }
  const driver = open()

  const gather = async (text: string) => {
    // Ports begin where the name says: stacks of tests that run side by side must not be called the same.
    const yaml = `${text}\nname: ${basename(home).toLowerCase()}`
    const stack = await resolvedStack(yaml, { profile: 'process', root, ...options })
    stackOf = stack
    const read = await readConfigs(stack)
    if (!read.ok) throw new Error(JSON.stringify(read.errors))
    const configs = read.value
    const materials = materialsFor(stack)
    const facts: Facts = {
      images: new Map(),
      configs,
      secrets: await materials.secretFacts('change', configs),
      certs: await materials.certFacts('change'),
      ports: await preparePorts({ stack, configs, memory, purpose: 'change' }),
      sources: new Map(),
      manifests: [],
      charts: new Map(),
    }
    return { stack, facts, desired: driver.desired(stack, facts) }
  }
  const execute = (input: PlanInput): Promise<Outcome> =>
    createScheduler({
      driver,
      emit: (event) => events.push(event),
      now: Date.now,
      signal: new AbortController().signal,
      wait: true,
    }).submit(plan(input))
  const observe = (): Promise<Observed> => driver.observe(new AbortController().signal)

  return {
    state,
    root,
    memory,
    driver,
    events,
    observe,
    up: async (yaml, intent = {}) => {
      const { desired } = await gather(yaml)
      return execute({ desired, observed: await observe(), ...intent })
    },
    planText: async (yaml) => {
      const { desired } = await gather(yaml)
      return formatPlan(plan({ desired, observed: await observe() }))
    },
    resources: async (yaml) => (await gather(yaml)).desired,
    down: async (volumes = 'none') =>
      execute({
        desired: [],
        observed: await observe(),
        removal: {
          volumes,
          keepVolumes: new Set(),
          images: false,
          namespaces: false,
          clusters: 'keep' as const,
          needs: new Map<ResourceId, ResourceId[]>(),
          cause: 'down',
        },
      }),
    logs: async (query = {}) => {
      const whole: LogQuery = {
        services: [],
        follow: false,
        since: undefined,
        tail: undefined,
        previous: false,
        init: false,
        ...query,
      }
      const lines: LogLine[] = []
      for await (const line of driver.logs(whole, new AbortController().signal)) lines.push(line)
      return lines
    },
    url: async (service, port = 'http') => {
      const endpoint = await driver.endpoint(service, port)
      return `http://${endpoint?.host ?? 'nowhere'}:${String(endpoint?.port)}`
    },
    reopen: open,
    closeDrivers: async () => {
      await Promise.all(drivers.map((each) => each.close()))
    },
  }
}
