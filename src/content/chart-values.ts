import { parseSet, type PathPart, type SetValue } from '../resolve/set-grammar.ts'
import { checked, errorAt, type Checked } from '../stack/diagnostics.ts'

/** Values of a chart as helm reads them from a file; `null` deletes what the chart has by default. */
export type ChartValues = Readonly<Record<string, unknown>>

/** As helm merges values files: maps by key, everything else by the later one. */
export function mergeValues(base: ChartValues, over: ChartValues): ChartValues {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isMap(below) && isMap(value) ? mergeValues(below, value) : value
  }
  return merged
}

/** One entry of `set`: the key is a path of helm's grammar (`a.b[0].c`), the value one value, or a list `{a,b}`. */
export function setValue(values: ChartValues, key: string, value: string): Checked<ChartValues> {
  const isList = value.startsWith('{')
  const { assignments, errors } = parseSet(
    `${key}=${isList ? value : value.replace(/[\\,{]/g, '\\$&')}`,
    '--set',
    1,
  )
  const [assignment] = assignments
  if (errors.length > 0) return { ok: false, errors, warnings: [] }
  if (assignments.length !== 1 || !assignment)
    return { ok: false, errors: [errorAt('set/path', `“${key}” is not one path`)], warnings: [] }
  return checked(assigned(values, assignment.path, plainValue(assignment.value)) as ChartValues, [])
}

function assigned(node: unknown, path: readonly PathPart[], value: unknown): unknown {
  const [part, ...rest] = path
  if (!part) return value
  if (typeof part.key === 'number') {
    const list: unknown[] = Array.isArray(node) ? [...(node as readonly unknown[])] : []
    while (list.length < part.key) list.push(null)
    list[part.key] = assigned(list[part.key], rest, value)
    return list
  }
  const map = isMap(node) ? node : {}
  return { ...map, [part.key]: assigned(map[part.key], rest, value) }
}

function plainValue(value: SetValue): unknown {
  return value.kind === 'list' ? value.items.map(({ text }) => typed(text)) : typed(value.text)
}

/** As helm's `--set` types a word (pkg/strvals, typedVal): whole numbers, booleans and null; everything else is text. */
function typed(text: string): unknown {
  if (/^true$/i.test(text)) return true
  if (/^false$/i.test(text)) return false
  if (/^null$/i.test(text)) return null
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text
}

function isMap(value: unknown): value is ChartValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
