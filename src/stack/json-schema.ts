import { profileSchema } from './language/profile.ts'
import { stackSchema } from './language/stack.ts'
import type { Json, KeyRule, ObjectSchema, Schema } from './schema/types.ts'

type JsonObject = { readonly [key: string]: Json }

/**
 * The published JSON Schema of stack files or profiles, for completion and hover text in editors. Draft 7, because that is what
 * yaml-language-server reads best. It is looser than `decode`: exclusive members are left to us, whose messages say which to keep.
 */
export function jsonSchema(file: 'stack' | 'profile'): JsonObject {
  const work: Work = { isOverlay: file === 'profile', names: new Map(), definitions: new Map() }
  const schema = work.isOverlay ? profileSchema : stackSchema
  const root = objectJson(schema, '', work)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: work.isOverlay ? 'iamstack profile' : 'iamstack stack file',
    description: schema.doc,
    ...root,
    definitions: {
      reference: { type: 'string', pattern: '\\$\\{', description: 'A text with ${…} in it.' },
      ...(Object.fromEntries(work.definitions) as JsonObject),
    },
  }
}

interface Work {
  /** In a profile nothing is required, and every value may be `null`, which removes what the stack says. */
  readonly isOverlay: boolean
  /** Maps with keys of their own are written once, named by the first path that leads to them. */
  readonly names: Map<ObjectSchema['properties'], string>
  readonly definitions: Map<string, JsonObject>
}

const reference: JsonObject = { $ref: '#/definitions/reference' }
const nothing: JsonObject = { type: 'null' }

function nodeJson(schema: Schema, path: string, work: Work): JsonObject {
  const alternatives = [...alternativesOf(schema, path, work), ...(work.isOverlay ? [nothing] : [])]
  const [only] = alternatives
  // Siblings of a $ref are ignored in draft 7, so a reference stands in an `anyOf` of its own beside the hover text.
  const body = alternatives.length === 1 && only && !('$ref' in only) ? only : { anyOf: alternatives }
  return {
    description: schema.doc,
    ...body,
    ...(schema.default !== undefined && { default: schema.default }),
    ...(schema.examples && { examples: schema.examples }),
  }
}

function alternativesOf(schema: Schema, path: string, work: Work): JsonObject[] {
  switch (schema.kind) {
    case 'scalar': {
      const json = schema.type.json as JsonObject
      const takesAnyText =
        JSON.stringify(json['type'] ?? null).includes('string') && json['pattern'] === undefined
      return takesAnyText ? [json] : [json, reference]
    }
    case 'object': {
      const mayBeEmpty = schema.required.length === 0 && !work.isOverlay
      return [
        definitionOf(schema, path, work),
        ...shortJson(schema, path, work),
        ...(mayBeEmpty ? [nothing] : []),
      ]
    }
    case 'map': {
      const value = nodeJson(schema.value, `${path}.NAME`, work)
      const keys = schema.listIsKeys === true ? [{ type: 'array', items: { type: 'string' } }] : []
      return [{ type: 'object', ...keysJson(schema.keys), additionalProperties: value }, ...keys]
    }
    case 'list': {
      const item = nodeJson(schema.item, `${path}.ITEM`, work)
      return [{ type: 'array', items: item }, ...(schema.mayBeSingle === true ? [item] : [])]
    }
    case 'forms': {
      const all = [schema.scalar, schema.list, schema.map].flatMap((each) =>
        each ? alternativesOf(each, path, work) : [],
      )
      return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
    }
    case 'anything':
      return [schema.isMap === true ? { type: 'object' } : {}]
    default:
      return schema satisfies never
  }
}

function definitionOf(schema: ObjectSchema, path: string, work: Work): JsonObject {
  let name = work.names.get(schema.properties)
  if (name === undefined) {
    name = path
    work.names.set(schema.properties, name)
    work.definitions.set(name, objectJson(schema, path, work))
  }
  return { $ref: `#/definitions/${name}` }
}

function objectJson(schema: ObjectSchema, path: string, work: Work): JsonObject {
  const below = path === '' ? '' : `${path}.`
  const properties = [...schema.properties].map(([key, property]) => [
    key,
    nodeJson(property.schema, `${below}${key}`, work),
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as JsonObject,
    ...(schema.required.length > 0 && !work.isOverlay && { required: schema.required }),
    additionalProperties: false,
  }
}

function shortJson(schema: ObjectSchema, path: string, work: Work): JsonObject[] {
  const { short } = schema
  if (typeof short?.scalar === 'function') return [{ type: 'string' }]
  const keys = new Set([short?.scalar, short?.list].filter((key) => key !== undefined))
  return [...keys].flatMap((key) => {
    const property = schema.properties.get(key)
    return property ? alternativesOf(property.schema, `${path}.${key}`, work) : []
  })
}

function keysJson(keys: KeyRule): JsonObject {
  return keys.pattern ? { propertyNames: { pattern: keys.pattern.source } } : {}
}
