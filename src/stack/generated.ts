import { jsonSchema } from './json-schema.ts'
import { referencePage } from './reference-page.ts'

/** The files under `docs/reference` that are derived from the schema: name → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const json = (file: 'stack' | 'profile') => `${JSON.stringify(jsonSchema(file), null, 1)}\n`
  return new Map([
    ['stack.schema.json', json('stack')],
    ['profile.schema.json', json('profile')],
    ['stack-file.md', referencePage()],
  ])
}
