import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'

/**
 * One `path=value` of a `--set`. The grammar is Helm's (`helm install --set`, package strvals): `a.b=1,c=2`, `list={a,b}`,
 * `list[0].name=x`; a backslash makes `,`, `.`, `=`, `[`, `{` and itself ordinary.
 */
export interface Assignment {
  readonly path: readonly PathPart[]
  readonly value: SetValue
}

/** A key of a map, or an index of a list. */
export interface PathPart {
  readonly key: string | number
  readonly span: Span
}

export type SetValue =
  | { readonly kind: 'scalar'; readonly text: string; readonly span: Span }
  | {
      readonly kind: 'list'
      readonly items: readonly { readonly text: string; readonly span: Span }[]
      readonly span: Span
    }

/** As in Helm: a larger index is a slip, and would make a list of that length. */
const largestIndex = 65_536

/** As in Helm: deeper paths are a slip. */
const deepestPath = 30

/** Reads one argument of `--set`. Places are `<flag>:<ordinal>:<column>`; errors `set/…`, all of an argument at once. */
export function parseSet(argument: string, flag: string, ordinal: number): ParsedSet {
  const spanAt = (start: number, end: number): Span => ({
    file: flag,
    line: ordinal,
    column: start + 1,
    length: Math.max(1, end - start),
  })
  const assignments: Assignment[] = []
  const errors: Diagnostic[] = []
  let index = 0
  while (index < argument.length) {
    const read = readAssignment(argument, index, spanAt)
    index = read.end
    if ('assignment' in read) assignments.push(read.assignment)
    else errors.push(read.error)
  }
  if (argument === '') errors.push(errorAt('set/empty', 'nothing is set', spanAt(0, 1), 'write path=value'))
  return { assignments, errors }
}

export interface ParsedSet {
  readonly assignments: readonly Assignment[]
  readonly errors: readonly Diagnostic[]
}

type SpanAt = (start: number, end: number) => Span

type Read =
  | { readonly assignment: Assignment; readonly end: number }
  | { readonly error: Diagnostic; readonly end: number }

function readAssignment(text: string, start: number, spanAt: SpanAt): Read {
  const path: PathPart[] = []
  let index = start
  const wrong = (code: string, message: string, at: number, end: number, hint?: string): Read => ({
    error: errorAt(`set/${code}`, message, spanAt(at, end), hint),
    end: afterComma(text, end),
  })
  for (;;) {
    const key = readUntil(text, index, '.=[,')
    if (key.text === '')
      return wrong(
        'path',
        'a key is missing here',
        index,
        Math.max(index + 1, key.end),
        'keys are joined by dots: a.b=value',
      )
    path.push({ key: key.text, span: spanAt(index, key.end) })
    index = key.end
    while (text[index] === '[') {
      const close = text.indexOf(']', index)
      const written = close === -1 ? '' : text.slice(index + 1, close).trim()
      if (!/^\d{1,6}$/.test(written) || Number(written) > largestIndex) {
        const hint = `an index is a number from 0 to ${String(largestIndex)}: list[0]=value`
        return wrong('index', 'this is no index', index, close === -1 ? text.length : close + 1, hint)
      }
      path.push({ key: Number(written), span: spanAt(index, close + 1) })
      index = close + 1
    }
    if (path.length > deepestPath)
      return wrong('path', `a path has at most ${String(deepestPath)} parts`, start, index)
    const next = text[index]
    if (next === '=') break
    if (next !== '.') {
      const what =
        next === undefined || next === ',' ? 'a value is missing after' : 'a `.`, `[` or `=` must follow'
      return wrong(
        'value',
        `${what} ${text.slice(start, index)}`,
        start,
        index,
        'write path=value; a comma inside a value is \\,',
      )
    }
    index++
  }
  return readValue(text, index + 1, path, spanAt)
}

function readValue(text: string, start: number, path: readonly PathPart[], spanAt: SpanAt): Read {
  if (text[start] !== '{') {
    const { text: value, end } = readUntil(text, start, ',')
    return {
      assignment: { path, value: { kind: 'scalar', text: value, span: spanAt(start, end) } },
      end: afterComma(text, end),
    }
  }
  const items: { text: string; span: Span }[] = []
  let index = start + 1
  if (text[index] === '}') index++
  else {
    for (;;) {
      const item = readUntil(text, index, ',}')
      items.push({ text: item.text, span: spanAt(index, item.end) })
      index = item.end + 1
      if (text[item.end] === '}') break
      if (item.end >= text.length) {
        return {
          error: errorAt('set/list', 'this list is not closed', spanAt(start, text.length), 'add the }'),
          end: text.length,
        }
      }
    }
  }
  if (index < text.length && text[index] !== ',') {
    const error = errorAt(
      'set/list',
      'after a list only a comma can follow',
      spanAt(index, text.length),
      'a literal { at the start of a value is \\{',
    )
    return { error, end: afterComma(text, index) }
  }
  return {
    assignment: { path, value: { kind: 'list', items, span: spanAt(start, index) } },
    end: afterComma(text, index),
  }
}

/** The characters up to one of `stops` that has no backslash before it, without the backslashes. */
function readUntil(text: string, start: number, stops: string): { text: string; end: number } {
  let value = ''
  let index = start
  for (; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '\\' && index + 1 < text.length) value += text.charAt(++index)
    else if (stops.includes(character)) break
    else value += character
  }
  return { text: value, end: index }
}

function afterComma(text: string, from: number): number {
  const { end } = readUntil(text, from, ',')
  return end + 1
}
