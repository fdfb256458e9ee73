import { listOf, recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import { podTemplatePath, valueUnder } from '../../drivers/kubernetes/manifests/pod-template.ts'
import type { Finding, Rule } from '../finding.ts'
import { nameOf, placeOf, type Path, type PlacedObject } from '../schema/place.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Pods of one object, as rules look at them. */
export interface LintedPods {
  readonly placed: PlacedObject
  readonly namespace: string | undefined
  readonly labels: Fields
  /** The pod's `spec`, and where it is. */
  readonly spec: Fields
  readonly path: Path
  readonly containers: readonly LintedContainer[]
}

export interface LintedContainer {
  readonly name: string
  readonly container: Fields
  readonly path: Path
  readonly isInit: boolean
}

/** The pods that an object makes; undefined where it makes none. */
export function podsOf(placed: PlacedObject): LintedPods | undefined {
  const path = podTemplatePath(placed.object)
  if (!path) return undefined
  const template = recordOf(valueUnder(placed.object, path))
  const spec = recordOf(template['spec'])
  const containers = ['initContainers', 'containers'].flatMap((key) =>
    listOf(spec[key]).map((each, index): LintedContainer => {
      const container = recordOf(each)
      return {
        name: typeof container['name'] === 'string' ? container['name'] : String(index),
        container,
        path: [...path, 'spec', key, index],
        isInit: key === 'initContainers',
      }
    }),
  )
  return {
    placed,
    namespace: placed.object.metadata.namespace,
    labels: recordOf(recordOf(template['metadata'])['labels']),
    spec,
    path: [...path, 'spec'],
    containers,
  }
}

/** Whether a label selector (`matchLabels`, `matchExpressions`) selects these labels. An empty one selects everything. */
export function selects(selector: Fields, labels: Fields): boolean {
  const isMatch = Object.entries(recordOf(selector['matchLabels'])).every(
    ([key, value]) => labels[key] === value,
  )
  return (
    isMatch &&
    listOf(selector['matchExpressions'])
      .map(recordOf)
      .every((each) => fits(each, labels))
  )
}

function fits({ key, operator, values }: Fields, labels: Fields): boolean {
  const value = labels[String(key)]
  switch (operator) {
    case 'In':
      return listOf(values).includes(value)
    case 'NotIn':
      return !listOf(values).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** Whether a map of labels (the selector of a Service) selects these. An empty one selects nothing. */
export function selectsPlainly(selector: Fields, labels: Fields): boolean {
  const entries = Object.entries(selector)
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value)
}

/** Makes a finding of a part of an object; `cure` says how the object, or the stack file that made it, is mended. */
export function findingIn(
  placed: PlacedObject,
  rule: Rule,
  path: Path,
  message: string,
  cure?: { readonly raw: string; readonly stack: string },
  container?: LintedContainer,
): Finding {
  const subject = container ? `${nameOf(placed)}, container ${container.name}` : nameOf(placed)
  return {
    rule,
    subject,
    message,
    span: placeOf(placed, path, 'key'),
    head: placed.node?.span ?? placed.from,
    ...(cure && { hint: placed.node ? cure.raw : cure.stack }),
  }
}
