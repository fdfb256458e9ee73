import { age } from '../../src/report/words.ts'
import type { Op } from '../../src/plan/step.ts'
import type { ResourceState } from '../../src/state/state.ts'
import { chosen, listedResources, nameOf, type Model } from '../model.ts'
import { fitRow, span, type Row, type Span } from '../row.ts'
import { signs, situationOf } from '../sign.ts'
import { cells, fit, harmless } from '../text.ts'
import { windowAround, type Pane, type Space } from './pane.ts'

/** One line per service: state, name, what runs, ready/wanted, age and the reason; a second one while something is wrong or goes on. */
export function servicesPane(model: Model, space: Space): Pane {
  const { ui } = model
  const listed = listedResources(model)
  const columns = columnsFor(listed, model, space.width)
  const here = chosen('services', model)
  const lines = listed.flatMap((resource) => {
    const isHere = resource.id === here
    const main = mainRow(resource, columns, model)
    const second = secondLine(resource)
    const first: Row =
      isHere && space.hasFocus
        ? fitRow(main, space.width, { inverse: true }).map((each) => ({ ...each, inverse: true }))
        : main
    return [
      { isHere, row: first },
      ...(second === undefined ? [] : [{ isHere: false, row: [span(`   └ ${second}`, 'quiet')] }]),
    ]
  })
  const at = lines.findIndex(({ isHere }) => isHere)
  return {
    title: 'Services',
    aside: [
      ui.isFaultsOnly ? 'faults only' : '',
      ui.filter === '' ? '' : `/${harmless(ui.filter)}`,
      ui.marked.size > 0 ? `${ui.marked.size} marked` : '',
    ]
      .filter((part) => part !== '')
      .join('  '),
    rows: lines.length > 0 ? windowAround(lines, at, space.height).map(({ row }) => row) : [nothing(model)],
  }
}

function nothing({ ui, state }: Model): Row {
  if (ui.isFaultsOnly) return [span(' nothing is at fault', 'good')]
  if (ui.filter !== '')
    return [span(` nothing is called like ${harmless(ui.filter)}; esc shows all`, 'quiet')]
  return [span(state.run ? ' no services yet' : ' starting', 'quiet')]
}

interface Columns {
  readonly name: number
  /** 0: the column is not shown. */
  readonly image: number
  readonly replicas: number
  readonly age: number
}

/** What there is no room for goes, from the least telling to the most: the name and the reason stay. */
function columnsFor(listed: readonly ResourceState[], model: Model, width: number): Columns {
  const total = model.size.columns
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => cells(text)))
  const name = Math.min(longest(listed.map(nameOf)), Math.max(8, Math.floor(width / 3)))
  const image = Math.min(longest(listed.map((each) => imageOf(each))), 14)
  return {
    name,
    image: total < 80 ? 0 : image,
    replicas: total < 60 ? 0 : 5,
    age: total < 80 ? 0 : 4,
  }
}

function mainRow(resource: ResourceState, columns: Columns, { ui, now }: Model): Row {
  const situation = situationOf(resource)
  const cell = (text: string, width: number, tone?: Span['tone']): Span[] =>
    width === 0 ? [] : [span(`${fit(text, width)} `, tone)]
  const { replicas } = resource
  return [
    span(ui.marked.has(resource.id) ? '▸' : ' ', 'accent'),
    signs[situation],
    span(' '),
    { ...span(`${fit(harmless(nameOf(resource)), columns.name)} `), bold: situation === 'failed' },
    ...cell(imageOf(resource), columns.image, 'quiet'),
    ...cell(
      replicas ? `${replicas.ready}/${replicas.wanted}`.padStart(columns.replicas) : '',
      columns.replicas,
      replicas && replicas.ready < replicas.wanted ? 'busy' : undefined,
    ),
    ...cell(ageOf(resource, now).padStart(columns.age), columns.age, 'quiet'),
    span(` ${reasonOf(resource)}`, situation === 'failed' ? 'bad' : situation === 'busy' ? 'busy' : 'quiet'),
  ]
}

/** Why it is in its state: the failure in its own words, the hold, the cause of what is being done, or of what was done last. */
export function reasonOf(resource: ResourceState): string {
  const { failure, hold, step, drift, last, detail } = resource
  if (failure) return harmless(firstLine(failure.message))
  if (step) return harmless(`${step.op}: ${step.cause}`)
  if (hold !== undefined) return harmless(hold)
  if (drift !== undefined) return harmless(`changed by hand: ${drift}`)
  // That it was made or is ready needs no words: the sign says so.
  if (last && isUpdate(last.op)) return harmless(last.cause)
  if (resource.health === 'ready' && detail === resource.health) return ''
  return harmless(firstLine(detail))
}

function isUpdate(op: Op): boolean {
  return !['create', 'run', 'wait', 'build', 'deliver'].includes(op)
}

function secondLine({ failure, step, progress }: ResourceState): string | undefined {
  if (failure) {
    const last = failure.evidence.findLast((line) => line.trim() !== '')
    return harmless(last ?? failure.hint ?? '') || undefined
  }
  return step && progress !== undefined ? harmless(progress) : undefined
}

/** `iam-authz:3f9c12…` → `3f9c`, `mariadb:10.11` → `10.11`, as long as it says something. */
function imageOf({ facts, last }: ResourceState): string {
  const image = facts['image']
  if (image === undefined) return last?.op === 'run' ? `job ${(last.milliseconds / 1000).toFixed(1)} s` : ''
  const text = harmless(String(image))
  const digest = /(?:@sha256:|:)([0-9a-f]{12,64})$/.exec(text)
  if (digest?.[1] !== undefined) return digest[1].slice(0, 7)
  const tag = /:([^:/@]+)$/.exec(text)
  return tag?.[1] ?? text
}

/** How long it has been what it is: as the target says for what runs, otherwise since it was seen so. */
function ageOf({ health, facts, since, step }: ResourceState, now: number): string {
  if (step) return age(now - step.since)
  const started = facts['startedAt']
  return age(now - (health === 'ready' && typeof started === 'number' ? started : since))
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
