import type { Job, Smoke } from '../resolve/resolved.ts'
import type { RunSmoke } from '../smoke/target.ts'

/** A `run` check is a job that runs whenever it is asked to. */
export function jobOfSmoke({ name, check, timeout, from }: RunSmoke): Job {
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

export function isRunSmoke(smoke: Smoke): smoke is RunSmoke {
  return smoke.check.kind === 'run'
}
