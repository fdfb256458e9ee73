import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { fieldsAnnotation } from './annotations.ts'
import { isOurs, ownedFields, pathText, treeOf, unpackFields, type FieldTree } from './owned-fields.ts'

/** More than these are counted only. */
const mostNamed = 3

/**
 * Which fields that we applied are ours no longer, in words: `spec.template.spec.containers[web].image, by kubectl-edit`. Whoever
 * changes a field takes it over in `managedFields`, and one that is removed leaves them; so the set that we had, remembered on the
 * object, is compared with the set that we have. Undefined when nothing is missing.
 */
export function driftOf(object: KubeObject): string | undefined {
  const packed = object.metadata.annotations?.[fieldsAnnotation]
  const had = packed === undefined ? undefined : unpackFields(packed)
  if (!had) return undefined
  const lost = missingPaths(had, ownedFields(object)).filter((path) => !isReplicas(object, path))
  if (lost.length === 0) return undefined
  const others = object.metadata.managedFields?.filter((each) => !isOurs(each)) ?? []
  const named = outermost(lost).map((path) => {
    const taker = others.find((entry) => holds(treeOf(entry.fieldsV1), path))
    return `${pathText(path)}, ${taker?.manager === undefined ? 'removed' : `by ${taker.manager}`}`
  })
  const more = named.length > mostNamed ? `, and ${String(named.length - mostNamed)} more` : ''
  return named.slice(0, mostNamed).join('; ') + more
}

/** Replicas are compared as a number, whoever set them. */
function isReplicas({ kind }: KubeObject, path: readonly string[]): boolean {
  return (kind === 'Deployment' || kind === 'StatefulSet') && path.join('/') === 'f:spec/f:replicas'
}

/** Paths of leaves of `had` that `has` does not cover. One that is whole on either side covers what is below it. */
export function missingPaths(had: FieldTree, has: FieldTree, path: readonly string[] = []): string[][] {
  return Object.entries(had).flatMap(([step, inner]) => {
    const below = has[step]
    if (below === undefined) return leavesOf(inner, [...path, step])
    return isLeaf(below) ? [] : missingPaths(inner, below, [...path, step])
  })
}

function leavesOf(tree: FieldTree, path: readonly string[]): string[][] {
  return isLeaf(tree)
    ? [[...path]]
    : Object.entries(tree).flatMap(([step, inner]) => leavesOf(inner, [...path, step]))
}

function isLeaf(tree: FieldTree): boolean {
  return Object.keys(tree).length === 0
}

/** An element of a list that is gone is told as one thing, not field by field. */
function outermost(paths: readonly string[][]): string[][] {
  const removed = paths.filter((path) => path.at(-1) === '.').map((path) => path.slice(0, -1))
  const isBelow = (path: readonly string[]): boolean =>
    removed.some((outer) => outer.length < path.length && outer.every((step, index) => step === path[index]))
  return [...removed, ...paths.filter((path) => path.at(-1) !== '.' && !isBelow(path))]
}

function holds(tree: FieldTree, path: readonly string[]): boolean {
  let inner: FieldTree | undefined = tree
  for (const step of path) {
    inner = inner[step]
    if (inner === undefined) return false
  }
  return true
}
