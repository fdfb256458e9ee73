/** A JSON Schema, draft 7 as those of the stack file are. */
export type JsonSchema = Readonly<Record<string, unknown>>

export const text: JsonSchema = { type: 'string' }
export const flag: JsonSchema = { type: 'boolean' }
/** A whole number from nought up. */
export const count: JsonSchema = { type: 'integer', minimum: 0 }
/** Any number: an amount, a price. */
export const decimal: JsonSchema = { type: 'number' }
export const milliseconds: JsonSchema = { type: 'number', minimum: 0, description: 'Milliseconds.' }
export const moment: JsonSchema = { type: 'integer', minimum: 0, description: 'Epoch milliseconds.' }

export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
export const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values })
export const oneOf = (words: readonly string[]): JsonSchema => ({ enum: words })
export const only = (value: string | boolean): JsonSchema => ({ const: value })
export const ref = (name: DefinitionName): JsonSchema => ({ $ref: `#/definitions/${name}` })

/** What several schemas speak of; every published document carries all of them. */
export type DefinitionName =
  'span' | 'diagnostic' | 'failure' | 'resource' | 'op' | 'health' | 'commandFailed'

/** An object with these members and no others; `optional` ones may be absent, never null. */
export function object(
  description: string,
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: 'object',
    description,
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  }
}
