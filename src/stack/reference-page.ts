import { profileSchema, settings } from './language/profile.ts'
import { stackSchema } from './language/stack.ts'
import * as words from './language/words.ts'
import type { Json, ObjectSchema, Schema, Vocabulary } from './schema/types.ts'

/** The reference page of the stack language, as Markdown: a section for every map with keys of its own. */
export function referencePage(): string {
  const lines = [
    '# The stack file: reference',
    '',
    '<!-- Generated from the schema by `node scripts/generate.mjs`; a test fails when it is stale. -->',
    '',
    'Every key of `iamstack.yaml` and of `profiles/<name>.yaml`. `NAME` stands for a name of your choice. A key in **bold** is',
    'required. In a profile nothing is required, and `null` removes what the stack says.',
    '',
  ]
  const seen = new Map<ObjectSchema['properties'], string>()
  section('iamstack.yaml', stackSchema, stackSchema.properties.keys(), seen, lines)
  section(
    'profiles/NAME.yaml',
    profileSchema,
    ['$schema', 'version', 'vars', ...Object.keys(settings)],
    seen,
    lines,
  )
  lines.push(...vocabulary())
  return `${lines.join('\n').trimEnd()}\n`
}

function section(
  title: string,
  schema: ObjectSchema,
  keys: Iterable<string>,
  seen: Map<ObjectSchema['properties'], string>,
  lines: string[],
): void {
  seen.set(schema.properties, title)
  lines.push(`## ${title}`, '', schema.doc, '')
  for (const group of schema.exclusive) {
    if (group.mayCoexist === true) continue
    const members = Object.keys(group.members).map((key) => `\`${key}\``)
    lines.push(`${group.isRequired === true ? 'Exactly' : 'At most'} one of ${members.join(', ')}.`, '')
  }
  lines.push('| key | value | default | meaning |', '|---|---|---|---|')
  const below: { title: string; schema: ObjectSchema }[] = []
  const prefix = title.includes('.yaml') ? '' : `${title}.`
  for (const key of keys) {
    const property = schema.properties.get(key)?.schema
    if (!property) continue
    const nested = nestedObjects(property, `${prefix}${key}`)
    for (const each of nested) if (!seen.has(each.schema.properties)) below.push(each)
    for (const each of nested)
      seen.set(each.schema.properties, seen.get(each.schema.properties) ?? each.title)
    const links = nested.map((each) => seen.get(each.schema.properties) ?? each.title)
    const name = property.isRequired === true ? `**${key}**` : key
    lines.push(
      `| ${name} | ${cell(valueWords(property, links))} | ${cell(jsonWords(property.default))} | ${cell(meaning(property))} |`,
    )
  }
  lines.push('')
  for (const each of below) section(each.title, each.schema, each.schema.properties.keys(), seen, lines)
}

/** The maps with keys of their own that a value may be, with the path they are documented under. */
function nestedObjects(schema: Schema, title: string): { title: string; schema: ObjectSchema }[] {
  switch (schema.kind) {
    case 'object':
      return [{ title, schema }]
    case 'map':
      return nestedObjects(schema.value, `${title}.NAME`)
    case 'list':
      return nestedObjects(schema.item, `${title}[]`)
    case 'forms': {
      const nested = [schema.scalar, schema.list, schema.map].flatMap((each) =>
        each ? nestedObjects(each, title) : [],
      )
      return nested.filter(
        (each, index) => nested.findIndex((other) => other.schema === each.schema) === index,
      )
    }
    case 'scalar':
    case 'anything':
      return []
    default:
      return schema satisfies never
  }
}

function valueWords(schema: Schema, links: readonly string[]): string {
  const link = (title: string) => `[${title}](#${title.toLowerCase().replace(/[^a-z0-9-]/g, '')})`
  switch (schema.kind) {
    case 'scalar':
      return schema.type.name
    case 'object':
      return [...links.map(link), ...(schema.short ? ['short form'] : [])].join(' or ')
    case 'map':
      return `map of ${valueWords(schema.value, links)}`
    case 'list':
      return `${schema.mayBeSingle === true ? 'one or a ' : ''}list of ${valueWords(schema.item, links)}`
    case 'forms': {
      const alternatives = [schema.scalar, schema.list, schema.map].flatMap((each) =>
        each ? [valueWords(each, links)] : [],
      )
      return [...new Set(alternatives)].join(' or ')
    }
    case 'anything':
      return schema.isMap === true ? 'map' : 'anything'
    default:
      return schema satisfies never
  }
}

function meaning(schema: Schema): string {
  const [example] = schema.examples ?? []
  return example === undefined
    ? schema.doc
    : `${schema.doc} Example: \`${jsonWords(example).replaceAll('`', '')}\``
}

/** Flow YAML, as the rest of the documentation writes it. */
function jsonWords(value: Json | undefined): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return `[${value.map((each: Json) => jsonWords(each)).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([key, each]) => `${key}: ${jsonWords(each)}`)
    return `{ ${members.join(', ')} }`
  }
  const text = String(value)
  return typeof value === 'string' && /[{}[\]#*&]|: /.test(text) ? JSON.stringify(text) : text
}

function vocabulary(): string[] {
  const tables: readonly (readonly [string, Vocabulary])[] = [
    ['in a service', words.serviceWords],
    ['in a job', words.jobWords],
    ['in an image', words.imageWords],
    ['in a health block', words.healthWords],
    ['in a mount', words.mountWords],
    ['in a volume', words.volumeWords],
    ['at the top of a stack file', words.stackWords],
    ['at the top of a profile', words.profileWords],
  ]
  const lines = [
    '## Words of other tools',
    '',
    'What Compose, Kubernetes and Skaffold call it, and what it is called here.',
    '',
  ]
  for (const [place, vocabulary] of tables) {
    lines.push(`### ${place}`, '', '| there | here |', '|---|---|')
    for (const [word, cure] of Object.entries(vocabulary)) lines.push(`| ${word} | ${cell(cure)} |`)
    lines.push('')
  }
  return lines
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
