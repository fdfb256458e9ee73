import type { EnvValue, Init, Job, Mount, Port, Process, ResolvedStack, Service } from '../resolved.ts'
import type { Text } from '../text.ts'

/** Who reads a text, as far as that decides what the text may refer to. */
export interface Consumer {
  readonly kind: 'service' | 'job' | 'smoke' | 'notes'
  readonly name: string
  /** Ports that `${self.port.…}` may name; undefined where there is no self. */
  readonly ports: ReadonlyMap<string, Port> | undefined
  /** Mounts that `${mount.…}` may lie in. */
  readonly mounts: readonly Mount[]
}

/**
 * What becomes of a text. `argument`: shown in the process list. `environment`: given to one program. `file`: part of a mounted
 * file. `address`: where an external service is. `request`: sent by a smoke test from this machine. `notes`: printed.
 */
export type Use = 'argument' | 'environment' | 'file' | 'address' | 'request' | 'notes'

export interface UsedText {
  readonly text: Text
  readonly use: Use
  readonly consumer: Consumer
  /** Captures that earlier steps of the same smoke test made. */
  readonly captures?: ReadonlySet<string>
}

export function consumerOf(unit: Service | Job): Consumer {
  const isService = 'ports' in unit
  return {
    kind: isService ? 'service' : 'job',
    name: unit.name,
    ports: isService ? unit.ports : undefined,
    mounts: unit.mounts,
  }
}

type Stack = Pick<ResolvedStack, 'services' | 'jobs' | 'configs' | 'smoke' | 'notes'>

/** Every text of a stack with its consumer. A literal of a config appears once for each who mounts it. */
export function* usedTexts(stack: Stack): Generator<UsedText> {
  for (const service of stack.services.values()) yield* textsOfService(stack, service)
  for (const job of stack.jobs.values()) yield* textsOfUnit(stack, job)
  yield* textsOfSmoke(stack)
  if (stack.notes)
    yield {
      text: stack.notes,
      use: 'notes',
      consumer: { kind: 'notes', name: 'notes', ports: undefined, mounts: [] },
    }
}

function* textsOfService(stack: Stack, service: Service): Generator<UsedText> {
  const consumer = consumerOf(service)
  yield* textsOfUnit(stack, service)
  for (const step of service.init) yield* textsOfInit(step, consumer)
  if (service.external) {
    yield { text: service.external.host, use: 'address', consumer }
    for (const text of service.external.ports.values()) yield { text, use: 'address', consumer }
  }
  const { readiness, liveness, startup } = service.health ?? {}
  for (const probe of [readiness, liveness, startup]) {
    if (probe?.check.kind === 'exec') yield* argumentsOf(probe.check.command, consumer)
  }
}

function* textsOfUnit(stack: Stack, unit: Service | Job): Generator<UsedText> {
  const consumer = consumerOf(unit)
  yield* argumentsOf(unit.entrypoint, consumer)
  yield* argumentsOf(unit.command, consumer)
  yield* textsOfEnvironment(unit.env, consumer)
  yield* textsOfProcess(unit.process, consumer)
  for (const { config, keys } of configUses(unit)) {
    for (const source of stack.configs.get(config)?.sources ?? []) {
      const isRead = source.kind === 'literal' && (keys === undefined || keys.includes(source.key))
      if (isRead) yield { text: source.text, use: 'file', consumer }
    }
  }
}

/** A config that a service or job reads, whole (`keys` undefined) or some of its files. */
interface ConfigUse {
  readonly config: string
  readonly keys: readonly string[] | undefined
}

function configUses(unit: Service | Job): ConfigUse[] {
  const owners = [unit, ...('init' in unit ? unit.init : [])]
  const environments = owners.flatMap(({ env, process }) => [env, ...(process ? [process.env] : [])])
  return [
    ...unit.mounts.flatMap((mount) =>
      mount.kind === 'config'
        ? [{ config: mount.config, keys: mount.key === undefined ? mount.keys : [mount.key] }]
        : [],
    ),
    ...unit.envFrom.flatMap(({ kind, name }) =>
      kind === 'config' ? [{ config: name, keys: undefined }] : [],
    ),
    ...environments.flatMap((env) =>
      [...env.values()].flatMap((value) =>
        value.kind === 'config' ? [{ config: value.config, keys: [value.key] }] : [],
      ),
    ),
  ]
}

/** Names of the configs that a service or job reads. */
export function configsOf(unit: Service | Job): ReadonlySet<string> {
  return new Set(configUses(unit).map(({ config }) => config))
}

/** Whether a service or job reads a file that is part of a config: whoever mounts other keys only does not. */
export function readsFile(unit: Service | Job, file: string): boolean {
  const path = file.replaceAll('\\', '/')
  const isFile = (key: string) => path === key || path.endsWith(`/${key}`)
  return configUses(unit).some(({ keys }) => keys === undefined || keys.some(isFile))
}

function* textsOfInit(step: Init, consumer: Consumer): Generator<UsedText> {
  yield* argumentsOf(step.entrypoint, consumer)
  yield* argumentsOf(step.command, consumer)
  yield* textsOfEnvironment(step.env, consumer)
  yield* textsOfProcess(step.process, consumer)
}

function* textsOfProcess(process: Process | undefined, consumer: Consumer): Generator<UsedText> {
  if (!process) return
  yield* argumentsOf(linesOf(process), consumer)
  yield* textsOfEnvironment(process.env, consumer)
}

/** The command line of a process, or its arguments. */
export function linesOf(process: Process): readonly Text[] {
  return 'parts' in process.run ? [process.run] : process.run
}

function* argumentsOf(texts: readonly Text[] | undefined, consumer: Consumer): Generator<UsedText> {
  for (const text of texts ?? []) yield { text, use: 'argument', consumer }
}

function* textsOfEnvironment(env: ReadonlyMap<string, EnvValue>, consumer: Consumer): Generator<UsedText> {
  for (const value of env.values()) {
    if (value.kind === 'text') yield { text: value.text, use: 'environment', consumer }
  }
}

function* textsOfSmoke(stack: Stack): Generator<UsedText> {
  for (const { name, check } of stack.smoke) {
    const consumer: Consumer = { kind: 'smoke', name, ports: undefined, mounts: [] }
    if (check.kind === 'exec') yield* argumentsOf(check.command, consumer)
    if (check.kind === 'run') {
      yield* argumentsOf(check.command, consumer)
      yield* textsOfEnvironment(check.env, consumer)
      yield* textsOfProcess(check.process, consumer)
    }
    if (check.kind !== 'http') continue
    const captures = new Set<string>()
    for (const step of check.steps) {
      const texts = [
        step.url.kind === 'service' ? step.url.path : step.url.url,
        ...step.headers.values(),
        ...(step.body ? [step.body] : []),
      ]
      for (const text of texts) yield { text, use: 'request', consumer, captures: new Set(captures) }
      for (const capture of step.capture.keys()) captures.add(capture)
    }
  }
}
