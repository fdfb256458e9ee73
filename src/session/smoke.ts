import { isRunSmoke, jobOfSmoke } from '../drivers/smoke-job.ts'
import type { ResourceId } from '../plan/resource.ts'
import type { Smoke } from '../resolve/resolved.ts'
import type { SmokeResult } from '../smoke/target.ts'
import type { Opened } from './opened.ts'
import { writeSmokeResults, type RememberedSmoke } from './smoke-memory.ts'
import { StepError } from '../plan/step-error.ts'

/** The images that `run` checks start, as every target may call them: built or fetched, and delivered. */
export function imagesOfChecks(checks: readonly Smoke[]): ReadonlySet<ResourceId> {
  return new Set(
    checks.filter(isRunSmoke).flatMap(({ check: { image } }): ResourceId[] => {
      const name = image.kind === 'built' ? image.image : image.reference
      return [`image/${name}`, `delivery/${name}`]
    }),
  )
}

/** Runs checks against what is ready now, tells how they go, and remembers how they ended. */
export async function runSmokeChecks(
  opened: Opened,
  checks: readonly Smoke[],
  signal: AbortSignal,
): Promise<RememberedSmoke[]> {
  if (checks.length === 0) return []
  const facts = opened.gathered()?.facts ?? (await opened.gather('look'))
  const { runSmoke } = await import('../smoke/run.ts')
  const results = await runSmoke(
    checks,
    {
      endpoint: (service, port) => opened.driver.endpoint(service, port),
      exec: (request, abort) => opened.driver.exec(request, abort),
      runOnce: async (check, { stdout, stderr }, abort) => {
        const job = jobOfSmoke(check)
        const resource = opened.driver
          .desired({ ...opened.stack, jobs: new Map([...opened.stack.jobs, [job.name, job]]) }, facts)
          .find(({ id }) => id === `job/${job.name}`)
        if (!resource) throw new StepError('internal', `the target made no job of smoke test ${job.name}`)
        return opened.driver.runOnce({ name: job.name, job: resource, stdout, stderr }, abort)
      },
      redact: opened.redact,
      lookup: (reference, from) => opened.lookup(reference, from === 'host' ? undefined : from.service),
    },
    opened.materials,
    opened.emit,
    signal,
  )
  const remembered = results.map(toRemember)
  await writeSmokeResults(opened.memory, remembered)
  return remembered
}

function toRemember(result: SmokeResult): RememberedSmoke {
  return {
    check: result.check,
    outcome: result.outcome,
    milliseconds: result.milliseconds,
    at: result.at,
    ...(result.failure && { message: result.failure.message }),
  }
}
