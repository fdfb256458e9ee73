import { readFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, resolve as resolvePath } from 'node:path'
import type { Arguments } from '../commands/arguments.ts'
import { StepError } from '../plan/step-error.ts'
import { resolve } from '../resolve/resolve.ts'
import { inOrder } from '../resolve/findings.ts'
import { selectProfiles } from '../resolve/profiles.ts'
import type { ResolvedStack, Target } from '../resolve/resolved.ts'
import type { SetFlag } from '../resolve/set.ts'
import { type Checked, type Diagnostic } from '../stack/diagnostics.ts'
import { loadProfiles } from '../stack/load-profile.ts'
import { loadStack } from '../stack/load.ts'
import { findStackFile } from './find-stack.ts'

export interface ReadOptions {
  readonly given: Arguments
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Where to run when no profile says. */
  readonly fallbackTarget: Target
}

/** Files → ResolvedStack, all mistakes at once. `watch` are files whose change or appearance makes another stack. */
export async function readStack(
  options: ReadOptions,
): Promise<Checked<ResolvedStack> & { readonly watch: readonly string[] }> {
  const { given, env, cwd } = options
  const entry = findStackFile(given.text('file'), cwd)
  const names = selectProfiles(given.list('profile'))
  const loading = await loadStack(entry, readIfThere)
  const loaded = loading.ok ? loading.value : loading.partly
  if (!loaded) return { ...joined([loading]), watch: [entry] }
  // A target that nobody named is refined by the profile of its name like one that somebody named.
  const layered = names.length > 0 ? names : [options.fallbackTarget]
  const profiles = await loadProfiles(loaded, layered, readIfThere, await profileNames(entry))
  if (!profiles.ok) return { ...joined([loading, profiles]), watch: loaded.files }
  const dotenv = await readDotenv(given.text('env-file'), entry, cwd)
  const watch = [
    ...loaded.files,
    ...profiles.value.files,
    ...profiles.value.absent,
    ...(dotenv ? [dotenv.file] : []),
  ]
  const instance = given.text('instance')
  const resolved = resolve(loaded, {
    profileNames: names,
    profiles: profiles.value,
    fallbackTarget: options.fallbackTarget,
    vars: given.list('var'),
    set: given.list('set').map((argument): SetFlag => ({ flag: '--set', argument })),
    environment: env,
    sourceOf,
    ...(instance !== undefined && { instance }),
    ...(dotenv && { dotenv }),
  })
  const stages = [loading, profiles, resolved]
  return { ...(loading.ok && resolved.ok ? { ...resolved, ...told(stages) } : joined(stages)), watch }
}

/** Mistakes of several stages as those of one run, in the order of their lines. */
function joined(stages: readonly Checked<unknown>[]): Extract<Checked<never>, { ok: false }> {
  const errors = stages.flatMap((stage) => (stage.ok ? [] : stage.errors))
  return { ok: false, errors: inOrder(errors), ...told(stages) }
}

function told(stages: readonly Checked<unknown>[]): { readonly warnings: Diagnostic[] } {
  return { warnings: unique(stages.flatMap(({ warnings }) => warnings)) }
}

/** Undefined when it is not there; everything else about a file that cannot be read is the user's to know. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const why =
      code === 'EACCES'
        ? 'you may not read it'
        : code === 'EISDIR'
          ? 'it is a folder'
          : code === 'ELOOP'
            ? 'its links go round in a circle'
            : code
    throw new StepError('precondition', `${path} cannot be read: ${why}`, { cause: error })
  }
}

/** The text of a file for excerpts; undefined when it cannot be read any more. */
export function sourceOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // An excerpt is a courtesy: place and message stand without it.
    return undefined
  }
}

async function readDotenv(
  named: string | undefined,
  entry: string,
  cwd: string,
): Promise<{ file: string; content: string } | undefined> {
  const file = named === undefined ? join(dirname(entry), '.env') : resolvePath(cwd, named)
  const bytes = await readIfThere(file)
  if (bytes) return { file, content: new TextDecoder().decode(bytes) }
  if (named === undefined) return undefined
  throw new StepError('precondition', `there is no file ${file}`, {
    hint: '--env-file names a file of NAME=VALUE lines',
  })
}

async function profileNames(entry: string): Promise<string[]> {
  try {
    const names = await readdir(join(dirname(entry), 'profiles'))
    return names.flatMap((name) => /^([\w-]+)\.ya?ml$/.exec(name)?.[1] ?? [])
  } catch {
    // No folder of profiles: only targets are known.
    return []
  }
}

function unique(findings: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return findings.filter((each) => {
    const key = `${each.code} ${each.message} ${JSON.stringify(each.span)}`
    return !seen.has(key) && seen.add(key)
  })
}
