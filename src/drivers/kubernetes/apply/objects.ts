import type { Run } from '../../driver.ts'
import { connected, type KubeContext } from '../context.ts'
import { partsAnnotation, resourceAnnotation } from '../labels.ts'
import { objectsAnnotation } from '../observe/annotations.ts'
import { isSameKind, type Found } from '../observe/look.ts'
import { isWorkload } from '../observe/services.ts'
import { specOf, type DesiredObject, type KubeResource } from '../spec.ts'
import { removeWhole, removingFor } from './gone.ts'
import { present, noteWrite } from './present.ts'
import { put, type Putting } from './put.ts'

export interface Changing {
  readonly mayReplace: boolean
  /** Annotations of the first object beside the description of the resource. */
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * Makes the objects of a resource as they should be, and deletes what it had and no longer wants. The first object, which carries
 * the description of the resource, comes last: an interruption before it leaves the old description, so the rest is done again.
 */
export async function applyObjects(
  context: KubeContext,
  wanted: KubeResource,
  run: Run,
  { mayReplace, annotations = {} }: Changing,
): Promise<void> {
  const [first, ...others] = specOf(wanted, 'objects').objects
  // A volume of which each replica has its own is made by their controller.
  if (!first) return
  const client = await connected(context)
  const group = await present(context, client, wanted.id)
  noteWrite(client, wanted.id)
  try {
    await changeObjects([first, ...others], annotations, { context, client, wanted, run, group, mayReplace })
  } finally {
    noteWrite(client, wanted.id)
  }
}

async function changeObjects(
  [first, ...others]: readonly [DesiredObject, ...DesiredObject[]],
  annotations: Readonly<Record<string, string>>,
  putting: Putting,
): Promise<void> {
  const { wanted, group } = putting
  const unwanted = group.filter(({ kind, object }) => !isAmong([first, ...others], kind, object))
  // Two controllers must not hold the same pods, or one volume, or set one number.
  await removeAll(
    unwanted.filter(({ object }) => isController(object.kind)),
    putting,
  )
  const shared = { [resourceAnnotation]: wanted.id }
  await Promise.all(others.map((each) => put(each, shared, putting)))
  await put(
    first,
    {
      ...shared,
      ...annotations,
      [partsAnnotation]: JSON.stringify(wanted.parts),
      ...(others.length > 0 && {
        [objectsAnnotation]: JSON.stringify(
          others.map(({ object }) => `${object.kind}/${object.metadata.name}`),
        ),
      }),
    },
    putting,
  )
  await removeAll(
    unwanted.filter(({ object }) => !isController(object.kind)),
    putting,
  )
}

function isAmong(wanted: readonly DesiredObject[], kind: Found['kind'], object: Found['object']): boolean {
  return wanted.some(
    (each) =>
      isSameKind(each.kind, kind) &&
      each.object.metadata.name === object.metadata.name &&
      each.object.metadata.namespace === object.metadata.namespace,
  )
}

/** What acts by itself. */
function isController(kind: string): boolean {
  return isWorkload(kind) || kind === 'CronJob' || kind === 'HorizontalPodAutoscaler'
}

async function removeAll(found: readonly Found[], { client, run, wanted }: Putting): Promise<void> {
  await Promise.all(found.map((each) => removeWhole(each, removingFor(client, run, wanted.id))))
}
