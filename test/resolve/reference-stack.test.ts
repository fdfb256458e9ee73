import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkTemplateReferences } from '../../src/resolve/checks/references.ts'
import { configsOf } from '../../src/resolve/checks/consumers.ts'
import { parseTemplate } from '../../src/resolve/interpolate.ts'
import { resolve } from '../../src/resolve/resolve.ts'
import type { ResolvedStack } from '../../src/resolve/resolved.ts'
import type { Checked, Diagnostic } from '../../src/stack/diagnostics.ts'
import { formatDiagnostics } from '../../src/stack/format-diagnostics.ts'
import { targets } from '../../src/stack/language/profile.ts'
import { loadStack } from '../../src/stack/load.ts'
import { loadProfiles } from '../../src/stack/load-profile.ts'

const root = join(import.meta.dirname, '../..')

/** No personal file of whoever runs this may count. */
const read = async (path: string): Promise<Uint8Array | undefined> =>
  path.endsWith('.local.yaml') ? undefined : readFile(path).catch(() => undefined)

async function resolveReference(profile: string): Promise<Checked<ResolvedStack>> {
  const loaded = await loadStack(join(root, 'iamstack.yaml'), read)
  if (!loaded.ok) return loaded
  const profiles = await loadProfiles(loaded.value, [profile], read)
  if (!profiles.ok) return profiles
  return resolve(loaded.value, { profileNames: [profile], profiles: profiles.value, sourceOf })
}

function sourceOf(file: string): string {
  return readFileSync(file, 'utf8')
}

function shown(findings: readonly Diagnostic[]): string {
  return formatDiagnostics(findings, { sourceOf, relativeTo: root })
}

/** What the templates of a config say that the stack cannot answer, for each who mounts them. */
function templateProblems(stack: ResolvedStack): Diagnostic[] {
  return [...stack.services.values(), ...stack.jobs.values()].flatMap((unit) =>
    [...configsOf(unit)].flatMap((name) =>
      (stack.configs.get(name)?.sources ?? []).flatMap((source) =>
        source.kind === 'template'
          ? filesOf(source.pattern).flatMap((file) => problemsOf(stack, file, unit.name))
          : [],
      ),
    ),
  )
}

function problemsOf(stack: ResolvedStack, file: string, reader: string): readonly Diagnostic[] {
  const template = parseTemplate(readFileSync(file, 'utf8'), file, stack.scope)
  return template.ok ? checkTemplateReferences(stack, template.value, reader) : template.errors
}

/** A file, or `folder/*.yaml`: what the reference stack uses. */
function filesOf(pattern: string): string[] {
  if (!pattern.includes('*')) return [pattern]
  const folder = dirname(pattern)
  return readdirSync(folder).flatMap((name) => (name.endsWith('.yaml') ? [join(folder, name)] : []))
}

describe('the reference stack', { timeout: 60_000 }, () => {
  test.each(targets)('is sound on %s, templates included', async (target) => {
    const result = await resolveReference(target)
    expect(shown([...(result.ok ? templateProblems(result.value) : result.errors), ...result.warnings])).toBe(
      '',
    )
  })
})
