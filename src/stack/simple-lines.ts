/** A line with content: where its first character and its end are, and how far it is indented. Blank and comment lines are left out. */
export interface Lines {
  readonly count: number
  readonly indent: Int32Array
  readonly start: Int32Array
  readonly end: Int32Array
}

const space = 0x20
const hash = 0x23

export function linesOf(text: string): Lines {
  const most = newlinesIn(text) + 1
  const indent = new Int32Array(most)
  const start = new Int32Array(most)
  const end = new Int32Array(most)
  let count = 0
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from)
    const lineEnd = newline === -1 ? text.length : newline
    let at = from
    while (at < lineEnd && text.charCodeAt(at) === space) at++
    if (at < lineEnd && text.charCodeAt(at) !== hash) {
      indent[count] = at - from
      start[count] = at
      end[count] = lineEnd
      count++
    }
    from = lineEnd + 1
  }
  return { count, indent, start, end }
}

function newlinesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
