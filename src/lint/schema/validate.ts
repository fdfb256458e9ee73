import { errorAt, warningAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../stack/schema/suggest.ts'
import { limitOf, quantity } from './limits.ts'
import { nameOf, pathAsText, placeOf, type Path, type PlacedObject } from './place.ts'
import { versionNumber, type KubernetesTypes, type TypeCode } from './types.ts'

export interface ValidateOptions {
  readonly types: KubernetesTypes
  /** Version of Kubernetes that the object must be valid for. */
  readonly version: string
  /** Inclusive. */
  readonly nodePortRange: readonly [number, number]
}

/** Compares an object with the description of its kind. Kinds that are not described have no findings. */
export function validateObject(placed: PlacedObject, options: ValidateOptions): Diagnostic[] {
  const { types, version } = options
  const { apiVersion, kind } = placed.object
  const code = types.kinds[`${apiVersion}/${kind}`]
  const findings: Diagnostic[] = []
  if (code !== undefined) check(placed.object, code, [])
  return findings

  function check(value: unknown, type: TypeCode, path: Path): void {
    // What is null counts as absent (API conventions).
    if (value === null || value === undefined || type === '*') return
    const rest = type.slice(1)
    switch (type[0]) {
      case '[':
        if (Array.isArray(value)) value.forEach((item, index) => check(item, rest, [...path, index]))
        else wrong(path, 'a list', value)
        return
      case '{':
        if (isRecord(value))
          for (const [key, each] of Object.entries(value)) check(each, rest, [...path, key])
        else wrong(path, 'a map', value)
        return
      case '#':
        if (isRecord(value)) checkFields(value, rest, path)
        else wrong(path, 'a map', value)
        return
      default:
        checkScalar(value, type, path)
    }
  }

  function checkFields(value: Readonly<Record<string, unknown>>, name: string, path: Path): void {
    const type = types.types[name]
    if (!type) return
    for (const [key, each] of Object.entries(value)) {
      const fieldPath = [...path, key]
      const fieldType = Object.hasOwn(type.p, key) ? type.p[key] : undefined
      if (fieldType === undefined) unknownField(fieldPath, Object.keys(type.p))
      else {
        check(each, fieldType, fieldPath)
        const limit = typeof each === 'number' ? limitOf(name, key, options.nodePortRange) : undefined
        if (limit && typeof each === 'number' && (each < limit.least || each > limit.most))
          report('schema/range', fieldPath, `${each} is not ${limit.words}`)
      }
    }
    for (const key of type.r ?? []) {
      if (value[key] === undefined || value[key] === null) missing([...path, key])
    }
  }

  function checkScalar(value: unknown, type: TypeCode, path: Path): void {
    const choices = type.length > 1 ? type.slice(1).split('|') : []
    switch (type[0]) {
      case 's':
      case 't':
        if (typeof value !== 'string') wrong(path, 'a text', value)
        else if (choices.length > 0 && value !== '' && !choices.includes(value))
          notOneOf(path, value, choices)
        return
      case 'y':
        if (typeof value !== 'string') wrong(path, 'a text', value)
        else if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value))
          report('schema/base64', path, 'the value is not in base64', 'put plain text under `stringData`')
        return
      case 'i':
        if (!Number.isInteger(value)) wrong(path, 'a whole number', value)
        return
      case 'n':
        if (typeof value !== 'number') wrong(path, 'a number', value)
        return
      case 'b':
        if (typeof value !== 'boolean') wrong(path, 'true or false', value)
        return
      case 'x':
        if (!Number.isInteger(value) && typeof value !== 'string')
          wrong(path, 'a whole number or a text', value)
        return
      case 'q':
        if (typeof value !== 'number' && !(typeof value === 'string' && quantity.test(value)))
          report('schema/quantity', path, `${shown(value)} is not a quantity`, 'write 250m, 0.5, 512Mi, 2Gi')
        return
      default:
        throw new TypeError(`${pathAsText(path)} is of a type that nobody knows: ${type}`)
    }
  }

  function wrong(path: Path, expected: string, value: unknown): void {
    const cure =
      expected === 'a text' && (typeof value === 'number' || typeof value === 'boolean')
        ? `write "${String(value)}"`
        : typeof value === 'string' && expected !== 'a list' && expected !== 'a map'
          ? 'without quotes'
          : undefined
    report('schema/type', path, `must be ${expected}, and this is ${shown(value)}`, cure)
  }

  function notOneOf(path: Path, value: string, choices: readonly string[]): void {
    const near = nearest(value, choices)
    const hint = near === undefined ? `one of ${choices.join(', ')}` : didYouMean(near)
    report('schema/enum', path, `${shown(value)} is none of its values`, hint)
  }

  function missing(path: Path): void {
    const above = path.slice(0, -1)
    findings.push(
      errorAt(
        'schema/required',
        `${nameOf(placed)}: ${pathAsText(path)} is required`,
        placeOf(placed, above, 'key'),
      ),
    )
  }

  /** A server that is newer than the description may know it. */
  function unknownField(path: Path, known: readonly string[]): void {
    const key = String(path.at(-1))
    const near = nearest(key, known)
    const isNewer = versionNumber(version) > versionNumber(types.version)
    const make = isNewer && near === undefined ? warningAt : errorAt
    const message = `${nameOf(placed)}: ${pathAsText(path)} is no field of Kubernetes ${types.version}`
    const hint = near === undefined ? `known here: ${known.join(', ')}` : didYouMean(near)
    findings.push(make('schema/unknown-field', message, placeOf(placed, path, 'key'), hint))
  }

  function report(code: string, path: Path, what: string, hint?: string): void {
    findings.push(
      errorAt(code, `${nameOf(placed)}: ${pathAsText(path)}: ${what}`, placeOf(placed, path), hint),
    )
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'a map'
  return typeof value === 'string' ? `"${value}"` : String(value)
}
