/**
 * The grammar of `${…}`, alike in stack files and in template files. Only `${` is ours: `$${` is a literal `${`, while `$X`, `$$`
 * and `$(X)` are ordinary characters. One pass, every character read once; malformed expressions are problems with offsets, and
 * the rest of the text is still read.
 */
export interface Template {
  readonly parts: readonly TemplatePart[]
  readonly problems: readonly TemplateProblem[]
}

export type TemplatePart = string | Expression

/** `${name}` or `${name<operator>operand}`; `start` and `end` are offsets into the text, from `$` to past the `}`. */
export interface Expression {
  readonly name: string
  readonly operator: Operator | undefined
  readonly operand: readonly TemplatePart[]
  readonly start: number
  readonly end: number
}

/** As in POSIX shells: with a colon, an empty value counts like an absent one. */
export type Operator = ':-' | '-' | ':?' | '?' | ':+' | '+'

export interface TemplateProblem {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly start: number
  readonly end: number
}

/** How deep a default may stand in a default. */
const deepestNesting = 8

export function parseTemplateText(text: string): Template {
  if (!text.includes('${')) return { parts: text === '' ? [] : [text], problems: [] }
  const problems: TemplateProblem[] = []
  const finders = { open: finder(text, '${'), close: finder(text, '}'), lineEnd: finder(text, '\n') }
  const { parts } = readParts({ text, problems, ...finders }, 0, text.length, 0)
  return { parts, problems }
}

interface Reading {
  readonly text: string
  readonly problems: TemplateProblem[]
  readonly open: Finder
  readonly close: Finder
  readonly lineEnd: Finder
}

/** The offset of the next occurrence before `limit`, else `limit`. */
type Finder = (from: number, limit: number) => number

/** Remembers the last answer: searching anew for every expression would be quadratic in texts that lack what is sought. */
function finder(text: string, search: string): Finder {
  let asked = 0
  let found = -1
  return (from, limit) => {
    if (from < asked || from > found) {
      const next = text.indexOf(search, from)
      asked = from
      found = next === -1 ? text.length : next
    }
    return found + search.length > limit ? limit : found
  }
}

/** Reads up to `limit`, or, inside an operand (`depth` > 0), up to the `}` that ends it. */
function readParts(
  reading: Reading,
  from: number,
  limit: number,
  depth: number,
): { parts: TemplatePart[]; end: number } {
  const { text } = reading
  const parts: TemplatePart[] = []
  let literal = ''
  let index = from
  const endsAt = (): number => (depth > 0 ? reading.close(index, limit) : limit)
  let close = endsAt()
  while (index < limit) {
    const dollar = reading.open(index, limit)
    if (close <= dollar) break
    if (dollar > index && text[dollar - 1] === '$') {
      literal += text.slice(index, dollar - 1) + '${'
      index = dollar + 2
      continue
    }
    literal += text.slice(index, dollar)
    const expression = readExpression(reading, dollar, limit, depth)
    if (typeof expression === 'number') {
      literal += text.slice(dollar, expression)
      index = expression
    } else {
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(expression)
      index = expression.end
    }
    if (close < index) close = endsAt()
  }
  const end = Math.max(index, close)
  literal += text.slice(index, end)
  if (literal !== '') parts.push(literal)
  return { parts, end }
}

/** The expression whose `${` is at `start`; the offset to go on from where it is malformed. */
function readExpression(reading: Reading, start: number, limit: number, depth: number): Expression | number {
  const { text, problems } = reading
  const lineEnd = reading.lineEnd(start, limit)
  const afterClose = Math.min(reading.close(start, lineEnd) + 1, lineEnd)
  const fail = (code: string, message: string, hint: string, end = afterClose): number => {
    problems.push({ code: `template/${code}`, message, hint, start, end })
    return end
  }
  const nameStart = start + 2
  const name = nameAt(text, nameStart)
  let index = nameStart + name.length
  if (name === '') return failName(text, nameStart, fail)
  if (index >= lineEnd) return failUnclosed(name, fail)
  if (text[index] === '}') return { name, operator: undefined, operand: [], start, end: index + 1 }
  const operator = operatorAt(text, index)
  if (operator === undefined) {
    const message = `${quoted(text.slice(start, afterClose))} is no expression: after ${name} only }, :-, -, :?, ?, :+ and + can follow`
    return fail('operator', message, literalHint)
  }
  if (name.includes('.')) {
    return fail(
      'operator',
      `a reference like ${name} always has a value; it takes no ${operator}`,
      `write \${${name}}`,
    )
  }
  if (depth >= deepestNesting) {
    const message = `defaults are nested more than ${deepestNesting} deep`
    return fail('nesting', message, 'declare the inner ones under `vars`', lineEnd)
  }
  index += operator.length
  const problemsBefore = problems.length
  const { parts: operand, end } = readParts(reading, index, lineEnd, depth + 1)
  // What is wrong inside has swallowed the rest of the line, and the } with it.
  if (end >= lineEnd) return problems.length > problemsBefore ? lineEnd : failUnclosed(name, fail)
  return { name, operator, operand, start, end: end + 1 }
}

type Fail = (code: string, message: string, hint: string, end?: number) => number

const literalHint = 'for a literal ${ write $${'

function failName(text: string, nameStart: number, fail: Fail): number {
  const next = text[nameStart]
  if (next === undefined || next === '\n') return fail('unclosed', '${ is not closed', literalHint, nameStart)
  if (next === '}') return fail('name', '${} names nothing', literalHint)
  if (next === ' ') return fail('name', 'a blank cannot stand after ${', 'write ${NAME} without blanks')
  const message = `a name cannot start with ${quoted(next)}: letters, digits and _ only, a letter or _ first`
  return fail('name', message, literalHint)
}

function failUnclosed(name: string, fail: Fail): number {
  return fail(
    'unclosed',
    `\${${name} is not closed on its line`,
    `add the }, or write $\${${name} for a literal one`,
  )
}

const plainName = /[A-Za-z_][A-Za-z0-9_]*/y
const dottedName = /[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z0-9_.-]*/y
const mountName = /mount\.[^}$\n]*/y

function nameAt(text: string, index: number): string {
  for (const pattern of [mountName, dottedName, plainName]) {
    pattern.lastIndex = index
    const name = pattern.exec(text)?.[0]
    if (name !== undefined) return name
  }
  return ''
}

const operators: readonly Operator[] = [':-', ':?', ':+', '-', '?', '+']

function operatorAt(text: string, index: number): Operator | undefined {
  return operators.find((operator) => text.startsWith(operator, index))
}

function quoted(text: string): string {
  return `“${text}”`
}
