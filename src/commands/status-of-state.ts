import type { RememberedSmoke } from '../session/smoke-memory.ts'
import type { ResourceState, SmokeState, State } from '../state/state.ts'
import { isNamed, type Status, type StatusRow } from './status.ts'

/** What `status` tells, as a running `dev` knows it; what goes on with a resource, or holds it up, is told as its detail. */
export function statusOfState(state: State, names: readonly string[]): Status {
  const rows = [...state.resources.values()]
    .filter(({ id }) => !id.startsWith('image/') && !id.startsWith('delivery/') && isNamed(id, names))
    .filter(isThereOrWanted)
    .map(rowOf)
  return { rows, smoke: [...state.smoke].flatMap(smokeOf) }
}

/** What was deleted is known for as long as `dev` runs; services and jobs are shown even so. */
function isThereOrWanted({ id, health }: ResourceState): boolean {
  return health !== 'absent' || /^(service|job)\//.test(id)
}

function rowOf(resource: ResourceState): StatusRow {
  const { id, health, detail, replicas, step, hold, drift, facts, failure } = resource
  return {
    resource: id,
    health,
    detail:
      failure?.message ?? (step && `${step.op}: ${step.cause}`) ?? hold ?? (detail === '' ? health : detail),
    replicas,
    drift,
    facts,
  }
}

function smokeOf([check, seen]: readonly [check: string, seen: SmokeState]): RememberedSmoke[] {
  const { outcome, milliseconds = 0, at, failure } = seen
  if (outcome === 'running') return []
  return [{ check, outcome, milliseconds, at, ...(failure && { message: failure.message }) }]
}
