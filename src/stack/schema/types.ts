import type { ScalarNode, SourceNode } from '../node.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * One definition of a part of the language. From it come the TypeScript type (`Infer`), validation (`decode`), the short forms
 * (`expandShortForms`), the published JSON Schema and the reference page.
 */
export type Schema = ScalarSchema | ObjectSchema | MapSchema | ListSchema | FormsSchema | AnythingSchema

/** What every schema can tell its reader. */
export interface Notes {
  /** One or two sentences, shown as hover text and on the reference page. */
  readonly doc: string
  /** What holds where the key is absent; filled in by `resolve`, never by `decode`. */
  readonly default?: Json
  readonly examples?: readonly Json[]
  /** Version of the schema that brought this key; absent means 1. */
  readonly since?: string
  /** A cure for a value of the wrong kind, e.g. the list of ports that Compose would have. */
  readonly cure?: (node: SourceNode) => string | undefined
  readonly isRequired?: boolean
  /** What is written here by mistake is probably a secret: errors do not quote it. */
  readonly isConfidential?: boolean
}

export interface ScalarSchema extends Notes {
  readonly kind: 'scalar'
  readonly type: ScalarType
}

export interface ScalarType {
  /** Name on the reference page: `duration`, `port`. */
  readonly name: string
  /** Completes "must be …": `a duration such as 2s or 1m30s`. */
  readonly expected: string
  /** Reads the characters as written: `8000` and `"8000"` are the same port. */
  readonly read: (node: ScalarNode) => string | number | boolean | Mismatch
  readonly json: Json
  /** True where references that only a target can resolve (`${service.db.host}`) may stay in the value. */
  readonly isText?: boolean
}

/** The scalar is not of the type; `why` where there is more to say than what was expected. */
export interface Mismatch {
  readonly why?: string
}

export interface ObjectSchema extends Notes {
  readonly kind: 'object'
  readonly properties: ReadonlyMap<string, Property>
  /** Keys of the required properties; kept apart because few maps have any and all are asked. */
  readonly required: readonly string[]
  readonly exclusive: readonly ExclusiveGroup[]
  readonly short?: ShortForms
  /** Words of other tools, for "did you mean". */
  readonly words?: Vocabulary
}

export interface Property {
  /** The key in the decoded value: `start-period` becomes `startPeriod`. */
  readonly name: string
  readonly schema: Schema
}

/** At most one of the members; in an overlay a member replaces the others together with their companions. */
export interface ExclusiveGroup {
  /** Member → keys that mean something only beside it. */
  readonly members: Readonly<Record<string, readonly string[]>>
  /** Member → the companion without which it says nothing: a `secret` needs its `key`. */
  readonly needs?: Readonly<Record<string, string>>
  readonly isRequired?: boolean
  /** Several members in one place are no mistake (one of them wins); they only replace each other. */
  readonly mayCoexist?: boolean
}

/** `key` or a function that picks the key: a scalar `x` stands for `{ key: x }`. */
export interface ShortForms {
  readonly scalar?: string | ((node: ScalarNode) => string | undefined)
  readonly list?: string
}

/** Foreign word → what to write instead. */
export type Vocabulary = Readonly<Record<string, string>>

export interface MapSchema extends Notes {
  readonly kind: 'map'
  readonly keys: KeyRule
  readonly value: Schema
  /** A list `[a, b]` stands for `{ a: {}, b: {} }`. */
  readonly listIsKeys?: boolean
}

export interface KeyRule {
  /** Completes "must be …". */
  readonly expected: string
  readonly pattern?: RegExp
}

export interface ListSchema extends Notes {
  readonly kind: 'list'
  readonly item: Schema
  /** A scalar or map `x` stands for `[x]`. */
  readonly mayBeSingle?: boolean
  readonly least?: number
}

/** Alternatives told apart by the kind of node, so that an error never has to guess which one was meant. */
export interface FormsSchema extends Notes {
  readonly kind: 'forms'
  readonly scalar?: Schema
  readonly list?: Schema
  readonly map?: Schema
}

/** Passed on as it is: chart values, patches, CloudFormation parameters. */
export interface AnythingSchema extends Notes {
  readonly kind: 'anything'
  /** Only maps: a patch is one. */
  readonly isMap?: boolean
}

declare const output: unique symbol

/** Carries the decoded type through the builders; exists for the compiler only. */
export interface Typed<T> {
  readonly [output]?: T
}

/** The decoded type of a schema. */
export type Infer<S> = S extends Typed<infer T> ? T : never

/** The decoded type before interpolation: any scalar may still be a text with `${…}` in it. */
export type Written<T> = T extends string
  ? string
  : T extends number | boolean
    ? T | string
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<K, Written<V>>
      : T extends readonly (infer V)[]
        ? readonly Written<V>[]
        : T extends object
          ? { readonly [K in keyof T]: Written<T[K]> }
          : T

export type Camel<K extends string> = K extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : K

export type Properties = Readonly<Record<string, Schema>>

type RequiredKeys<P extends Properties> = {
  [K in keyof P]: P[K] extends { readonly isRequired: true } ? K : never
}[keyof P]

type Flat<T> = { readonly [K in keyof T]: T[K] }

export type Shape<P extends Properties> = Flat<
  { readonly [K in RequiredKeys<P> & string as Camel<K>]: Infer<P[K]> } & {
    readonly [K in Exclude<keyof P, RequiredKeys<P>> & string as Camel<K>]?: Infer<P[K]>
  }
>
