import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LiveFinding } from '../clusters/live-check/finding.ts'
import type { KubeResource } from '../drivers/kubernetes/spec.ts'
import { StepError } from '../plan/step-error.ts'
import { formatDiagnosticsFromDisk } from '../report/diagnostics.ts'
import { styleFor, type Style } from '../report/style.ts'
import { findStackFile } from '../session/find-stack.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { errorAt, StackError, type Diagnostic } from '../stack/diagnostics.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { formatLive, lookAtCluster } from './check-live.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'

/**
 * What the targets of profiles would refuse or ignore, without touching one: fields that they cannot honour, objects that
 * Kubernetes' own description refuses, objects that exist twice. Exit code 2 where something would be refused. With `--live` also
 * what is wrong with the cluster of one profile: exit code 7.
 */
export const check: Command = async (given, around) => {
  if (given.isOn('live') && given.list('profile').length === 0)
    throw new UsageError(
      'check --live: name the profile whose cluster is to be looked at',
      'iamstack check --live --profile kind',
    )
  const results: ProfileResult[] = []
  for (const profiles of await profilesToCheck(given, around))
    results.push(await checkProfile(profiles, given, around))
  if (given.text('output') === 'json') {
    const isOk = results.every(({ findings, live }) => !hasErrors(findings) && !hasProblems(live))
    around.stdout.write(`${JSON.stringify({ ok: isOk, profiles: results })}\n`)
  } else {
    const style = styleFor(given.text('ansi'), around.stdout, around.env)
    around.stdout.write(`${results.map((each) => asText(each, style)).join('\n\n')}\n`)
  }
  if (results.some(({ findings }) => hasErrors(findings))) return exitCodes.invalid
  return results.some(({ live }) => hasProblems(live)) ? exitCodes.precondition : exitCodes.ok
}

/** What one choice of profiles comes to; a row of `check -o json`. */
export interface ProfileResult {
  /** As on the command line: `kind`, or several that are layered. Empty: no profile is named. */
  readonly profile: string
  /** Undefined when the stack is too broken to have one. */
  readonly target: string | undefined
  readonly findings: readonly Diagnostic[]
  /** What was seen of the cluster; absent where nobody asked. */
  readonly live?: readonly LiveFinding[]
}

/** Those that are named, as one; else every file under `profiles`, each by itself; else the stack as it is. */
async function profilesToCheck(given: Arguments, { cwd }: Surroundings): Promise<(readonly string[])[]> {
  const named = given.list('profile')
  if (named.length > 0) return [named]
  const folder = join(dirname(findStackFile(given.text('file'), cwd)), 'profiles')
  // No folder: the stack has no profiles.
  const files = await readdir(folder).catch(() => [])
  const names = files.flatMap((file) => /^([\w-]+)\.ya?ml$/.exec(file)?.[1] ?? []).sort()
  return names.length > 0 ? names.map((name) => [name]) : [[]]
}

async function checkProfile(
  profiles: readonly string[],
  given: Arguments,
  around: Surroundings,
): Promise<ProfileResult> {
  const profile = profiles.join(',')
  try {
    const opened = await openStack(quietly(given, profiles), around, { offline: true })
    try {
      const { stack } = opened
      const findings = await findingsOf(opened)
      const live = given.isOn('live') ? await lookAtCluster(stack, given.text('image'), around) : undefined
      return { profile, target: stack.profile.target, findings, ...(live && { live }) }
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (error instanceof StackError) return { profile, target: undefined, findings: error.diagnostics }
    if (!(error instanceof StepError)) throw error
    return {
      profile,
      target: undefined,
      findings: [errorAt('check/precondition', error.message, error.span, error.hint)],
    }
  }
}

/** The same arguments for one choice of profiles; findings are the result here, so nobody else tells them. */
function quietly(given: Arguments, profiles: readonly string[]): Arguments {
  return {
    command: given.command,
    operands: given.operands,
    isOn: (flag) => given.isOn(flag),
    text: (flag) => (flag === 'progress' ? 'quiet' : given.text(flag)),
    list: (flag) => (flag === 'profile' ? profiles : given.list(flag)),
  }
}

async function findingsOf(opened: Opened): Promise<readonly Diagnostic[]> {
  const facts = await opened.gather('check')
  const told = opened.store.getState().diagnostics
  const findings = [...opened.warnings, ...told, ...(await objectFindings(opened, facts))]
  return [...new Map(findings.map((each) => [JSON.stringify(each), each])).values()]
}

/** What the cluster would be sent, compared with Kubernetes' own description of it. */
async function objectFindings(
  { driver, stack }: Opened,
  facts: Awaited<ReturnType<Opened['gather']>>,
): Promise<readonly Diagnostic[]> {
  if (driver.name !== 'kubernetes') return []
  const { checkObjects, placedObjects } = await import('../lint/schema/check-objects.ts')
  const { targetVersions } = await import('../lint/target.ts')
  try {
    const resources = driver.desired(stack, facts) as KubeResource[]
    return await checkObjects(placedObjects(resources), targetVersions(stack))
  } catch (error) {
    // Objects that exist twice, or cannot hold what they are to hold.
    if (error instanceof StackError) return error.diagnostics
    throw error
  }
}

function hasErrors(findings: readonly Diagnostic[]): boolean {
  return findings.some(({ severity }) => severity === 'error')
}

function hasProblems(live: readonly LiveFinding[] = []): boolean {
  return live.some(({ level }) => level === 'problem')
}

function asText({ profile, target, findings, live }: ProfileResult, style: Style): string {
  const name = profile === '' ? (target ?? 'the stack') : profile
  const where = target === undefined || target === name ? '' : ` (${target})`
  const refused = findings.filter(({ severity }) => severity === 'error').length
  const words =
    findings.length === 0
      ? style.green('ok')
      : `${refused > 0 ? style.red(`${refused} refused`) : style.green('nothing refused')}, ${findings.length - refused} ignored or doubtful`
  return [
    `${style.bold(name)}${where}: ${words}`,
    ...(findings.length > 0 ? ['', formatDiagnosticsFromDisk(findings, style)] : []),
    ...(live ? ['', formatLive(live, style)] : []),
  ].join('\n')
}
