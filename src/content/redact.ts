import { matcherOf, type Match, type Matcher } from './matcher.ts'
import { formsOf, lengthOf, shortestSecret } from './secret-forms.ts'

/**
 * Hides every value that it has learned, in each form that a value can take on its way (see `formsOf`), as `***`. One for a whole
 * run: whoever reads a secret teaches it first, whoever lets something out asks it last.
 */
export interface Redactor {
  /** False when the value is too short to be hidden (under 4 characters); it is then shown wherever it occurs. */
  readonly learn: (value: string | Uint8Array) => boolean
  readonly redact: (text: string) => string
  /**
   * Every text of a JSON value, keys included. Words that are ours or the stack file's (`type`, `resource`, `service` …) stay:
   * a weak password that is also the name of a service must not make events unreadable.
   */
  readonly redactEvent: <T>(event: T) => T
  /** For text that comes in pieces: a value is hidden across their borders, so output may lag behind by its beginning. */
  readonly text: () => RedactingStream<string>
  readonly bytes: () => RedactingStream<Uint8Array>
}

export interface RedactingStream<Chunk> {
  push(chunk: Chunk): Chunk
  /** What is still held back; the stream starts anew after it. */
  flush(): Chunk
}

export function createRedactor(): Redactor {
  const known = new Set<string>()
  const forms: Uint8Array[] = []
  let matcher: Matcher | undefined

  function learn(value: string | Uint8Array): boolean {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value
    if (lengthOf(bytes) < shortestSecret) return false
    const identity = Buffer.from(bytes).toString('base64')
    if (known.has(identity)) return true
    known.add(identity)
    forms.push(...formsOf(bytes))
    matcher = undefined
    return true
  }

  // Built at the first use after a value was learned: values are learned in bunches.
  const current = (): Matcher => (matcher ??= matcherOf(forms))

  function redact(text: string): string {
    if (known.size === 0) return text
    const bytes = encoder.encode(text)
    const { matches } = current().find(bytes)
    if (matches.length === 0) return text
    return decoder.decode(Buffer.concat(masked(bytes, matches, bytes.length, notCovered).pieces))
  }

  return {
    learn,
    redact,
    redactEvent: <T>(event: T): T => (known.size === 0 ? event : (redactDeep(event, redact) as T)),
    text: () => textStream(byteStream(current)),
    bytes: () => byteStream(current),
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const mask = encoder.encode('***')
const notCovered = -1

/**
 * The bytes up to `until` with matches replaced. `covered` is the end of what the last mask already stands for, or -1: a match
 * that touches it adds no second mask. `edge` is that end afterwards.
 */
function masked(
  bytes: Uint8Array,
  matches: readonly Match[],
  until: number,
  covered: number,
): { pieces: Uint8Array[]; edge: number } {
  const pieces: Uint8Array[] = []
  let edge = covered
  for (const { start, end } of matches) {
    if (start >= until) break
    if (start > edge) pieces.push(bytes.subarray(Math.max(edge, 0), start), mask)
    edge = Math.max(edge, end)
  }
  if (edge < until) pieces.push(bytes.subarray(Math.max(edge, 0), until))
  return { pieces, edge: edge >= until ? edge : notCovered }
}

function byteStream(current: () => Matcher): RedactingStream<Uint8Array> {
  let held: Uint8Array = new Uint8Array()
  let covered = notCovered

  function take(bytes: Uint8Array, matches: readonly Match[], until: number): Uint8Array {
    const { pieces, edge } = masked(bytes, matches, until, covered)
    held = bytes.slice(until)
    covered = edge === notCovered ? notCovered : edge - until
    return Buffer.concat(pieces)
  }

  return {
    push: (chunk) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const { matches, pending } = current().find(bytes)
      return take(bytes, matches, pending)
    },
    flush: () => {
      const rest = take(held, current().find(held).matches, held.length)
      covered = notCovered
      return rest
    },
  }
}

function textStream(bytes: RedactingStream<Uint8Array>): RedactingStream<string> {
  let decoding = new TextDecoder('utf-8', { ignoreBOM: true })
  /** The first half of a character of two UTF-16 units whose second half comes with the next chunk. */
  let half = ''
  return {
    push: (chunk) => {
      const text = half + chunk
      half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? ''
      const whole = text.slice(0, text.length - half.length)
      return decoding.decode(bytes.push(encoder.encode(whole)), { stream: true })
    },
    flush: () => {
      const last = decoding.decode(bytes.push(encoder.encode(half)), { stream: true })
      const rest = last + decoding.decode(bytes.flush())
      half = ''
      decoding = new TextDecoder('utf-8', { ignoreBOM: true })
      return rest
    },
  }
}

/** Fields that hold a word of ours, a name from the stack file or a place in it, never a value. */
const plainFields = new Set([
  'type',
  'kind',
  'op',
  'step',
  'resource',
  'health',
  'stream',
  'severity',
  'code',
  'service',
  'port',
  'check',
  'stack',
  'project',
  'target',
  'file',
])

function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((each) => redactDeep(each, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]: [string, unknown]) =>
      plainFields.has(key) && typeof member === 'string'
        ? [key, member]
        : [redact(key), redactDeep(member, redact)],
    ),
  )
}
