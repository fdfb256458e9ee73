import { join } from 'node:path'
import { resolve, type ResolveOptions } from '../../src/resolve/resolve.ts'
import { selectProfiles } from '../../src/resolve/profiles.ts'
import type { ResolvedStack } from '../../src/resolve/resolved.ts'
import { StackError, type Checked, type Diagnostic } from '../../src/stack/diagnostics.ts'
import { formatDiagnostics } from '../../src/stack/format-diagnostics.ts'
import { loadStack } from '../../src/stack/load.ts'
import { loadProfiles } from '../../src/stack/load-profile.ts'

/** How a stack under test is resolved; everything has the default of the command line. */
export interface StackOptions extends Omit<
  ResolveOptions,
  'profileNames' | 'profiles' | 'sourceOf' | 'dotenv'
> {
  /** As after `--profile`: `a,b`. A target (`process`) needs no file. Default: none, and so the target is compose. */
  readonly profile?: string
  /** Further files by their path below the root: `profiles/dev.yaml`, `parts/db.yaml`. */
  readonly files?: Readonly<Record<string, string>>
  /** Content of `.env`. */
  readonly dotenv?: string
  /** Absolute folder of the stack file, which need not exist. Default `/stack`. */
  readonly root?: string
}

/** The resolved stack of a text. A missing `name:` is filled in as `test`. Throws StackError whose message is the diagnostics as people see them. */
export async function resolvedStack(text: string, options: StackOptions = {}): Promise<ResolvedStack> {
  const result = await resolveText(text, options)
  if (result.ok) return result.value
  const error = new StackError(result.errors)
  error.message = shown(text, result.errors, options)
  throw error
}

/** What is wrong with a text, as people see it; empty when nothing is. Warnings are included. */
export async function problemsOf(text: string, options: StackOptions = {}): Promise<string> {
  const result = await resolveText(text, options)
  return shown(text, [...(result.ok ? [] : result.errors), ...result.warnings], options)
}

/** Resolves a text from memory: no file is touched. */
export async function resolveText(text: string, options: StackOptions = {}): Promise<Checked<ResolvedStack>> {
  const sources = sourcesOf(text, options)
  const readFile = (path: string) => {
    const content = sources.get(path)
    return Promise.resolve(content === undefined ? undefined : new TextEncoder().encode(content))
  }
  const loaded = await loadStack(join(rootOf(options), 'iamstack.yaml'), readFile)
  if (!loaded.ok) return loaded
  const profileNames = selectProfiles(options.profile === undefined ? [] : [options.profile])
  const profiles = await loadProfiles(loaded.value, profileNames, readFile)
  if (!profiles.ok) return profiles
  const { dotenv } = options
  return resolve(loaded.value, {
    ...options,
    profileNames,
    profiles: profiles.value,
    sourceOf: (file) => sources.get(file),
    dotenv: dotenv === undefined ? undefined : { file: join(rootOf(options), '.env'), content: dotenv },
  })
}

function sourcesOf(text: string, options: StackOptions): ReadonlyMap<string, string> {
  const named = /^name:/m.test(text) ? text : `name: test\n${text}`
  const files = {
    ...options.files,
    'iamstack.yaml': named,
    ...(options.dotenv !== undefined && { '.env': options.dotenv }),
  }
  return new Map(Object.entries(files).map(([path, content]) => [join(rootOf(options), path), content]))
}

function shown(text: string, diagnostics: readonly Diagnostic[], options: StackOptions): string {
  const sources = sourcesOf(text, options)
  return formatDiagnostics(diagnostics, {
    sourceOf: (file) => sources.get(file),
    relativeTo: rootOf(options),
  })
}

function rootOf(options: StackOptions): string {
  return options.root ?? '/stack'
}
