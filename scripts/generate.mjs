// Writes what is derived from the schema of the stack language: JSON Schemas for editors and the reference page.
// `test/stack/generated.test.ts` fails when they are stale.
import { mkdir, writeFile } from 'node:fs/promises'
import { register } from 'tsx/esm/api'

register()
const { generatedFiles } = await import('../src/stack/generated.ts')
const folder = new URL('../docs/reference/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const [name, content] of generatedFiles()) await writeFile(new URL(name, folder), content)
