import type { Style } from '../report/style.ts'
import { cut, formatTable } from '../report/table.ts'
import { visible } from '../report/words.ts'
import type { Difference } from './parity.ts'
import type { Change, Revision } from './revision.ts'

/** Cells of an image hash, a commit, one side of a difference. */
const hashWidth = 8
const sideWidth = 60

/** Newest last, as a log is read; `●` is what was brought up last. */
export function historyTable(revisions: readonly Revision[], style: Style, columns?: number): string {
  if (revisions.length === 0) return 'No revision yet: every up that changes something makes one.'
  const head = ['', 'REVISION', 'WHEN', 'WHO', 'COMMAND', 'COMMIT', 'IMAGES', 'CHANGED'].map(style.dim)
  const rows = revisions.map((revision, index) => [
    index === revisions.length - 1 ? style.green('●') : ' ',
    String(revision.number),
    momentText(revision.at),
    revision.by,
    revision.result === 'ok' ? revision.command : `${revision.command} (${revision.result})`,
    commitText(revision),
    imagesText(revision),
    visible(changesInWords(revision.changes)),
  ])
  return formatTable([head, ...rows], columns)
}

/** `2026-11-21 14:03`, local time. */
function momentText(epochMilliseconds: number): string {
  const date = new Date(epochMilliseconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

function commitText({ commit }: Revision): string {
  if (!commit) return '–'
  return `${commit.id.slice(0, hashWidth)}${commit.isDirty ? '+' : ''}`
}

function imagesText({ facts }: Revision): string {
  const images = Object.entries(facts.images).map(([name, { hash }]) => `${name} ${shortHash(hash)}`)
  return images.length === 0 ? '–' : images.join(', ')
}

/** Somebody else's image is named by its reference. */
export function shortHash(hash: string): string {
  return /^[0-9a-f]{64}$/.test(hash) ? hash.slice(0, hashWidth) : hash
}

/** `service/api: env changed; job/migrate: not there yet`, or how many things a first `up` made. */
export function changesInWords(changes: readonly Change[]): string {
  const isFirst = changes.length > 1 && changes.every(({ cause }) => cause === 'not there yet')
  if (isFirst) return `all ${changes.length} resources are new`
  return changes.map(({ resource, cause }) => `${resource}: ${cause}`).join('; ')
}

/** A table with a heading for each thing that differs. */
export function differencesTable(
  differences: readonly Difference[],
  [left, right]: readonly [string, string],
  style: Style,
): string {
  if (differences.length === 0) return `${left} and ${right} mean the same.`
  const subjects = [...new Set(differences.map(({ subject }) => subject))]
  const rows = subjects.flatMap((subject) => {
    const own = differences.filter((each) => each.subject === subject)
    const [only] = own
    if (own.length === 1 && only?.field === '')
      return [[style.bold(subject), side(only.left), side(only.right)]]
    return [
      [style.bold(subject), '', ''],
      ...own.map((each) => [`  ${each.field}`, side(each.left), side(each.right)]),
    ]
  })
  return formatTable([['', style.dim(left), style.dim(right)], ...rows])
}

function side(text: string | undefined): string {
  return text === undefined ? '–' : cut(visible(text), sideWidth)
}
