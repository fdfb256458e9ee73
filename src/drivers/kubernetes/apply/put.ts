import { setTimeout as sleep } from 'node:timers/promises'
import { StepError } from '../../../plan/step-error.ts'
import {
  KubeError,
  type KindOfObject,
  type KubeClient,
  type KubeObject,
} from '../../../platform/kubernetes/client.ts'
import type { Run } from '../../driver.ts'
import { filledObject } from './fill.ts'
import type { KubeContext } from '../context.ts'
import { below } from '../diagnose/json.ts'
import { fieldManager, projectLabel, resourceAnnotation } from '../labels.ts'
import type { Found } from '../observe/look.ts'
import { isOurs, ownedFields } from '../observe/owned-fields.ts'
import { recordKind } from '../observe/recorded-kinds.ts'
import type { DesiredObject, KubeResource } from '../spec.ts'
import { removingFor, untilGone } from './gone.ts'
import { isImmutable, objectName, refusal } from '../diagnose/refusal.ts'
import { replaceObject } from './replace.ts'
import { send } from './send.ts'

export interface Putting {
  readonly context: KubeContext
  readonly client: KubeClient
  readonly wanted: KubeResource
  readonly run: Run
  /** What of the resource is there. */
  readonly group: readonly Found[]
  /** The plan says that what is lost by making it anew may be lost. */
  readonly mayReplace: boolean
}

/** Milliseconds that a kind may need after its definition was made, and a webhook after its own start. */
const settling = 10_000

/** One object as it should be: applied, or made anew where the server refuses to change it. */
export async function put(
  desired: DesiredObject,
  annotations: Readonly<Record<string, string>>,
  putting: Putting,
): Promise<void> {
  const { context, client, run, wanted } = putting
  const kind = await kindOf(desired, putting)
  // Raw objects may be of any kind and anywhere: where to look for them is written down before they are made.
  if (wanted.kind === 'manifest')
    await recordKind(context.memory, {
      kind,
      namespace: kind.isNamespaced ? desired.object.metadata.namespace : undefined,
    })
  const complete = withAnnotations(await filledObject(context, desired), annotations)
  const live = await liveObject(kind, desired.object, putting)
  if (live?.metadata.deletionTimestamp !== undefined)
    await untilGone({ kind, object: live }, removingFor(client, run, wanted.id))
  else if (live) await keepReplicas({ kind, object: live }, desired.object, putting)
  const sending = { client, kind, from: desired.from, run }
  try {
    await patiently(() => send(complete, sending), putting)
  } catch (error) {
    const attempt = { verb: 'apply', object: desired.object, from: desired.from }
    if (!live || !isImmutable(error)) throw refusal(error, attempt)
    await replaceObject({ kind, object: live }, desired, refusal(error, attempt), putting)
    await send(complete, sending).catch((again: unknown) => {
      throw refusal(again, attempt)
    })
  }
}

function withAnnotations(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } }
}

async function kindOf(
  { kind, object, from, isKindGuessed }: DesiredObject,
  { client, run }: Putting,
): Promise<KindOfObject> {
  if (!isKindGuessed) return kind
  const end = Date.now() + settling
  for (;;) {
    const known = await client.kindOf(object.apiVersion, object.kind)
    if (known) return known
    if (Date.now() > end)
      throw new StepError('precondition', `this cluster has no kind ${object.kind} (${object.apiVersion})`, {
        span: from,
        hint: 'install what defines it first, or put its CustomResourceDefinition among the manifests',
      })
    await sleep(500, undefined, { signal: run.signal })
  }
}

/** The object under that name. StepError when it belongs to somebody else. */
async function liveObject(
  kind: KindOfObject,
  object: KubeObject,
  { client, run, group, context, wanted }: Putting,
): Promise<KubeObject | undefined> {
  const { name, namespace } = object.metadata
  const known = group.find(
    (each) =>
      each.kind.kind === kind.kind &&
      each.object.metadata.name === name &&
      each.object.metadata.namespace === namespace,
  )
  if (known) return known.object
  const live = await client.get(kind, namespace, name, run.signal)
  if (!live || live.metadata.labels?.[projectLabel] === context.project || isUnlabelled(live, wanted))
    return live
  // Every namespace has one from its beginning, for whoever wants to say something about it.
  if (kind.kind === 'ServiceAccount' && name === 'default') return live
  const owner = live.metadata.labels?.[projectLabel]
  const whose = owner === undefined ? 'was not made by iamstack' : `belongs to ${owner}`
  throw new StepError('precondition', `${objectName(live)} is there already, and ${whose}`, {
    span: wanted.from,
    hint: `choose another name, remove it, or hand it over: kubectl label ${kind.plural}${namespace === undefined ? '' : ` -n ${namespace}`} ${name} ${projectLabel}=${context.project}`,
  })
}

/** Ours, although somebody took the label off that says so. */
function isUnlabelled({ metadata }: KubeObject, { id }: KubeResource): boolean {
  return (
    metadata.labels?.[projectLabel] === undefined &&
    metadata.annotations?.[resourceAnnotation] === id &&
    (metadata.managedFields?.some(isOurs) ?? false)
  )
}

/** Holds a number of replicas that is no longer ours until an autoscaler does: what nobody owns falls back to one. */
const handOver = `${fieldManager}-scale`

async function keepReplicas(
  { kind, object }: Found,
  wanted: KubeObject,
  { client, run }: Putting,
): Promise<void> {
  const replicas = below(object, 'spec', 'replicas')
  const isLetGo = replicas !== undefined && below(wanted, 'spec', 'replicas') === undefined
  const isOwned = below(ownedFields(object), 'f:spec', 'f:replicas') !== undefined
  if (!isLetGo || !isOwned || (kind.kind !== 'Deployment' && kind.kind !== 'StatefulSet')) return
  const { apiVersion, kind: name, metadata } = wanted
  const place = {
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
  }
  // Only who applies a value that is there already comes to own it as well.
  const held = { apiVersion, kind: name, metadata: place, spec: { replicas } }
  await client.apply(kind, held, { fieldManager: handOver, force: true, signal: run.signal })
}

/** Tries again while the kind is being set up, or a webhook has not started yet. */
async function patiently<T>(work: () => Promise<T>, { run, wanted }: Putting): Promise<T> {
  const end = Date.now() + settling
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isEarly =
        error instanceof KubeError &&
        ((error.status === 404 && wanted.kind === 'manifest') ||
          (error.status === 500 && error.message.includes('failed calling webhook')))
      if (!isEarly || Date.now() > end) throw error
      await sleep(500, undefined, { signal: run.signal })
    }
  }
}
