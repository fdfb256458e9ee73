import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, run } from '../platform/run.ts'
import { checked, errorAt, type Checked, type Diagnostic, type Span } from '../stack/diagnostics.ts'

/** Names that kustomize looks for in a folder. */
const recipes = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
/** Milliseconds. Bases in other repositories are fetched. */
const patience = 60_000

/** The recipe of a kustomize folder, absolute; undefined for any other folder. */
export function kustomizationIn(folder: string): string | undefined {
  return recipes.map((name) => join(folder, name)).find((file) => existsSync(file))
}

/** What a kustomize folder builds to, as YAML: by `kubectl`, else by `kustomize`. `from` is where the stack names the folder. */
export async function buildKustomization(folder: string, from: Span): Promise<Checked<string>> {
  const commands = [
    ['kubectl', 'kustomize', folder],
    ['kustomize', 'build', folder],
  ] as const
  for (const command of commands) {
    try {
      const { exitCode, stdout, stderr } = await run(command, { timeout: patience })
      if (exitCode === 0) return checked(stdout, [])
      return failed(errorAt('manifest/kustomize', `${folder} cannot be built: ${reasonIn(stderr)}`, from))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      if (error.reason !== 'not-found') return failed(errorAt('manifest/kustomize', error.message, from))
    }
  }
  return failed(
    errorAt(
      'manifest/kustomize',
      `${folder} is a kustomize folder, and neither kubectl nor kustomize is installed`,
      from,
      'install kubectl, which can build it',
    ),
  )
}

function reasonIn(stderr: string): string {
  return (
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^error: /i, '') ?? ''
  )
}

function failed(error: Diagnostic): Checked<never> {
  return { ok: false, errors: [error], warnings: [] }
}
