import { readFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, resolve as resolvePath } from 'node:path'
import type { Arguments } from '../commands/arguments.ts'
import { configFilesOnDisk, readConfigs, type ConfigFiles } from '../content/configs.ts'
import { StepError } from '../plan/step-error.ts'
import { resolve, type Resolution, type ResolveOptions } from '../resolve/resolve.ts'
import { inOrder } from '../resolve/findings.ts'
import { selectProfiles } from '../resolve/profiles.ts'
import type { Target } from '../resolve/resolved.ts'
import type { SetFlag } from '../resolve/set.ts'
import { type Checked, type Diagnostic } from '../stack/diagnostics.ts'
import { loadProfiles } from '../stack/load-profile.ts'
import { loadStack } from '../stack/load.ts'
import { findStackFile } from './find-stack.ts'

/** The files that a stack is made of: those on the disk, or what a revision kept of them. */
export interface InputFiles extends ConfigFiles {
  /** Undefined when it is not there. */
  readIfThere(path: string): Promise<Uint8Array | undefined>
  /** The text of a file for excerpts; undefined when it cannot be had any more. */
  textOf(path: string): string | undefined
}

/** What was given when a revision was made, instead of what is given now. */
export interface FrozenInputs {
  /** Absolute. */
  readonly entry: string
  readonly profiles: readonly string[]
  readonly set: readonly string[]
  /** Values that came from outside of the files, by variable: nothing else of the environment counts. */
  readonly variables: Readonly<Record<string, string>>
}

export interface ReadOptions {
  readonly given: Arguments
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Where to run when no profile says. */
  readonly fallbackTarget: Target
  /** Default: those on the disk. */
  readonly files?: InputFiles
  readonly frozen?: FrozenInputs
}

/** Files → ResolvedStack, all mistakes at once. `watch` are files whose change or appearance makes another stack. */
export async function readStack(
  options: ReadOptions,
): Promise<Resolution & { readonly watch: readonly string[] }> {
  const { given, files = filesOnDisk, frozen } = options
  const entry = frozen?.entry ?? findStackFile(given.text('file'), options.cwd)
  const names = frozen?.profiles ?? selectProfiles(given.list('profile'))
  const readFile = (path: string): Promise<Uint8Array | undefined> => files.readIfThere(path)
  const loading = await loadStack(entry, readFile)
  const loaded = loading.ok ? loading.value : loading.partly
  if (!loaded) return { ...joined([loading]), watch: [entry] }
  // A target that nobody named is refined by the profile of its name like one that somebody named.
  const layered = names.length > 0 ? names : [options.fallbackTarget]
  const profiles = await loadProfiles(loaded, layered, readFile, await profileNames(entry))
  if (!profiles.ok) return { ...joined([loading, profiles]), watch: loaded.files }
  const values = frozen ? frozenValues(frozen, options.env) : await givenValues(options, entry)
  const watch = [
    ...loaded.files,
    ...profiles.value.files,
    ...profiles.value.absent,
    ...(values.dotenv ? [values.dotenv.file] : []),
  ]
  const instance = given.text('instance')
  const resolved = resolve(loaded, {
    profileNames: names,
    profiles: profiles.value,
    fallbackTarget: options.fallbackTarget,
    set: (frozen?.set ?? given.list('set')).map((argument): SetFlag => ({ flag: '--set', argument })),
    sourceOf: (path) => files.textOf(path),
    ...values,
    ...(instance !== undefined && { instance }),
  })
  const stages = [loading, profiles, resolved]
  if (loading.ok && resolved.ok) return { ...resolved, ...told(stages), watch }
  const { partly } = resolved
  const contents = partly ? [await readConfigs(partly, undefined, files)] : []
  return { ...joined([...stages, ...contents]), watch }
}

/** Values from outside of the files. */
type OutsideValues = Pick<ResolveOptions, 'vars' | 'environment' | 'dotenv'>

async function givenValues({ given, env, cwd }: ReadOptions, entry: string): Promise<OutsideValues> {
  const dotenv = await readDotenv(given.text('env-file'), entry, cwd)
  return { vars: given.list('var'), environment: env, ...(dotenv && { dotenv }) }
}

/** In the environment's place, which may hold names that only templates use. The home folder is that of whoever runs this. */
function frozenValues({ variables }: FrozenInputs, env: ReadOptions['env']): OutsideValues {
  const { HOME, USERPROFILE } = env
  return { environment: { HOME, USERPROFILE, ...variables } }
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
function sourceOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // An excerpt is a courtesy: place and message stand without it.
    return undefined
  }
}

export const filesOnDisk: InputFiles = { ...configFilesOnDisk, readIfThere, textOf: sourceOf }

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
