/** Lines before and after a change that a hunk shows. */
const context = 3
/** Edits beyond which two texts are simply different: the search costs the square of it. */
const mostEdits = 1_000

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string }

/** The unified diff of two texts; empty when they are equal. */
export function unifiedDiff(before: string, after: string, names: readonly [string, string]): string {
  if (before === after) return ''
  const lines = linesOfDiff(splitLines(before), splitLines(after))
  return [`--- ${names[0]}`, `+++ ${names[1]}`, ...hunks(lines)].join('\n') + '\n'
}

function splitLines(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Equal beginnings and ends need no search. */
function linesOfDiff(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++
  const same = (text: string): Line => ({ sign: ' ', text })
  return [
    ...before.slice(0, start).map(same),
    ...edits(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

/**
 * The shortest way from one list to the other (Myers, “An O(ND) Difference Algorithm”, 1986): for every number of edits the
 * furthest point on each diagonal, until the end is reached; then the way back.
 */
function edits(before: readonly string[], after: readonly string[]): Line[] {
  const furthest = [new Map([[1, 0]])]
  for (let count = 0; count <= Math.min(mostEdits, before.length + after.length); count++) {
    const last = furthest[count] ?? new Map<number, number>()
    const next = new Map<number, number>()
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      let x = isDown(last, diagonal, count) ? at(last, diagonal + 1) : at(last, diagonal - 1) + 1
      let y = x - diagonal
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++
        y++
      }
      next.set(diagonal, x)
      if (x >= before.length && y >= after.length) return wayBack(before, after, furthest, count)
    }
    furthest.push(next)
  }
  return [
    ...before.map((text): Line => ({ sign: '-', text })),
    ...after.map((text): Line => ({ sign: '+', text })),
  ]
}

function isDown(last: ReadonlyMap<number, number>, diagonal: number, count: number): boolean {
  return diagonal === -count || (diagonal !== count && at(last, diagonal - 1) < at(last, diagonal + 1))
}

function at(points: ReadonlyMap<number, number>, diagonal: number): number {
  return points.get(diagonal) ?? -1
}

function wayBack(
  before: readonly string[],
  after: readonly string[],
  furthest: readonly ReadonlyMap<number, number>[],
  edited: number,
): Line[] {
  const lines: Line[] = []
  let x = before.length
  let y = after.length
  for (let count = edited; count >= 0; count--) {
    const last = furthest[count] ?? new Map<number, number>()
    const diagonal = x - y
    const isInsertion = isDown(last, diagonal, count)
    const former = isInsertion ? diagonal + 1 : diagonal - 1
    const startX = count === 0 ? 0 : at(last, former)
    const startY = count === 0 ? 0 : startX - former
    while (x > startX && y > startY) {
      lines.push({ sign: ' ', text: before[--x] ?? '' })
      y--
    }
    if (count === 0) break
    if (isInsertion) lines.push({ sign: '+', text: after[--y] ?? '' })
    else lines.push({ sign: '-', text: before[--x] ?? '' })
  }
  return lines.reverse()
}

function hunks(lines: readonly Line[]): string[] {
  const shown = new Set<number>()
  lines.forEach(({ sign }, index) => {
    if (sign === ' ') return
    for (let near = index - context; near <= index + context; near++) shown.add(near)
  })
  const result: string[] = []
  let [left, right] = [1, 1]
  for (let index = 0; index < lines.length; index++) {
    if (shown.has(index) && (index === 0 || !shown.has(index - 1))) {
      let end = index
      while (end < lines.length && shown.has(end)) end++
      result.push(header(lines.slice(index, end), left, right))
    }
    const line = lines[index]
    if (!line) continue
    if (shown.has(index)) result.push(line.sign + line.text)
    if (line.sign !== '+') left++
    if (line.sign !== '-') right++
  }
  return result
}

function header(lines: readonly Line[], left: number, right: number): string {
  const before = lines.filter(({ sign }) => sign !== '+').length
  const after = lines.filter(({ sign }) => sign !== '-').length
  // A side without lines is named by the line before it.
  const place = (start: number, count: number): string =>
    `${count === 0 ? start - 1 : start}${count === 1 ? '' : `,${count}`}`
  return `@@ -${place(left, before)} +${place(right, after)} @@`
}
