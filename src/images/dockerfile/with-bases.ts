import type { Dockerfile } from './instructions.ts'

/**
 * The Dockerfile with the names of images of the stack in FROM replaced by the references they were built as, because the
 * engine knows no stack. Nothing else is touched, and lines keep their numbers.
 */
export function withBases(
  text: string,
  dockerfile: Dockerfile,
  references: ReadonlyMap<string, string>,
): string {
  if (references.size === 0) return text
  const lines = text.split('\n')
  for (const { from } of dockerfile.stages) {
    const reference = references.get(from.image.text)
    if (reference === undefined) continue
    const { line, column, length } = from.image.span
    const before = lines[line - 1] ?? ''
    lines[line - 1] = before.slice(0, column - 1) + reference + before.slice(column - 1 + length)
  }
  return lines.join('\n')
}

/** Build arguments with the same replacement, for those that a FROM names: `ARG BASE`, `FROM $BASE`. */
export function argsWithBases(
  args: ReadonlyMap<string, string>,
  dockerfile: Dockerfile,
  references: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const namesInFrom = new Set(
    dockerfile.stages.flatMap(({ from }) =>
      [...from.image.text.matchAll(/\$\{?(\w+)/g)].map((match) => match[1]),
    ),
  )
  return new Map(
    [...args].map(([name, value]) => [
      name,
      namesInFrom.has(name) ? (references.get(value) ?? value) : value,
    ]),
  )
}
