import { readFile } from 'node:fs/promises'
import { StepError } from '../../plan/step-error.ts'
import { StackError } from '../../stack/diagnostics.ts'
import type { SourceNode } from '../../stack/node.ts'
import { fieldsOf, type Fields, type KindSettings } from '../settings.ts'

/** The user's own kind configuration, empty where there is none. A file that is no YAML is a located StackError. */
export async function baseConfig({ config, from }: KindSettings): Promise<Fields> {
  if (config === undefined) return {}
  if (config.kind === 'given') return config.value
  let content: Buffer
  try {
    content = await readFile(config.path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StepError('precondition', `the kind configuration ${config.path} cannot be read`, {
      span: from,
      evidence: [why],
      hint: 'correct the path: it is relative to the file that names it',
      cause: error,
    })
  }
  const { parseSource } = await import('../../stack/source.ts')
  const parsed = await parseSource(config.path, content)
  if (!parsed.ok) throw new StackError(parsed.errors)
  return fieldsOf(plain(parsed.value))
}

function plain(node: SourceNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
    default:
      return node satisfies never
  }
}
