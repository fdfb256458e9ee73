import path from 'node:path'
import { errorAt, type Diagnostic, type Span } from '../../stack/diagnostics.ts'
import type { Spans } from '../../stack/schema/spans.ts'
import { readDuration } from '../../stack/schema/quantities.ts'
import type { Target } from '../resolved.ts'
import { referenceAsWritten, referencesOf, textAsWritten, type Text } from '../text.ts'

/** What turning one decoded file into a resolved stack needs everywhere. */
export interface Reading {
  /** The text behind a decoded `text` scalar. */
  readonly textOf: (decoded: string) => Text
  /** The same for a string of any origin; undefined where it is no more than a string. */
  readonly textIn: (value: string) => Text | undefined
  /** What the schema passes on as it is, with references as they are written. */
  readonly plain: (value: unknown) => unknown
  /** Where a decoded value, or a key of it, is written; the file itself where nothing is known. */
  readonly at: (parent: object, key?: string | number) => Span
  readonly keyAt: (parent: object, key: string) => Span
  readonly report: (finding: Diagnostic) => void
  /** An absolute path, seen from the file that states it. */
  readonly pathOf: (parent: object, key: string | number, written: string) => string
  /** Absolute folder of the first stack file. */
  readonly root: string
  readonly target: Target
  readonly instance: string | undefined
  /** Names under `images`: an image of another name is a reference. */
  readonly imageNames: ReadonlySet<string>
}

export interface ReadingInput {
  readonly spans: Spans
  readonly textOf: (decoded: string) => Text
  readonly textIn: (value: string) => Text | undefined
  readonly findings: Diagnostic[]
  /** The first stack file, absolute. */
  readonly file: string
  /** Absolute folders in which relative paths may end: those of the stack files, and `roots`. */
  readonly roots: readonly string[]
  readonly home: string | undefined
  readonly target: Target
  readonly instance: string | undefined
  readonly imageNames: ReadonlySet<string>
}

export function readingOf(input: ReadingInput): Reading {
  const { spans, findings } = input
  const root = path.dirname(input.file)
  const fallback: Span = { file: input.file, line: 1, column: 1, length: 1 }
  const at = (parent: object, key?: string | number): Span => spans.spanOf(parent, key) ?? fallback

  function pathOf(parent: object, key: string | number, written: string): string {
    const span = at(parent, key)
    if (written === '~' || written.startsWith('~/')) {
      if (input.home !== undefined) return path.join(input.home, written.slice(1))
      findings.push(
        errorAt('path/home', `${written} needs HOME, which is not set`, span, 'write an absolute path'),
      )
      return written
    }
    if (path.isAbsolute(written)) return path.normalize(written)
    const base = path.isAbsolute(span.file) ? path.dirname(span.file) : root
    const absolute = path.resolve(base, written)
    if (!input.roots.some((folder) => isWithin(folder, absolute))) {
      const hint = 'name the folder under `roots` of the stack file, or write the absolute path'
      findings.push(errorAt('load/outside', `${written} leads out of the stack`, span, hint))
    }
    return absolute
  }

  function plain(value: unknown): unknown {
    if (typeof value === 'string') {
      const text = input.textIn(value)
      return text ? textAsWritten(text) : value
    }
    if (Array.isArray(value)) return value.map(plain)
    if (value instanceof Map)
      return new Map([...value].map(([key, each]: [unknown, unknown]) => [key, plain(each)]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, each]: [string, unknown]) => [key, plain(each)]),
    )
  }

  return {
    textOf: input.textOf,
    textIn: input.textIn,
    plain,
    at,
    keyAt: (parent, key) => spans.keySpanOf(parent, key) ?? fallback,
    report: (finding) => findings.push(finding),
    pathOf,
    root,
    target: input.target,
    instance: input.instance,
    imageNames: input.imageNames,
  }
}

function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

/** All values of a list or map of paths. */
export function pathsOf(reading: Reading, list: readonly string[]): string[] {
  return list.map((written, index) => reading.pathOf(list, index, written))
}

/** A text whose value is needed here and now; a reference in it is an error. */
export function stringOf(reading: Reading, decoded: string): string {
  const text = reading.textOf(decoded)
  const [reference] = referencesOf(text)
  if (reference) {
    const message = `\${${referenceAsWritten(reference)}} cannot be used here: its value exists only when things run`
    reading.report(errorAt('template/reference', message, reference.from, 'use a variable'))
  }
  return textAsWritten(text)
}

/** Milliseconds of an entry of the defaults table. */
export function defaultDuration(written: string): number {
  return readDuration(written) ?? brokenDefault(written)
}

/** Permission bits of an entry of the defaults table. */
export function defaultMode(written: string): number {
  return parseInt(written, 8)
}

function brokenDefault(written: string): never {
  throw new Error(`the defaults table holds “${written}”, which its own reader refuses`)
}

/** Decoded maps as resolved ones. */
export function mapValues<T, R>(
  map: ReadonlyMap<string, T> | undefined,
  change: (value: T, key: string) => R,
): Map<string, R> {
  return new Map([...(map ?? [])].map(([key, value]) => [key, change(value, key)]))
}

/** A decoded map of strings; empty where it is absent. */
export function stringsOf(map: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, string> {
  return new Map(map)
}

/** Finds the places of keys below a decoded object by their path as written (`health`, `env.DB_HOST`); `otherwise` where a key is absent. */
export function placesUnder(reading: Reading, parent: object, otherwise: Span): (key: string) => Span {
  return (key) => placeUnder(reading, parent, key) ?? otherwise
}

function placeUnder(reading: Reading, parent: unknown, key: string): Span | undefined {
  if (typeof parent !== 'object' || parent === null) return undefined
  if (valueUnder(parent, key) !== undefined) return reading.at(parent, key)
  // Keys of maps may hold dots themselves, so the shortest head that exists is taken.
  for (let dot = key.indexOf('.'); dot !== -1; dot = key.indexOf('.', dot + 1)) {
    const child = valueUnder(parent, key.slice(0, dot))
    if (child !== undefined) return placeUnder(reading, child, key.slice(dot + 1))
  }
  return undefined
}

function valueUnder(parent: object, key: string): unknown {
  if (parent instanceof Map) return parent.get(key)
  const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.hasOwn(parent, name) ? (parent as Readonly<Record<string, unknown>>)[name] : undefined
}
