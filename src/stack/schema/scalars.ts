import type { ScalarNode } from '../node.ts'
import type { Extra } from './build.ts'
import { readBytes, readCpu, readDuration, readPercent } from './quantities.ts'
import { didYouMean, nearest } from './suggest.ts'
import type { Json, Mismatch, ScalarSchema, ScalarType, Typed } from './types.ts'

type Scalar<T> = ScalarSchema & Typed<T>

const mismatch: Mismatch = {}

function scalar<T>(type: ScalarType, doc: string, extra: Extra): Scalar<T> {
  return { kind: 'scalar', type, doc, ...extra }
}

/** Numbers and booleans are taken as they are written, so that `1.10` and `yes` stay what the user typed. */
function readText(node: ScalarNode): string | Mismatch {
  return node.value === null ? mismatch : typeof node.value === 'string' ? node.value : node.text
}

const textType: ScalarType = {
  name: 'text',
  expected: 'a text',
  read: readText,
  json: { type: ['string', 'number', 'boolean'] },
  isText: true,
}
const stringType: ScalarType = { ...textType, name: 'string', isText: false }

/** Text in which references that only a target can resolve may stay. */
export function text(doc: string, extra: Extra = {}): Scalar<string> {
  return scalar(textType, doc, extra)
}

/** Text that must be known before anything runs; variables are substituted. */
export function string(doc: string, extra: Extra = {}): Scalar<string> {
  return scalar(stringType, doc, extra)
}

/** A text of a fixed form. `expected` completes "must be …". */
export function pattern(
  name: string,
  expected: string,
  regexp: RegExp,
): (doc: string, extra?: Extra) => Scalar<string> {
  const type: ScalarType = {
    name,
    expected,
    json: { type: 'string', pattern: regexp.source },
    read: (node) => {
      const written = readText(node)
      return typeof written === 'string' && regexp.test(written) ? written : mismatch
    },
  }
  return (doc, extra = {}) => scalar(type, doc, extra)
}

export function integer(doc: string, extra: Extra & { min?: number; max?: number } = {}): Scalar<number> {
  const { min, max, ...notes } = extra
  return scalar(number_('integer', 'a whole number', /^[+-]?(?:0|[1-9]\d*)$/, min, max), doc, notes)
}

export function number(doc: string, extra: Extra & { min?: number; max?: number } = {}): Scalar<number> {
  const { min, max, ...notes } = extra
  return scalar(
    number_('number', 'a number', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, min, max),
    doc,
    notes,
  )
}

function number_(name: string, noun: string, form: RegExp, min?: number, max?: number): ScalarType {
  const range =
    min !== undefined && min === max
      ? `, only ${String(min)}`
      : min !== undefined && max !== undefined
        ? ` from ${String(min)} to ${String(max)}`
        : min !== undefined
          ? `, at least ${String(min)}`
          : max !== undefined
            ? `, at most ${String(max)}`
            : ''
  return {
    name,
    expected: noun + range,
    json: {
      type: name,
      ...(min !== undefined && { minimum: min }),
      ...(max !== undefined && { maximum: max }),
    },
    read: (node) => {
      if (!form.test(node.text)) return mismatch
      const value = Number(node.text)
      return value >= (min ?? -Infinity) &&
        value <= (max ?? Infinity) &&
        (name !== 'integer' || Number.isSafeInteger(value))
        ? value
        : mismatch
    },
  }
}

const portType = number_('integer', 'a port', /^[1-9]\d*$/, 1, 65_535)

export function port(doc: string, extra: Extra = {}): Scalar<number> {
  return scalar({ ...portType, name: 'port' }, doc, extra)
}

const booleanType: ScalarType = {
  name: 'boolean',
  expected: 'true or false',
  json: { type: 'boolean' },
  read: ({ text: written }) => {
    if (written === 'true') return true
    if (written === 'false') return false
    if (/^(yes|on|y|1)$/i.test(written) || /^true$/i.test(written)) return { why: 'write `true`' }
    return /^(no|off|n|0|false)$/i.test(written) ? { why: 'write `false`' } : mismatch
  },
}

export function boolean(doc: string, extra: Extra = {}): Scalar<boolean> {
  return scalar(booleanType, doc, extra)
}

/** One of a few words. */
export function oneOf<const W extends string>(
  words: readonly W[],
  doc: string,
  extra: Extra = {},
): Scalar<W> {
  const type: ScalarType = {
    name: words.join(' | '),
    expected:
      words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`,
    json: { enum: words },
    read: ({ text: written }) => {
      if (words.includes(written as W)) return written
      const near = nearest(written, words)
      return near === undefined ? mismatch : { why: didYouMean(near) }
    },
  }
  return scalar(type, doc, extra)
}

function quantity(
  name: string,
  expected: string,
  read: (text: string) => number | undefined,
  json: Json,
  wrong?: (text: string) => string | undefined,
): (doc: string, extra?: Extra) => Scalar<number> {
  const type: ScalarType = {
    name,
    expected,
    json,
    read: (node) => {
      const value = read(node.text)
      if (value !== undefined) return value
      const why = wrong?.(node.text)
      return why === undefined ? mismatch : { why }
    },
  }
  return (doc, extra = {}) => scalar(type, doc, extra)
}

/** Decodes to milliseconds. */
export const duration = quantity(
  'duration',
  'a duration such as 500ms, 2s, 1m30s or 8h',
  readDuration,
  { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' },
  (written) => (/^\d+(\.\d+)?$/.test(written) ? `say the unit: ${written}s` : undefined),
)

/** Decodes to bytes. */
export const bytes = quantity('bytes', 'a size such as 512Mi, 1Gi or 5M', readBytes, {
  type: ['string', 'integer'],
})

/** Decodes to thousandths of a core. */
export const cpu = quantity('cpu', 'an amount of CPU such as 250m, 0.5 or 1', readCpu, {
  type: ['string', 'number'],
})

/** Decodes to a number from 0 to 100. */
export const percent = quantity('percent', 'a percentage such as 80%', readPercent, {
  type: ['string', 'integer'],
})

/** Permission bits in octal, decoded to the number: `0644`. */
export const fileMode = quantity(
  'file mode',
  'permission bits in octal such as 0644',
  (written) => (/^0o?[0-7]{3,4}$/.test(written) ? parseInt(written.replace(/^0o?/, ''), 8) : undefined),
  { type: ['string', 'integer'] },
)
