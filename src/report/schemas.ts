import type { JsonSchema } from './schema/build.ts'

/**
 * A JSON Schema (draft 7) by what it describes: `stack`, `profile`, `events` or `results`; undefined for anything else. Each is
 * loaded only when it is asked for.
 */
export async function publishedSchema(what: string): Promise<JsonSchema | undefined> {
  switch (what) {
    case 'stack':
    case 'profile':
      return (await import('../stack/json-schema.ts')).jsonSchema(what)
    case 'events':
      return (await import('./schema/events.ts')).eventSchema()
    case 'results':
      return (await import('./schema/results.ts')).resultsSchema()
    default:
      return undefined
  }
}
