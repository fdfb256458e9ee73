import type { Mount, Word } from './instructions.ts'
import type { Report } from './flags.ts'
import { nearest } from './nearest.ts'
import type { Expanded } from './scope.ts'
import type { Token } from './words.ts'
import type { Span } from '../../stack/diagnostics.ts'

const keys = [
  ...['type', 'from', 'source', 'src', 'target', 'dst', 'destination', 'readonly', 'ro', 'readwrite', 'rw'],
  ...['required', 'size', 'id', 'sharing', 'mode', 'uid', 'gid', 'env'],
] as const

const aliases: Readonly<Record<string, string>> = { src: 'source', dst: 'target', destination: 'target' }
const withoutValue = ['readonly', 'ro', 'readwrite', 'rw', 'required']

export type MountType = 'bind' | 'cache' | 'secret' | 'ssh' | 'tmpfs'

/** A mount after expansion. `from` is a stage or an image; a bind or cache without it uses the context or nothing. */
export interface ExpandedMount {
  readonly type: MountType
  readonly from?: Word
  /** Empty for the whole of it, also where it depends on a base image that is not known. */
  readonly source: string
  readonly target: string
  readonly id?: string
  readonly span: Span
}

/** Reads `type=bind,source=a,target=/b`; fields follow CSV, so a value with a comma stands in quotes. */
export function readMount(token: Token, span: Span, report: Report): Mount {
  const fields = new Map<string, string>()
  for (const field of csvFields(token.text)) {
    const equals = field.indexOf('=')
    const written = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? undefined : field.slice(equals + 1)
    if (!keys.some((key) => key === written)) {
      const near = nearest(written, keys)
      report('dockerfile/mount', `a mount has no key "${written}"`, token, near && `did you mean ${near}?`)
    } else if (value === undefined && !withoutValue.includes(written)) {
      report('dockerfile/mount', `"${written}" of a mount needs a value`, token)
    } else if (written === 'from' && /\$./.test(value ?? '')) {
      const hint = 'give the image a stage of its own (FROM $X AS name) and say from=name'
      report('dockerfile/mount', '"from" of a mount takes no variables', token, hint)
    } else fields.set(aliases[written] ?? written, value ?? 'true')
  }
  return { fields, span }
}

const types: readonly MountType[] = ['bind', 'cache', 'secret', 'ssh', 'tmpfs']

/** Gives the fields their values; an unknown type is reported and read as `bind`. */
export function expandMount(
  mount: Mount,
  expand: (text: string) => Expanded,
  report: (message: string, hint?: string) => void,
): ExpandedMount {
  const value = (key: string): string | undefined => {
    const field = mount.fields.get(key)
    return field === undefined ? undefined : expand(field).value
  }
  const written = (value('type') ?? 'bind').toLowerCase()
  const type = types.find((each) => each === written)
  if (type === undefined) {
    const near = nearest(written, types)
    report(
      `there is no mount type "${written}"`,
      near === undefined ? types.join(', ') : `did you mean ${near}?`,
    )
  }
  const source = expand(mount.fields.get('source') ?? '')
  const from = mount.fields.get('from')
  const id = value('id')
  return {
    type: type ?? 'bind',
    source: source.isKnown ? source.value : '',
    target: value('target') ?? '',
    span: mount.span,
    ...(from !== undefined && from !== '' && { from: { text: from, span: mount.span } }),
    ...(id !== undefined && { id }),
  }
}

function csvFields(text: string): string[] {
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (isQuoted && character === '"' && text[at + 1] === '"') {
      field += '"'
      at += 1
    } else if (character === '"' && (isQuoted || field === '')) isQuoted = !isQuoted
    else if (character === ',' && !isQuoted) {
      fields.push(field)
      field = ''
    } else field += character
  }
  return [...fields, field]
}
