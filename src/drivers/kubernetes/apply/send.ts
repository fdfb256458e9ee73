import { canonical } from '../../../plan/hash.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { KindOfObject, KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { conflictsOf, type FieldConflict } from '../../../platform/kubernetes/errors.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import type { Run } from '../../driver.ts'
import { below } from '../diagnose/json.ts'
import { fieldManager } from '../labels.ts'
import { fieldsAnnotation } from '../observe/annotations.ts'
import { ownedFields, packFields, type FieldTree } from '../observe/owned-fields.ts'
import { predictFields } from '../observe/predict-fields.ts'
import { isController } from './managers.ts'
import { objectName } from '../diagnose/refusal.ts'
import { tell } from './told.ts'

export interface Sending {
  readonly client: KubeClient
  readonly kind: KindOfObject
  readonly from: Span | undefined
  readonly run: Run
}

/** Server-side apply of a complete object, which afterwards remembers which of its fields are ours. KubeError when refused. */
export async function send(object: KubeObject, sending: Sending): Promise<KubeObject> {
  const guess = predictFields(withFields(object, {}))
  const made = await sendOnce(withFields(object, guess), sending)
  const owned = ownedFields(made)
  // The server knows better which lists have identities; then it is told what it said.
  if (canonical(owned) === canonical(guess)) return made
  return sendOnce(withFields(object, owned), sending)
}

function withFields(object: KubeObject, fields: FieldTree): KubeObject {
  const { metadata } = object
  const annotations = { ...metadata.annotations, [fieldsAnnotation]: packFields(fields) }
  return { ...object, metadata: { ...metadata, annotations } }
}

async function sendOnce(object: KubeObject, sending: Sending): Promise<KubeObject> {
  const { client, kind, run } = sending
  const options = { fieldManager, signal: run.signal }
  try {
    return await client.apply(kind, object, options)
  } catch (error) {
    const conflicts = conflictsOf(error)
    if (conflicts.length === 0) throw error
    await refuseFight(object, conflicts, sending)
    tellTakenBack(object, conflicts, run)
    return client.apply(kind, object, { ...options, force: true })
  }
}

/** A field that a controller keeps setting cannot be ours as well. */
async function refuseFight(
  object: KubeObject,
  conflicts: readonly FieldConflict[],
  { client, kind, from, run }: Sending,
): Promise<void> {
  const { name, namespace } = object.metadata
  const live = await client.get(kind, namespace, name, run.signal)
  const entries = live?.metadata.managedFields ?? []
  const claimed = conflicts.filter(({ manager }) =>
    entries.some((entry) => entry.manager === manager && isController(entry)),
  )
  const fought =
    claimed.some(isScaling) && !(await isScaledByLoad(object, client, run))
      ? claimed.filter((each) => !isScaling(each))
      : claimed
  const [first] = fought
  if (!first) return
  throw new StepError(
    'deploy',
    `${objectName(object)}: ${first.manager} owns ${fieldText(first)}, and would set it again`,
    {
      span: from,
      evidence: fought.map((each) => `${fieldText(each)}, by ${each.manager}`),
      hint: `let one of the two decide: leave the field out of the stack file (\`scale:\` leaves replicas to an autoscaler), or take ${first.manager} off this object`,
    },
  )
}

/** The number of replicas, as the autoscaler or `kubectl autoscale` leaves it. */
function isScaling({ field, manager }: FieldConflict): boolean {
  return field === '.spec.replicas' && manager === 'kube-controller-manager'
}

/** An autoscaler that is gone has left its name on what it set. */
async function isScaledByLoad({ metadata }: KubeObject, client: KubeClient, run: Run): Promise<boolean> {
  const options = { namespace: metadata.namespace }
  const { items } = await client.list(kinds.HorizontalPodAutoscaler, options, run.signal)
  return items.some((item) => below(item, 'spec', 'scaleTargetRef', 'name') === metadata.name)
}

function tellTakenBack(object: KubeObject, conflicts: readonly FieldConflict[], run: Run): void {
  const foreign = conflicts.filter(({ manager }) => !manager.startsWith(fieldManager))
  if (foreign.length === 0) return
  const fields = foreign.map((each) => `${fieldText(each)}, set by ${each.manager}`).join('; ')
  tell(run, `${objectName(object)}: taken back ${fields}`)
}

function fieldText({ field }: FieldConflict): string {
  return field.replace(/^\./, '').replace(/\[name="([^"]*)"\]/g, '[$1]')
}
