import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import type { ProfileLayer } from '../stack/load-profile.ts'
import { valueOf, type ScalarNode, type SourceNode } from '../stack/node.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { inMergeOrder } from './profiles.ts'
import type { TypedAssignment } from './set.ts'
import type { Declaration, ValueLayers, Variables } from './vars.ts'

/** The declarations under `vars` of a stack, short forms expanded. One without a default must be given from outside. */
export function declarationsOf(vars: SourceNode | undefined): ReadonlyMap<string, Declaration> {
  const entries = vars?.kind === 'map' ? vars.entries : []
  return new Map(
    entries.map(({ key, keySpan, value }): [string, Declaration] => {
      const fallback = valueOf(value, 'default')
      const oneOf = valueOf(value, 'one-of')
      const doc = valueOf(value, 'doc')
      const isGiven = fallback?.kind === 'scalar'
      return [
        key,
        {
          default: isGiven ? fallback : undefined,
          oneOf:
            oneOf?.kind === 'list'
              ? oneOf.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []))
              : [],
          required: isGiven ? undefined : doc?.kind === 'scalar' ? doc.text : '',
          from: keySpan,
        },
      ]
    }),
  )
}

/** Values that profiles and their personal files set; later profiles win, `null` takes an earlier value back. */
export function assignedBy(layers: readonly ProfileLayer[]): Pick<ValueLayers, 'local' | 'profile'> {
  const maps = { local: new Map<string, ScalarNode>(), profile: new Map<string, ScalarNode>() }
  for (const layer of inMergeOrder(layers)) {
    const vars = valueOf(layer.node, 'vars')
    const values = maps[layer.isLocal ? 'local' : 'profile']
    for (const { key, value } of vars?.kind === 'map' ? vars.entries : []) {
      if (value.kind !== 'scalar') continue
      if (value.value === null) values.delete(key)
      else values.set(key, value)
    }
  }
  return maps
}

/** The values of `--var NAME=value`; the last of several wins. Errors are located as `--var:<ordinal>:1`. */
export function flagValues(
  args: readonly string[],
  findings: Diagnostic[],
): Map<string, { value: string; from: Span }> {
  const values = new Map<string, { value: string; from: Span }>()
  args.forEach((argument, index) => {
    const from = { file: '--var', line: index + 1, column: 1, length: Math.max(1, argument.length) }
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(argument) ?? []
    if (name !== undefined && value !== undefined)
      values.set(name, { value, from: { ...from, length: name.length } })
    // The argument is not shown: its value may be meant for nobody's eyes.
    else findings.push(errorAt('vars/flag', 'this is no NAME=value', from, 'write --var NAME=value'))
  })
  return values
}

/** `--set vars.NAME=value` gives a value, as `--var` does: it never changes a declaration. */
export function variableNameOf({ path }: TypedAssignment): string | undefined {
  const [first, second, third] = path
  return first?.key === 'vars' && typeof second?.key === 'string' && third === undefined
    ? second.key
    : undefined
}

/** Values for names that nothing declares or uses: misspelt more often than not. The environment and `.env` may hold anything. */
export function unknownNames(
  layers: ValueLayers,
  declared: ReadonlySet<string>,
  variables: Pick<Variables, 'isUsed'>,
): Diagnostic[] {
  const values = new Map<string, Span>()
  for (const [name, node] of [...layers.profile, ...layers.local]) values.set(name, node.span)
  for (const [name, { from }] of layers.flags) values.set(name, from)
  return [...values].flatMap(([name, span]) => {
    if (declared.has(name) || variables.isUsed(name)) return []
    const near = nearest(name, declared)
    const hint = near === undefined ? 'declare it under `vars` of the stack' : didYouMean(near)
    return [errorAt('vars/undeclared', `${name} is set, but neither declared nor used`, span, hint)]
  })
}
