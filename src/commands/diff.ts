import { differencesOf, type Difference } from '../history/parity.ts'
import { differencesTable } from '../history/format.ts'
import { frozenRevision } from '../history/frozen.ts'
import { readRevisions, revisionNumbered } from '../history/revisions.ts'
import { renderedTexts } from '../history/rendered.ts'
import { unifiedDiff } from '../history/text-diff.ts'
import { styleFor } from '../report/style.ts'
import type { Opened } from '../session/opened.ts'
import { openStack } from '../session/open.ts'
import { readStack } from '../session/read-stack.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { StackError } from '../stack/diagnostics.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'

/** How a file of the target differs. */
export interface FileDifference {
  readonly path: string
  /** Unified. */
  readonly diff: string
}

/**
 * Two revisions, or a revision and the stack as its files are now, in the notation of the target; or what a stack means under one
 * profile and under another.
 */
export const diff: Command = async (given, around) => {
  const [left, right, ...more] = given.operands
  if (left === undefined || more.length > 0) throw notTwo('diff compares two things')
  const [first, second] = [numberIn(left), numberIn(right)]
  if (first !== undefined && (right === undefined || second !== undefined))
    return diffRevisions(first, second, given, around)
  if (first !== undefined || second !== undefined)
    throw notTwo(`a revision cannot be compared with a profile (${left}, ${right ?? ''})`)
  if (right === undefined) throw notTwo(`profile ${left} is to be compared with another one`)
  return diffProfiles(left, right, given, around)
}

function notTwo(why: string): UsageError {
  return new UsageError(
    why,
    'iamstack diff 2 3 (revisions), diff 2 (and the files as they are now), diff compose kind (profiles)',
  )
}

function numberIn(text = ''): number | undefined {
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined
}

async function diffRevisions(
  left: number,
  right: number | undefined,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const before = await textsOf(left, given, around)
  const after = await textsOf(right, given, around)
  const names = [left, right].map((each) => (each === undefined ? 'now' : `revision ${each}`))
  const files = [...new Set([...before.keys(), ...after.keys()])].flatMap((path): FileDifference[] => {
    const text = unifiedDiff(before.get(path) ?? '', after.get(path) ?? '', [
      `${path}  ${names[0] ?? ''}`,
      `${path}  ${names[1] ?? ''}`,
    ])
    return text === '' ? [] : [{ path, diff: text }]
  })
  if (given.text('output') === 'json') {
    around.stdout.write(`${JSON.stringify({ left: names[0], right: names[1], files })}\n`)
  } else {
    const style = styleFor(given.text('ansi'), around.stdout, around.env)
    const text = files.map((each) => each.diff).join('')
    around.stdout.write(
      text === '' ? `${names.join(' and ')} are the same on the target.\n` : coloured(text, style),
    )
  }
  return exitCodes.ok
}

async function textsOf(
  revision: number | undefined,
  given: Arguments,
  around: Surroundings,
): Promise<ReadonlyMap<string, string>> {
  const now = await openStack(given, around, { withoutEngine: true })
  try {
    if (revision === undefined) return await renderedTexts(now)
    const found = revisionNumbered(await readRevisions(now.memory, now.stack), revision)
    const frozen = frozenRevision(found, now.stack.root, around.env)
    const then = await openStack(given, around, { withoutEngine: true, frozen })
    return await closing(then, () => renderedTexts(then))
  } finally {
    await now.close()
  }
}

async function closing<T>(opened: Opened, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await opened.close()
  }
}

async function diffProfiles(
  left: string,
  right: string,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const stacks = await Promise.all([stackUnder(left, given, around), stackUnder(right, given, around)])
  const differences: Difference[] = differencesOf(...stacks)
  if (given.text('output') === 'json') {
    around.stdout.write(`${JSON.stringify({ left, right, differences })}\n`)
  } else {
    const style = styleFor(given.text('ansi'), around.stdout, around.env)
    around.stdout.write(`${differencesTable(differences, [left, right], style)}\n`)
  }
  return exitCodes.ok
}

/** Profiles may be layered: `compose,ci`. */
async function stackUnder(profile: string, given: Arguments, around: Surroundings): Promise<ResolvedStack> {
  const read = await readStack({
    given: { ...given, list: (flag) => (flag === 'profile' ? [profile] : given.list(flag)) },
    env: around.env,
    cwd: around.cwd,
    fallbackTarget: 'compose',
  })
  if (!read.ok) throw new StackError([...read.errors, ...read.warnings])
  return read.value
}

function coloured(text: string, style: ReturnType<typeof styleFor>): string {
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('---') || line.startsWith('+++')) return style.bold(line)
      if (line.startsWith('@@')) return style.dim(line)
      if (line.startsWith('-')) return style.red(line)
      return line.startsWith('+') ? style.green(line) : line
    })
    .join('\n')
}
