import type { Observed, ObservedResource, Resource, ResourceId } from '../plan/resource.ts'
import type { Plan } from '../plan/step.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { styleFor } from '../report/style.ts'
import { statusTable } from '../report/status.ts'
import { lookAsDev, type SightOfDev } from '../session/dev-sight.ts'
import { planLine } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { readSmokeResults, type RememberedSmoke } from '../session/smoke-memory.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'

/** One row of `status`: what is wanted, what is there, and what differs. The published form of `status -o json`. */
export interface StatusRow {
  readonly resource: ResourceId
  readonly health: ObservedResource['health']
  readonly detail: string
  readonly replicas: { readonly ready: number; readonly wanted: number } | undefined
  /** What `up` would do and why; undefined when it is as the stack says. */
  readonly drift: string | undefined
  readonly facts: Readonly<Record<string, string | number>>
}

/** Everything that `status` tells. */
export interface Status {
  readonly rows: readonly StatusRow[]
  readonly smoke: readonly RememberedSmoke[]
  /** Of a cluster in the cloud that is there, by the prices of the profile. */
  readonly cost?: string | undefined
}

/** Observes and compares, changing nothing; with `--watch` again and again. */
export const status: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    if (given.isOn('watch')) {
      const { watchStatus } = await import('./status-watch.ts')
      return await watchStatus(opened, given, around)
    }
    const seen = await lookAtStatus(opened, given, around)
    around.stdout.write(
      given.text('output') === 'json'
        ? statusJson(opened, seen)
        : `${statusText(opened, seen, given, around)}\n`,
    )
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}

/** One look at the target, compared with the stack. */
export async function lookAtStatus(opened: Opened, given: Arguments, around: Surroundings): Promise<Status> {
  const facts = await opened.gather('look')
  const { plan, desired, observed } = await planLine(opened.driver, opened.stack, facts, {}, around.signal)
  const edited = plan.steps.length > 0 ? await lookAsDev(opened, given, around) : undefined
  const rows = rowsOf(desired, observed, plan)
    .map((row) => (edited ? asDevLeftIt(row, edited) : row))
    .filter(({ resource }) => isNamed(resource, given.operands))
  const [smoke, cost] = await Promise.all([
    readSmokeResults(opened.memory, opened.stack.smoke),
    runningCost(opened.stack, rows),
  ])
  return { rows, smoke, cost }
}

/** What a cluster in the cloud costs while it is there. */
async function runningCost(stack: ResolvedStack, rows: readonly StatusRow[]): Promise<string | undefined> {
  const isThere = rows.some(({ resource, health }) => resource.startsWith('cluster/') && health !== 'absent')
  if (stack.profile.target !== 'eks' || !isThere) return undefined
  const [{ costOf }, { costSummary }] = await Promise.all([
    import('../cost/cost.ts'),
    import('../cost/format.ts'),
  ])
  const found = costOf(stack)
  return found && `costs ${costSummary(found)}`
}

/** One line of JSON, as `iamstack schema results` publishes it. */
export function statusJson({ stack }: Opened, { rows, smoke }: Status): string {
  const { project, profile } = stack
  return `${JSON.stringify({ project, target: profile.target, resources: rows, smoke })}\n`
}

export function statusText(
  { stack }: Opened,
  { rows, smoke, cost }: Status,
  given: Arguments,
  { stdout, env }: Surroundings,
): string {
  const table = statusTable(stack, rows, smoke, styleFor(given.text('ansi'), stdout, env), stdout.columns)
  return cost === undefined ? table : `${table}\n${cost}`
}

/** A service that `dev` keeps up to date is in sync, or lacks just what `dev` would write into it. */
function asDevLeftIt(row: StatusRow, { plan, files }: SightOfDev): StatusRow {
  const count = files.get(row.resource)
  if (count === undefined) return row
  const step = plan.steps.find(({ resource, op }) => resource === row.resource && op !== 'wait')
  if (step && step.op !== 'sync') return row
  const words = count === 1 ? '1 file' : `${count} files`
  return {
    ...row,
    detail: `${row.detail}, in sync by dev: ${words} since its image`,
    drift: step && `dirty: ${step.cause} to be written in`,
  }
}

export type { RememberedSmoke }

export function isNamed(resource: ResourceId, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(resource.slice(resource.indexOf('/') + 1))
}

function rowsOf(desired: readonly Resource[], observed: Observed, plan: Plan): StatusRow[] {
  const wanted = desired.filter(({ kind }) => kind !== 'image' && kind !== 'delivery')
  const known = new Set(wanted.map(({ id }) => id))
  const unwanted = [...observed.values()].filter(
    ({ id, health }) => !known.has(id) && !id.startsWith('image/') && health !== 'absent',
  )
  return [
    ...wanted.map((resource) => rowOf(resource.id, observed.get(resource.id), resource.replicas, plan)),
    ...unwanted.map((seen) => rowOf(seen.id, seen, undefined, plan)),
  ]
}

function rowOf(
  id: ResourceId,
  seen: ObservedResource | undefined,
  wanted: number | undefined,
  plan: Plan,
): StatusRow {
  const step = plan.steps.find((each) => each.resource === id && each.op !== 'wait')
  return {
    resource: id,
    health: seen?.health ?? 'absent',
    detail: seen?.detail ?? 'not there',
    replicas: wanted === undefined ? undefined : { ready: seen?.replicas?.ready ?? 0, wanted },
    drift: step && `${step.op}: ${step.cause}`,
    facts: seen?.facts ?? {},
  }
}
