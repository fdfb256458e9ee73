import { builtInKinds } from '../../drivers/kubernetes/manifests/built-in-kinds.ts'
import { groupOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import type { KubeResource } from '../../drivers/kubernetes/spec.ts'
import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../stack/schema/suggest.ts'
import { checkConsistency } from './consistency.ts'
import { checkNames } from './names.ts'
import { nameOf, placeOf, type PlacedObject } from './place.ts'
import { removedApi } from './removed.ts'
import { kubernetesTypes, versionNumber, type KubernetesTypes } from './types.ts'
import { validateObject } from './validate.ts'

export interface TargetVersions {
  /** Versions of Kubernetes that objects must be valid for; an API that the newest has removed is refused. */
  readonly versions: { readonly oldest: string; readonly newest: string }
  /** Inclusive. Default: 30000 to 32767. */
  readonly nodePortRange?: readonly [number, number]
}

/**
 * Compares objects with Kubernetes' own description of their kinds, without a cluster (S104): unknown and missing fields, wrong
 * types and values, numbers out of range, names that the server refuses, parts that do not fit each other, removed versions.
 * Kinds of others (CRDs) are checked by name and labels only.
 */
export async function checkObjects(
  objects: readonly PlacedObject[],
  { versions, nodePortRange = [30_000, 32_767] }: TargetVersions,
): Promise<Diagnostic[]> {
  const types = await kubernetesTypes()
  return objects.flatMap((placed) => {
    const unserved = checkVersion(placed, versions.newest, types)
    if (unserved) return [unserved]
    const inDetail = validateObject(placed, { types, version: versions.newest, nodePortRange })
    // Parts of the wrong shape would only be told again in other words.
    const isSound = inDetail.every(({ code }) => code !== 'schema/type')
    return [...inDetail, ...checkNames(placed), ...(isSound ? checkConsistency(placed) : [])]
  })
}

/** The objects of resources with their places. */
export function placedObjects(resources: readonly KubeResource[]): PlacedObject[] {
  return resources.flatMap(({ spec }) => (spec.kind === 'objects' ? spec.objects : []))
}

function checkVersion(placed: PlacedObject, newest: string, types: KubernetesTypes): Diagnostic | undefined {
  const { apiVersion, kind } = placed.object
  const span = placeOf(placed, ['apiVersion'])
  const removed = removedApi(apiVersion, kind)
  if (removed && versionNumber(newest) < versionNumber(removed.since)) return undefined
  if (removed) {
    const message = `${nameOf(placed)}: Kubernetes ${removed.since} has removed ${kind} of ${apiVersion}`
    const hint = [
      ...(removed.instead === undefined ? [] : [`write apiVersion: ${removed.instead}`]),
      ...(removed.hint === undefined ? [] : [removed.hint]),
    ].join('; ')
    return errorAt('schema/removed-api', message, span, hint)
  }
  const isOurs = builtInKinds.some(([each]) => groupOf(each) === groupOf(apiVersion))
  if (!isOurs || types.kinds[`${apiVersion}/${kind}`] !== undefined) return undefined
  return unknownKind(placed, apiVersion, kind, types)
}

function unknownKind(
  placed: PlacedObject,
  apiVersion: string,
  kind: string,
  types: KubernetesTypes,
): Diagnostic {
  const message = `${nameOf(placed)}: Kubernetes ${types.version} has no ${kind} in ${apiVersion}`
  const elsewhere = Object.keys(types.kinds).filter((each) => each.endsWith(`/${kind}`))
  const served = elsewhere.map((each) => each.slice(0, -kind.length - 1))
  if (served.length > 0)
    return errorAt(
      'schema/unknown-kind',
      message,
      placeOf(placed, ['apiVersion']),
      `write apiVersion: ${served.join(' or ')}`,
    )
  const near = nearest(
    kind,
    Object.keys(types.kinds)
      .filter((each) => each.startsWith(`${apiVersion}/`))
      .map((each) => each.slice(apiVersion.length + 1)),
  )
  const hint = near === undefined ? 'see `kubectl api-resources`' : didYouMean(near)
  return errorAt('schema/unknown-kind', message, placeOf(placed, ['kind']), hint)
}
