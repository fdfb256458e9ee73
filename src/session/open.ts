import { homedir } from 'node:os'
import type { Arguments } from '../commands/arguments.ts'
import type { Surroundings } from '../commands/command.ts'
import { agentsFolder } from '../dev/agents-folder.ts'
import { devLimits } from '../dev/limits.ts'
import { supervised } from '../dev/supervised.ts'
import { hasSynced } from '../dev/sync/ledger.ts'
import { createMaterials } from '../content/materials.ts'
import { createRedactor, type Redactor } from '../content/redact.ts'
import { runSecretCommand } from '../content/secret-command.ts'
import type { Frozen } from '../history/frozen.ts'
import { keepingFiles } from '../history/kept-files.ts'
import { openFolderMemory } from '../memory/folder.ts'
import type { Memory } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import { createReporter, type Progress } from '../report/reporter.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { StackError, type Diagnostic } from '../stack/diagnostics.ts'
import type { Event } from '../state/events.ts'
import { createStore, type Store } from '../state/store.ts'
import { engineOf } from './engine.ts'
import { openPlace } from './place.ts'
import { chooseTarget } from './choose-target.ts'
import { gather, keepHashes, type GatherOptions, type Gathered, type Purpose } from './gather.ts'
import type { Opened } from './opened.ts'
import { promptOn } from './prompt.ts'
import { filesOnDisk, readIfThere, readStack } from './read-stack.ts'
import { openReportFolder } from './report-folder.ts'
import { openTarget, type OpenedTarget } from './target.ts'

export interface OpenOptions {
  /** No engine is looked for; what the target remembers is still read. */
  readonly withoutEngine?: boolean
  /** Only files are read: the target stands for what it could honour. */
  readonly offline?: boolean
  /** Other numbers of replicas than the stack says. */
  readonly replicas?: ReadonlyMap<string, number>
  readonly noCache?: boolean
  /** As `dev` would have it, programs below our agent: always, or where `dev` was here. The command `dev` is so by itself. */
  readonly asDev?: 'always' | 'where-it-was'
  /** A revision as it was kept, in the place of today's files and values. */
  readonly frozen?: Frozen
}

/** The composition root: reads the stack, opens the target, joins events to their subscribers. StackError for every mistake at once. */
export async function openStack(
  given: Arguments,
  around: Surroundings,
  options: OpenOptions = {},
): Promise<Opened> {
  const redactor = createRedactor()
  const store = createStore()
  const emit = (event: Event): void => store.dispatch(redactor.redactEvent(event))
  const unsubscribe = subscribe(store, given, around)
  const opened = await openWith({ given, around, options, redactor, store, emit }, 'first')
  if (!opened) throw new Error('a first opening throws or succeeds')
  return {
    ...opened,
    close: async () => {
      await opened.close()
      await unsubscribe()
    },
  }
}

interface Context {
  readonly given: Arguments
  readonly around: Surroundings
  readonly options: OpenOptions
  readonly redactor: Redactor
  readonly store: Store
  readonly emit: (event: Event) => void
}

async function openWith(context: Context, time: 'first' | 'again'): Promise<Opened | undefined> {
  const { given, around, options, emit, redactor, store } = context
  const isNamed = given.list('profile').length > 0
  const { frozen } = options
  const chosen = isNamed || frozen ? undefined : await chooseTarget(around.env)
  const files = frozen?.files ?? keepingFiles(filesOnDisk)
  const read = await readStack({
    given,
    env: around.env,
    cwd: around.cwd,
    fallbackTarget: frozen?.target ?? chosen?.target ?? 'compose',
    files,
    ...(frozen && { frozen: frozen.inputs }),
  })
  if (!read.ok) {
    if (time === 'first') throw new StackError([...read.errors, ...read.warnings])
    for (const diagnostic of read.errors) emit({ type: 'diagnostic.reported', at: Date.now(), diagnostic })
    return undefined
  }
  const scaled = withReplicas(read.value, options.replicas)
  const local = memoryOf(scaled, around)
  const stack = (await isAsDev(context, local)) ? supervised(scaled, await agentsFolder()) : scaled
  const isOffline = options.offline ?? false
  const withoutEngine = isOffline || (options.withoutEngine ?? false)
  let found: ReturnType<typeof engineOf> | undefined
  const engine = (): ReturnType<typeof engineOf> =>
    (found ??= engineOf({ env: around.env, memory: local, withoutEngine }))
  const prompt = given.isOn('ci') ? undefined : promptOn(around)
  const place = await openPlace({
    stack,
    prompt,
    around,
    local,
    engine,
    isOffline,
    tell: (text) => emit({ type: 'message.reported', at: Date.now(), text }),
  })
  const { memory } = place
  const materials = createMaterials({
    stack,
    memory,
    env: { ...around.env },
    readFile: readIfThere,
    runCommand: runSecretCommand,
    prompt,
    redactor,
    report: (diagnostic: Diagnostic) => emit({ type: 'diagnostic.reported', at: Date.now(), diagnostic }),
  })
  let last: Gathered | undefined
  let hashes: Gathered['hashes'] | undefined
  const target = await openTarget({
    stack,
    memory,
    materials,
    around,
    redactor,
    engine,
    place,
    noCache: options.noCache ?? false,
    gathered: () => last,
  })
  const limits = [...target.driver.check(stack), ...devLimits(stack)]
  const findings = [...read.warnings, ...limits]
  const isWanted = given.command === 'validate' || limits.some(({ severity }) => severity === 'error')
  tellFindings(isWanted ? findings : read.warnings, context, time)
  if (!isWanted && time === 'first') tellLimits(limits, stack, context)
  if (chosen && time === 'first' && tellsTarget(given)) {
    emit({
      type: 'message.reported',
      at: Date.now(),
      text: `profile ${chosen.target}: ${chosen.why}; --profile chooses another`,
    })
  }
  return {
    stack,
    driver: target.driver,
    memory,
    materials,
    store,
    emit,
    lookup: (reference, service) => target.lookup(reference, service),
    files,
    warnings: findings,
    watch: read.watch,
    redact: (text) => redactor.redact(text),
    gather: async (purpose, hurry) => {
      const known = hurry?.keepsObjects === true ? last?.facts : undefined
      const inputs = { stack, memory, materials, files, hashes, known }
      last = await gatherFor(purpose, inputs, target, context)
      if (purpose !== 'change') return last.facts
      hashes = last.hashes
      const kept = keepHashes(memory, last)
      if (hurry) hurry.later(kept)
      else await kept
      return last.facts
    },
    gathered: () => last,
    recallSecrets: () => materials.recall(),
    reload: () => openWith(context, 'again'),
    close: () => target.driver.close(),
  }
}

function isAsDev({ given, options }: Context, memory: Memory): Promise<boolean> | boolean {
  switch (options.asDev) {
    case 'always':
      return true
    case 'where-it-was':
      return hasSynced(memory)
    case undefined:
      return given.command === 'dev'
    default:
      return options.asDev satisfies never
  }
}

function gatherFor(
  purpose: Purpose,
  inputs: Pick<GatherOptions, 'stack' | 'memory' | 'materials' | 'files' | 'hashes' | 'known'>,
  target: OpenedTarget,
  context: Context,
): Promise<Gathered> {
  return gather(
    {
      ...inputs,
      frozen: context.options.frozen?.facts,
      ports: target.ports,
      hasSources: target.driver.name === 'process',
      warn: (findings) => tellFindings(findings, context, 'again'),
    },
    purpose,
  )
}

/** Errors end the command together; each warning is told once per command. */
function tellFindings(findings: readonly Diagnostic[], context: Context, time: 'first' | 'again'): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 && time === 'first') throw new StackError(findings)
  const told = new Set(context.store.getState().diagnostics.map((each) => JSON.stringify(each)))
  for (const diagnostic of findings) {
    const text = JSON.stringify(diagnostic)
    if (told.has(text)) continue
    told.add(text)
    context.emit({ type: 'diagnostic.reported', at: Date.now(), diagnostic })
  }
}

/** What a target cannot honour is told field by field by `validate`; everywhere else a line says that there is something. */
function tellLimits(limits: readonly Diagnostic[], stack: ResolvedStack, { given, emit }: Context): void {
  if (limits.length === 0 || !tellsTarget(given)) return
  const fields =
    limits.length === 1 ? '1 field of the stack has' : `${limits.length} fields of the stack have`
  const text = `${fields} no effect on ${stack.profile.target}; iamstack validate lists them`
  emit({ type: 'message.reported', at: Date.now(), text })
}

/** Commands that change something say where; a table on standard output needs no preamble. */
function tellsTarget(given: Arguments): boolean {
  return ['up', 'dev', 'down', 'plan', 'build'].includes(given.command)
}

function memoryOf(stack: ResolvedStack, around: Surroundings): Memory {
  return openFolderMemory({
    stackName: stack.name,
    root: stack.root,
    instance: stack.instance,
    env: { ...around.env },
    platform: around.platform,
    home: around.env['HOME'] ?? homedir(),
  })
}

function withReplicas(
  stack: ResolvedStack,
  replicas: ReadonlyMap<string, number> | undefined,
): ResolvedStack {
  if (!replicas) return stack
  const services = new Map(
    [...stack.services].map(([name, service]) => [
      name,
      { ...service, replicas: replicas.get(name) ?? service.replicas },
    ]),
  )
  return { ...stack, services }
}

/** The result ends the subscriptions and writes what is still to be written. */
function subscribe(store: Store, given: Arguments, around: Surroundings): () => Promise<void> {
  const progress = progressOf(given)
  const ansi = given.isOn('ci') ? 'never' : given.text('ansi')
  const stop = store.subscribe(createReporter(progress, ansi, around))
  const folder = given.text('report-dir')
  const report = folder === undefined ? undefined : openReportFolder(folder, around.cwd, store)
  return async () => {
    stop()
    await report?.finish()
  }
}

function progressOf(given: Arguments): Progress {
  const progress = given.text('progress') ?? (given.text('output') === 'json' ? 'quiet' : 'auto')
  switch (progress) {
    case 'auto':
    case 'tty':
    case 'plain':
    case 'json':
    case 'quiet':
      return progress
    default:
      throw new StepError('internal', `unknown progress ${progress}`)
  }
}
