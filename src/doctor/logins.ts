import { openDockerLogins } from '../images/credentials.ts'
import { readDockerConfig } from '../platform/engine/docker-config.ts'
import { parseImageReference } from '../platform/engine/references.ts'
import { StepError } from '../plan/step-error.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Docker's own settings: contexts and logins of registries. */
export async function checkDockerConfig({ env, target }: Subject): Promise<Observation[]> {
  if (target.name !== 'compose') return []
  const { warnings, directory } = await readDockerConfig(env)
  return warnings.length === 0
    ? [ok(`settings of Docker in ${directory} can be read`)]
    : warnings.map(({ message, hint }) => warning(message, hint ?? `look at ${directory}`))
}

/** A login for each registry that images come from. None is right for public images; a broken credential helper is not. */
export async function checkLogins({ env, target, stack }: Subject): Promise<Observation[]> {
  if (target.name !== 'compose' || stack.kind !== 'valid') return []
  const registries = registriesOf(stack.stack)
  const logins = await openDockerLogins(env)
  return Promise.all(
    registries.map(async (registry) => {
      try {
        const found = await logins.credentialsFor(registry)
        return ok(found ? `${registry}: logged in` : `${registry}: no login, enough for public images`)
      } catch (error) {
        if (!(error instanceof StepError)) throw error
        return problem(error.message, error.hint)
      }
    }),
  )
}

function registriesOf(stack: ResolvedStack): string[] {
  const sources = [...stack.services.values(), ...stack.jobs.values()].flatMap(({ image }) => image ?? [])
  const registries = sources.flatMap((source) =>
    source.kind === 'reference' ? [parseImageReference(source.reference).registry] : [],
  )
  return [...new Set(registries)].sort()
}
