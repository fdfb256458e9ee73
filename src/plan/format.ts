import { subjectOf } from './words.ts'
import type { Plan, Step } from './step.ts'

/**
 * A plan as a person reads it: one line a step with its sign, what and why, what it waits for, and what it destroys.
 * Tests compare this text.
 */
export function formatPlan(plan: Plan): string {
  const kept = plan.kept.map(({ resource, why }) => `= keep    ${resource}  ${why}`)
  if (plan.steps.length === 0)
    return [
      ...kept,
      `Nothing to do: ${plan.unchanged.length === 1 ? '1 resource is' : `${plan.unchanged.length} resources are`} as the stack says.`,
    ].join('\n')
  const width = Math.max(...plan.steps.map((step) => step.resource.length))
  const lines = plan.steps.flatMap((step) => [
    `${sign(step)} ${step.op.padEnd(7)} ${step.resource.padEnd(width)}  ${step.cause}${waits(step)}`,
    ...(step.destroys === undefined
      ? []
      : [`! ${' '.repeat(8)}${' '.repeat(width)}  destroys ${step.destroys}`]),
    ...(step.guarded === undefined ? [] : [`! ${' '.repeat(8)}${' '.repeat(width)}  ${step.guarded}`]),
  ])
  return [...lines, ...kept, summary(plan)].join('\n')
}

function sign(step: Step): string {
  switch (step.op) {
    case 'create':
    case 'build':
    case 'deliver':
    case 'run':
      return '+'
    case 'update':
    case 'replace':
    case 'restart':
    case 'reload':
    case 'scale':
    case 'sync':
      return '~'
    case 'stop':
    case 'delete':
      return '-'
    case 'wait':
      return '…'
    default:
      return step satisfies never
  }
}

function waits(step: Step): string {
  if (step.after.length === 0) return ''
  return `  [after ${step.after.map(({ step: id, until }) => `${subjectOf(id)}${until === 'healthy' ? ' healthy' : ''}`).join(', ')}]`
}

function summary(plan: Plan): string {
  const counts = new Map<string, number>()
  for (const { op } of plan.steps) counts.set(op, (counts.get(op) ?? 0) + 1)
  const destroying = plan.steps.filter((step) => step.destroys !== undefined).length
  const parts = [...counts].map(([op, count]) => `${count} to ${op}`)
  return [
    `Plan: ${parts.join(', ')}; ${plan.unchanged.length} unchanged.`,
    ...(destroying > 0 ? [`Data is lost in ${destroying === 1 ? '1 step' : `${destroying} steps`}.`] : []),
  ].join(' ')
}
