import { homedir } from 'node:os'
import type { Arguments } from '../commands/arguments.ts'
import type { Surroundings } from '../commands/command.ts'
import { StepError } from '../plan/step-error.ts'
import { selectProfiles } from '../resolve/profiles.ts'
import type { ResolvedStack, Target } from '../resolve/resolved.ts'
import { chooseTarget } from '../session/choose-target.ts'
import { findStackFile } from '../session/find-stack.ts'
import { readIfThere, readStack } from '../session/read-stack.ts'
import type { Diagnostic } from '../stack/diagnostics.ts'
import { targets } from '../stack/language/profile.ts'
import { loadStack } from '../stack/load.ts'
import { lookForEngine, type EngineSight } from './engine-sight.ts'

/** What the checks look at. Everything that costs is looked at once; nothing is changed by looking. */
export interface Subject {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** Absolute. */
  readonly home: string
  readonly nodeVersion: string
  /** Where the kernel shows its settings; `/proc/sys`. */
  readonly kernelSettings: string
  readonly stack: StackSight
  /** `requires` of the stack file: version ranges by tool. */
  readonly requires: ReadonlyMap<string, string>
  readonly target: TargetSight
  /** Undefined where neither the target nor `requires` asks for Docker. */
  readonly engine: EngineSight | undefined
}

export type StackSight =
  /** `isAsked`: somebody named the file that is not there. */
  | { readonly kind: 'absent'; readonly why: StepError; readonly isAsked: boolean }
  | { readonly kind: 'unreadable'; readonly why: StepError }
  | { readonly kind: 'invalid'; readonly file: string; readonly findings: readonly Diagnostic[] }
  | {
      readonly kind: 'valid'
      readonly file: string
      readonly stack: ResolvedStack
      readonly warnings: readonly Diagnostic[]
    }

export interface TargetSight {
  readonly name: Target
  readonly why: string
  /** Why nothing could be chosen, although a target stands here. */
  readonly error?: StepError
}

/** Looks at stack, target and engine, in this order, each as far as the one before allows. */
export async function lookAround(
  given: Arguments,
  around: Pick<Surroundings, 'env' | 'cwd' | 'platform'>,
): Promise<Subject> {
  const { env, platform } = around
  const chosen = await targetFor(given, env)
  const { stack, requires } = await lookAtStack(given, around, chosen.name)
  const target = stack.kind === 'valid' ? targetOf(stack.stack, chosen) : chosen
  const needsEngine = usesEngine.has(target.name) || requires.has('docker')
  return {
    env,
    platform,
    home: env['HOME'] ?? homedir(),
    nodeVersion: process.versions.node,
    kernelSettings: '/proc/sys',
    stack,
    requires,
    target,
    engine: needsEngine ? await lookForEngine(env) : undefined,
  }
}

/** Where images are built, or nodes run, in this machine's engine. */
const usesEngine: ReadonlySet<Target> = new Set(['compose', 'docker-desktop', 'kind'])

/** The target before the profiles are read: one that is named itself, else what this machine offers. */
async function targetFor(given: Arguments, env: Subject['env']): Promise<TargetSight> {
  const names = selectProfiles(given.list('profile'))
  const named = targets.find((target) => names.includes(target))
  if (named !== undefined) return { name: named, why: `--profile ${named}` }
  if (names.length > 0) return { name: 'compose', why: `--profile ${names.join(',')}` }
  try {
    const { target, why } = await chooseTarget(env)
    return { name: target, why }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return { name: 'compose', why: 'the settings of Docker name an engine', error }
  }
}

function targetOf(stack: ResolvedStack, chosen: TargetSight): TargetSight {
  const { target, names } = stack.profile
  return target === chosen.name && names.length === 0
    ? chosen
    : { name: target, why: `--profile ${names.join(',')}` }
}

async function lookAtStack(
  given: Arguments,
  around: Pick<Surroundings, 'env' | 'cwd'>,
  fallbackTarget: Target,
): Promise<{ readonly stack: StackSight; readonly requires: Subject['requires'] }> {
  const nothing = new Map<string, string>()
  let file: string
  try {
    file = findStackFile(given.text('file'), around.cwd)
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const isAsked = given.text('file') !== undefined
    return { stack: { kind: 'absent', why: error, isAsked }, requires: nothing }
  }
  try {
    const read = await readStack({ given, env: around.env, cwd: around.cwd, fallbackTarget })
    const stack: StackSight = read.ok
      ? { kind: 'valid', file, stack: read.value, warnings: read.warnings }
      : { kind: 'invalid', file, findings: [...read.errors, ...read.warnings] }
    return { stack, requires: await requirementsIn(file) }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return { stack: { kind: 'unreadable', why: error }, requires: nothing }
  }
}

/** Nothing downstream of `resolve` needs it, so it is read where it is written. */
async function requirementsIn(file: string): Promise<ReadonlyMap<string, string>> {
  const loaded = await loadStack(file, readIfThere)
  const requires = loaded.ok ? loaded.value.stack.value.requires : undefined
  return requires ?? new Map<string, string>()
}
