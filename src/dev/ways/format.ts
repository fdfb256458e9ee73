import { excerpt } from '../../stack/excerpt.ts'
import { locationOf, type Span } from '../../stack/diagnostics.ts'
import { costs, dearest, type Cost, type Effect } from './effects.ts'
import type { Restart } from './restart.ts'

export interface FormatOptions {
  /** The text of a file that a span names; undefined leaves the excerpt out. */
  readonly sourceOf: (file: string) => string | undefined
  /** How a file is shown. */
  readonly nameOf: (file: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

/** What an edit of one file means, for people: its class, then each effect with rule, place and cure. */
export function formatEffects(path: string, effects: readonly Effect[], options: FormatOptions): string {
  const head = `${options.bold(path)}: ${dearest(effects)}`
  const shown = new Set<string>()
  const lines = effects.flatMap((effect) => linesOf(effect, shown, options))
  return [head, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Lines of a file are shown once, whatever they are the reason for. */
function linesOf(effect: Effect, shown: Set<string>, options: FormatOptions): string[] {
  const { rule, span, way } = effect
  const who = subjectsOf(effect)
  const what = whatHappens(effect)
  const head = [who, what].filter((each) => each !== '').join(': ')
  const indent = head === '' ? '' : '  '
  const cure = way?.cost === 'rebuild' ? way.cure : undefined
  return [
    ...(head === '' ? [] : [head]),
    `${indent}${rule}`,
    ...(cure === undefined ? [] : [`${indent}cheaper: ${cure}`]),
    ...(span ? placeOf(span, shown, options).map((line) => `${indent}${line}`) : []),
  ]
}

function subjectsOf({ resources }: Effect): string {
  const kinds = [...new Set(resources.map((id) => id.slice(0, id.indexOf('/'))))]
  return kinds
    .map((kind) => {
      const names = resources.filter((id) => id.startsWith(`${kind}/`)).map((id) => id.slice(kind.length + 1))
      return `${kind} ${names.join(', ')}`
    })
    .join(', ')
}

function whatHappens({ cost, way }: Effect): string {
  if (way?.cost === 'sync') {
    const as = [way.mode && `mode ${way.mode}`, way.owner && `owner ${way.owner}`].filter(Boolean).join(', ')
    return [
      `copied to ${way.destinations.join(' and ')}${as === '' ? '' : ` (${as})`}`,
      ...way.exec.map(({ command }) => `then \`${command}\` runs inside`),
      restartWords(way.then),
    ].join(', ')
  }
  if (way?.cost === 'rebuild') return `built anew from stage ${way.stage.name.replace(/^stage /, '')} on`
  return cost === 'ignored' || cost === 'replan' ? '' : cost
}

/** What makes the program notice, at the end of a sentence. */
function restartWords(then: Restart): string {
  switch (then.kind) {
    case 'none':
      return 'and the program reloads it by itself'
    case 'signal':
      return `then the program gets ${then.signal}`
    case 'process':
      return 'then the process restarts'
    case 'container':
      return 'then the container restarts'
    default:
      return then satisfies never
  }
}

function placeOf(span: Span, shown: Set<string>, { sourceOf, nameOf, dim }: FormatOptions): string[] {
  const place = locationOf({ ...span, file: nameOf(span.file) })
  const text = shown.has(place) ? undefined : sourceOf(span.file)
  shown.add(place)
  const lines = text === undefined ? [] : excerpt(text.split('\n'), span)
  return [place, ...lines.map((line) => `  ${dim(line)}`)]
}

/** Examples of each class of a folder. */
const mostExamples = 3

/** What edits in a folder mean: how many files there are of each class, and some of them. */
export function formatFolder(
  path: string,
  classes: readonly { readonly path: string; readonly cost: Cost }[],
  { bold }: Pick<FormatOptions, 'bold'>,
): string {
  const groups = costs.flatMap((cost) => {
    const paths = classes.filter((each) => each.cost === cost).map((each) => each.path)
    return paths.length > 0 ? [{ cost, paths }] : []
  })
  const counted = groups.map(({ cost, paths }) => `${paths.length} ${cost}`).join(', ')
  const files = classes.length === 1 ? '1 file' : `${classes.length} files`
  return [
    `${bold(path)}: ${files}${counted === '' ? '' : `: ${counted}`}`,
    ...groups.map(({ cost, paths }) => {
      const more = paths.length > mostExamples ? ` and ${paths.length - mostExamples} more` : ''
      return `  ${cost.padEnd(7)}  ${paths.slice(0, mostExamples).join(', ')}${more}`
    }),
  ].join('\n')
}
