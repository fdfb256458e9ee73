import type {
  AnythingSchema,
  FormsSchema,
  Infer,
  KeyRule,
  ListSchema,
  MapSchema,
  Notes,
  ObjectSchema,
  Properties,
  Property,
  Schema,
  Shape,
  Typed,
} from './types.ts'

/** What a builder takes beside the doc sentence. */
export type Extra = Omit<Notes, 'doc' | 'isRequired'>

export function object<const P extends Properties>(
  doc: string,
  properties: P,
  extra: Extra & Partial<Pick<ObjectSchema, 'exclusive' | 'short' | 'words'>> = {},
): ObjectSchema & Typed<Shape<P>> {
  const entries = Object.entries(properties).map(([key, schema]): [string, Property] => [
    key,
    { name: camel(key), schema },
  ])
  const required = entries.filter(([, { schema }]) => schema.isRequired).map(([key]) => key)
  return { kind: 'object', doc, exclusive: [], ...extra, properties: new Map(entries), required }
}

export function map<S extends Schema>(
  doc: string,
  keys: KeyRule,
  value: S,
  extra: Extra & Pick<MapSchema, 'listIsKeys'> = {},
): MapSchema & Typed<ReadonlyMap<string, Infer<S>>> {
  return { kind: 'map', doc, keys, value, ...extra }
}

export function list<S extends Schema>(
  doc: string,
  item: S,
  extra: Extra & Pick<ListSchema, 'mayBeSingle' | 'least'> = {},
): ListSchema & Typed<readonly Infer<S>[]> {
  return { kind: 'list', doc, item, ...extra }
}

export function forms<const F extends Pick<FormsSchema, 'scalar' | 'list' | 'map'>>(
  doc: string,
  alternatives: F,
  extra: Extra = {},
): FormsSchema & Typed<Infer<F[keyof F]>> {
  return { kind: 'forms', doc, ...alternatives, ...extra }
}

export function anything(doc: string, extra: Extra = {}): AnythingSchema & Typed<unknown> {
  return { kind: 'anything', doc, ...extra }
}

/** Any map, passed on as it is. */
export function anyMap(
  doc: string,
  extra: Extra = {},
): AnythingSchema & Typed<Readonly<Record<string, unknown>>> {
  return { kind: 'anything', doc, isMap: true, ...extra }
}

export function required<S extends Schema>(schema: S): S & { readonly isRequired: true } {
  return { ...schema, isRequired: true }
}

function camel(key: string): string {
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
