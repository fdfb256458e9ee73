import type { Driver } from '../drivers/driver.ts'
import { formatPlan } from '../plan/format.ts'
import type { ResourceId } from '../plan/resource.ts'
import { StepError } from '../plan/step-error.ts'
import type { Plan } from '../plan/step.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { planLine, selectionOf } from '../session/line.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import { planFor } from './up.ts'

/** A plan as it is shown, with what is known beyond it. */
interface Shown {
  readonly stack: ResolvedStack
  readonly plan: Plan
  /** What steps would change inside of what they are about. */
  readonly previews: ReadonlyMap<ResourceId, readonly string[]>
  /** Why nobody could look; then it is planned as if nothing were there. */
  readonly unseen: string | undefined
}

/** What `up` would do, and why. Reads and looks; changes and asks nothing. */
export const planCommand: Command = async (given, around) => {
  const shown = await planAsSeen(given, around)
  around.stdout.write(given.text('output') === 'json' ? asJson(shown) : await asText(shown))
  return exitCodes.ok
}

async function planAsSeen(given: Arguments, around: Surroundings): Promise<Shown> {
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, given.operands)
    const { plan } = await planFor(opened, given, around.signal, 'look')
    const previews = await previewsOf(opened.driver, plan, around.signal)
    return { stack: opened.stack, plan, previews, unseen: undefined }
  } catch (error) {
    const why = error instanceof StepError ? await whyUnseen(opened, error) : undefined
    if (why === undefined) throw error
    return await planUnseen(given, around, why)
  } finally {
    await opened.close()
  }
}

async function previewsOf(driver: Driver, plan: Plan, signal: AbortSignal): Promise<Shown['previews']> {
  const previews = new Map<ResourceId, readonly string[]>()
  for (const step of plan.steps) {
    if (step.op === 'sync') continue
    const lines = await driver.preview?.(step, signal)
    if (lines) previews.set(step.resource, lines)
  }
  return previews
}

/** A cloud that nobody can look into today is planned for all the same; one that is another than was meant is not. */
async function whyUnseen({ stack }: Opened, error: StepError): Promise<string | undefined> {
  if (stack.profile.target !== 'eks') return undefined
  const { AwsError } = await import('../platform/aws/aws-error.ts')
  if (!(error instanceof AwsError)) return undefined
  const { failure } = error
  return failure === 'unknown-key' || failure === 'expired' || failure === 'unreachable'
    ? error.message
    : undefined
}

async function planUnseen(given: Arguments, around: Surroundings, why: string): Promise<Shown> {
  const opened = await openStack(given, around, { offline: true })
  try {
    const { stack, driver } = opened
    const facts = await opened.gather('check')
    const blind = {
      ...driver,
      observe: () => Promise.resolve(new Map<never, never>()),
      observeImages: () => Promise.resolve(new Map<never, never>()),
    }
    const selection = selectionOf(driver.desired(stack, facts), given.operands, !given.isOn('no-deps'))
    const { plan } = await planLine(blind, stack, facts, selection ? { selection } : {}, around.signal)
    return { stack, plan, previews: new Map(), unseen: why }
  } finally {
    await opened.close()
  }
}

function asJson({ stack, plan, previews, unseen }: Shown): string {
  const steps = plan.steps.map(({ id, op, resource, cause, after, destroys, guarded }) => ({
    id,
    op,
    resource,
    cause,
    after,
    destroys,
    guarded,
    changes: previews.get(resource),
  }))
  const { unchanged, kept } = plan
  return `${JSON.stringify({ project: stack.project, steps, unchanged, kept, unseen })}\n`
}

async function asText({ stack, plan, previews, unseen }: Shown): Promise<string> {
  const inside = [...previews].flatMap(([resource, lines]) => [
    `Inside ${resource}:`,
    ...(lines.length === 0 ? ['  nothing would change'] : lines.map((line) => `  ${line}`)),
  ])
  const cost = await costLine(stack)
  return [
    formatPlan(plan),
    ...inside,
    ...(unseen === undefined
      ? []
      : [`Not known: what is there already (${unseen}). All of it is planned as if nothing were.`]),
    ...(cost === undefined ? [] : [cost]),
    '',
  ].join('\n')
}

/** Only a profile with prices has one. */
async function costLine(stack: ResolvedStack): Promise<string | undefined> {
  if (!stack.settings.has('cost') && stack.profile.target !== 'eks') return undefined
  const [{ costOf }, { costSummary }] = await Promise.all([
    import('../cost/cost.ts'),
    import('../cost/format.ts'),
  ])
  const cost = costOf(stack)
  return cost && `While it runs it costs ${costSummary(cost)}; iamstack cost says for what.`
}
