/** What files are made of that are written for people and for other tools. */
export type Yaml =
  string | number | boolean | null | readonly Yaml[] | { readonly [key: string]: Yaml | undefined }

/** Block style, two spaces a level. Undefined members are left out; texts that YAML could take for something else are quoted. */
export function yamlText(value: Yaml): string {
  return `${linesOf(value).join('\n')}\n`
}

function linesOf(value: Yaml): string[] {
  if (isList(value)) return value.flatMap((item) => indented(linesOf(item), '- '))
  if (!isMap(value)) return [scalar(value)]
  return Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined) return []
    if (typeof member === 'string' && isBlock(member))
      return [`${scalar(key)}: ${blockMark(member)}`, ...blockLines(member)]
    if (isEmpty(member) || (!isList(member) && !isMap(member))) return [`${scalar(key)}: ${flow(member)}`]
    return [`${scalar(key)}:`, ...linesOf(member).map((line) => (line === '' ? '' : `  ${line}`))]
  })
}

function indented([first = '', ...others]: readonly string[], mark: string): string[] {
  return [mark + first, ...others.map((line) => (line === '' ? '' : ' '.repeat(mark.length) + line))]
}

/** A text of several lines that a literal block can hold: nothing but printable characters, no space that would be lost. */
function isBlock(text: string): boolean {
  return /^[^\s][^\n]*\n/.test(text) && /^[\x20-\x7e\n\u00a0-\ud7ff]*$/.test(text)
}

function blockMark(text: string): string {
  if (!text.endsWith('\n')) return '|-'
  return text.endsWith('\n\n') ? '|+' : '|'
}

function blockLines(text: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  return lines.map((line) => (line === '' ? '' : `  ${line}`))
}

function flow(value: Yaml): string {
  if (isList(value)) return '[]'
  return isMap(value) ? '{}' : scalar(value)
}

function isEmpty(value: Yaml): boolean {
  return (isList(value) && value.length === 0) || (isMap(value) && Object.keys(value).length === 0)
}

/** Plain where nobody can take it for anything else; JSON's quotes are also YAML's. */
function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value)
  const isPlain =
    /^[A-Za-z_/.][A-Za-z0-9_./@-]*$/.test(value) &&
    !/^(y|n|yes|no|on|off|true|false|null|~|\.(inf|nan))$/i.test(value) &&
    !/^\.[\d_]/.test(value)
  return isPlain ? value : JSON.stringify(value)
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value)
}

function isMap(value: Yaml): value is { readonly [key: string]: Yaml | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
