import type {
  ArgInstruction,
  EnvInstruction,
  ExposeInstruction,
  FromInstruction,
  KeyValue,
  LabelInstruction,
  ValueInstruction,
  VolumeInstruction,
} from './instructions.ts'
import type { Statement } from './statement.ts'
import { restOf } from './statement.ts'
import type { Token } from './words.ts'
import { jsonStrings, splitAtBlanks, splitQuoted } from './words.ts'

export function readFrom(statement: Statement): FromInstruction | undefined {
  const words = splitAtBlanks(statement.text, statement.rest)
  const [image, as, name, ...others] = words
  if (!image || others.length > 0 || (as && (as.text.toLowerCase() !== 'as' || !name))) {
    const message = 'FROM takes an image, or an image, AS and a name'
    statement.error('dockerfile/arguments', message, image && restOf(statement), 'FROM image AS name')
    return undefined
  }
  const alias = name?.text.toLowerCase()
  if (name && alias !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(alias)) {
    const message = `"${name.text}" cannot name a stage`
    const hint = 'a letter first, then letters, digits, "-", "_" and "."'
    statement.error('dockerfile/stage-name', message, name, hint)
  }
  const platform = statement.flags.all('platform')[0]
  return {
    kind: 'from',
    image: statement.wordOf(image),
    ...(alias !== undefined && { alias }),
    ...(platform && { platform: statement.wordOf(platform) }),
    ...statement.common,
  }
}

export function readArg(statement: Statement): ArgInstruction | undefined {
  const words = splitQuoted(statement.text, statement.rest, statement.escape)
  if (words.length === 0) {
    reportNeed(statement, 'a name', 'ARG NAME=default')
    return undefined
  }
  const args = words.flatMap((word) => {
    const equals = word.text.indexOf('=')
    const name = equals < 0 ? word.text : word.text.slice(0, equals)
    const span = statement.spanOf(word)
    if (name === '') {
      statement.error('dockerfile/name-value', 'ARG needs a name before "="', word)
      return []
    }
    return equals < 0 ? [{ name, span }] : [{ name, value: word.text.slice(equals + 1), span }]
  })
  return { kind: 'arg', args, ...statement.common }
}

/** `ENV a=1 b="2 3"`, or the old form `ENV a the rest`, told apart by the first word. */
export function readPairs(
  statement: Statement,
  kind: 'env' | 'label',
): EnvInstruction | LabelInstruction | undefined {
  const keyword = kind.toUpperCase()
  const words = splitQuoted(statement.text, statement.rest, statement.escape)
  const first = words[0]
  if (!first) {
    reportNeed(statement, 'a name and a value', `${keyword} NAME=value`)
    return undefined
  }
  if (!first.text.includes('=')) {
    const pair = oldPair(statement, keyword)
    return pair && { kind, pairs: [pair], ...statement.common }
  }
  const pairs = words.flatMap((word) => pairOf(statement, keyword, word) ?? [])
  return { kind, pairs, ...statement.common }
}

function pairOf(statement: Statement, keyword: string, word: Token): KeyValue | undefined {
  const equals = word.text.indexOf('=')
  if (equals <= 0) {
    const message = `${keyword} takes NAME=value; "${shorten(word.text)}" is not`
    const hint = 'quote a value that has blanks: NAME="a b"'
    statement.error('dockerfile/name-value', message, word, hint)
    return undefined
  }
  const [key, value] = [word.text.slice(0, equals), word.text.slice(equals + 1)]
  return { key, value, span: statement.spanOf(word) }
}

function oldPair(statement: Statement, keyword: string): KeyValue | undefined {
  const rest = restOf(statement)
  const match = /^(?<key>[^\t\v\f\r ]+)[\t\v\f\r ]+(?<value>[^]*)$/.exec(rest.text)?.groups
  const [key, value] = [match?.['key'], match?.['value']]
  if (key === undefined || value === undefined) {
    const hint = `${keyword} NAME=value`
    statement.error('dockerfile/name-value', `${keyword} needs a name and a value`, rest, hint)
    return undefined
  }
  const hint = `write ${keyword} ${shorten(key)}="…"`
  statement.warn('dockerfile/legacy-form', `${keyword} without "=" is an old form`, rest, hint)
  return { key, value, span: statement.spanOf(rest) }
}

export function readExpose(statement: Statement): ExposeInstruction | undefined {
  const words = splitAtBlanks(statement.text, statement.rest)
  if (words.length === 0) {
    reportNeed(statement, 'a port', 'EXPOSE 8080')
    return undefined
  }
  return { kind: 'expose', ports: words.map(statement.wordOf), ...statement.common }
}

export function readVolume(statement: Statement): VolumeInstruction | undefined {
  const rest = restOf(statement)
  const strings = jsonStrings(statement.text, statement.rest)
  if (strings === 'not-strings') {
    statement.error('dockerfile/json-strings', 'the array of VOLUME holds strings only', rest)
    return undefined
  }
  const words = strings
    ? strings.map((text) => ({ ...rest, text: text.trim() }))
    : splitAtBlanks(statement.text, statement.rest)
  if (words.length === 0) {
    reportNeed(statement, 'a path', 'VOLUME /data')
    return undefined
  }
  if (words.some((word) => word.text === '')) {
    statement.error('dockerfile/arguments', 'a path of VOLUME is empty', rest)
  }
  return { kind: 'volume', paths: words.map(statement.wordOf), ...statement.common }
}

export function readValue(
  statement: Statement,
  kind: ValueInstruction['kind'],
): ValueInstruction | undefined {
  const rest = restOf(statement)
  if (rest.text === '') {
    reportNeed(statement, 'exactly one argument')
    return undefined
  }
  if (kind === 'maintainer') {
    const hint = 'LABEL org.opencontainers.image.authors="…"'
    statement.warn('dockerfile/maintainer', 'MAINTAINER is deprecated', rest, hint)
  }
  return { kind, value: statement.wordOf(rest), ...statement.common }
}

export function reportNeed(statement: Statement, what: string, hint?: string): void {
  statement.error('dockerfile/arguments', `${statement.keyword.toUpperCase()} needs ${what}`, undefined, hint)
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
