import { preflight, type ClusterNeeds } from '../../clusters/preflight.ts'
import type { Plan, Step } from '../../plan/step.ts'
import type { AccessQuestion, KubeObject } from '../../platform/kubernetes/client.ts'
import { connected, type KubeContext } from './context.ts'
import { StackError } from '../../stack/diagnostics.ts'
import type { DesiredObject, KubeResource, KubeSpec } from './spec.ts'

/**
 * Looks whether the cluster can take a plan, before anything of it is done (S62, S63, S87). Throws one StepError for everything
 * that is missing; the result are doubts, in words.
 */
export async function preflightOf(
  context: KubeContext,
  plan: Plan,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await context.cluster.preflight?.(plan, signal)
  const applied = plan.steps.flatMap(objectsOf)
  if (applied.length === 0) return []
  await refuseInvalid(context, plan)
  const { error, warnings } = await preflight(await connected(context), needsOf(applied), signal)
  if (error) throw error
  return warnings
}

/** What the server would refuse is told at its line, all of it, and nothing is half applied (S104, S105). */
async function refuseInvalid({ cluster }: KubeContext, plan: Plan): Promise<void> {
  const { checkObjects, placedObjects } = await import('../../lint/schema/check-objects.ts')
  const { duplicateObjects } = await import('./manifests/duplicates.ts')
  const { versions, nodePortRange } = cluster.abilities
  const changed = plan.steps.flatMap((step) => ('wanted' in step ? [step.wanted as KubeResource] : []))
  const found = [
    ...duplicateObjects(changed),
    ...(await checkObjects(placedObjects(changed), { versions, nodePortRange })),
  ]
  const errors = found.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new StackError(errors)
}

function objectsOf(step: Step): readonly DesiredObject[] {
  if (!('wanted' in step) || step.op === 'wait') return []
  const spec = step.wanted.spec as KubeSpec
  return spec.kind === 'objects' ? spec.objects : []
}

function needsOf(objects: readonly DesiredObject[]): ClusterNeeds {
  const claims = objects
    .filter(({ kind }) => kind.kind === 'PersistentVolumeClaim')
    .map(({ object }) => object)
  const classOf = (claim: KubeObject): unknown =>
    (claim['spec'] as { storageClassName?: unknown } | undefined)?.storageClassName
  const classes = claims.map(classOf).filter((name) => typeof name === 'string')
  return {
    claimsWithoutClass: claims
      .filter((claim) => classOf(claim) === undefined)
      .map(({ metadata }) => metadata.name),
    classes: [...new Set(classes)],
    access: rightsFor(objects),
    runsPods: objects.some(({ kind }) => podMakers.has(kind.kind)),
  }
}

const podMakers: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Pod',
])

/** Server-side apply is a patch that may create. Kinds that only the server knows are left to it. */
function rightsFor(objects: readonly DesiredObject[]): AccessQuestion[] {
  const questions = new Map<string, AccessQuestion>()
  for (const { kind, object, isKindGuessed } of objects) {
    if (isKindGuessed) continue
    const group = kind.apiVersion.includes('/') ? (kind.apiVersion.split('/')[0] ?? '') : ''
    const namespace = kind.isNamespaced ? object.metadata.namespace : undefined
    for (const verb of ['create', 'patch'] as const) {
      const question = { verb, group, resource: kind.plural, namespace }
      questions.set(JSON.stringify(question), question)
    }
  }
  return [...questions.values()]
}
