import { createHash } from 'node:crypto'
import type { EksSettings } from '../settings.ts'

/** Parts of a cluster, each a stack of its own. */
export type StackPart = 'network' | 'cluster' | `nodes-${string}` | 'addons' | 'registry'

type Named = Pick<EksSettings, 'cluster' | 'stack'>

/** All stacks of a cluster begin with its name, so that they stand together in the console. */
export function stackName({ cluster }: Pick<EksSettings, 'cluster'>, part: StackPart): string {
  return `${cluster}-${part}`
}

/** By which our things are found again, whoever made them. The part tells apart what one list shows. */
export function tagMap({ cluster, stack }: Named, part: StackPart): Record<string, string> {
  return { 'iamstack:cluster': cluster, 'iamstack:part': part, 'iamstack:stack': stack }
}

export type Tag = { readonly Key: string; readonly Value: string }

/** As most resources take them. */
export function tagList(named: Named, part: StackPart, more: Readonly<Record<string, string>> = {}): Tag[] {
  return Object.entries({ ...tagMap(named, part), ...more }).map(([Key, Value]) => ({ Key, Value }))
}

/**
 * An id for one of several resources of a kind that stays when others come and go: CloudFormation would take another id for
 * another resource, and delete what it had.
 */
export function logicalId(kind: string, name: string): string {
  const last = /[^/:]*$/.exec(name)?.[0] ?? ''
  const word = last
    .split(/[^A-Za-z0-9]+/)
    .map((each) => each.slice(0, 1).toUpperCase() + each.slice(1))
    .join('')
    .slice(0, 64)
  return `${kind}${word}${createHash('sha256').update(name).digest('hex').slice(0, 6)}`
}
