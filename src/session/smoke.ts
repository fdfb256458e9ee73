import type { Job, Smoke } from '../resolve/resolved.ts'
import type { RunSmoke, SmokeResult } from '../smoke/target.ts'
import type { Opened } from './opened.ts'
import { writeSmokeResults, type RememberedSmoke } from './smoke-memory.ts'
import { StepError } from '../plan/step-error.ts'

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
        const job = jobOf(check)
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

/** A `run` check is a job that runs whenever it is asked to. */
function jobOf({ name, check, timeout, from }: RunSmoke): Job {
  return {
    name: `smoke-${name}`,
    image: check.image,
    entrypoint: undefined,
    command: check.command,
    workingDir: undefined,
    env: check.env,
    envFrom: [],
    mounts: [],
    needs: [],
    run: 'always',
    retries: 0,
    timeout,
    resources: { cpu: undefined, memory: undefined, limits: { cpu: undefined, memory: undefined } },
    user: undefined,
    group: undefined,
    isReadOnlyRoot: false,
    process: check.process,
    from,
    at: () => from,
  }
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
