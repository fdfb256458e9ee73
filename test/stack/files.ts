import { formatDiagnostics } from '../../src/stack/format-diagnostics.ts'
import { loadStack, type LoadedStack, type ReadFile } from '../../src/stack/load.ts'
import type { Checked, Diagnostic } from '../../src/stack/diagnostics.ts'

/** Files of a stack by path below `/stack`, as text or bytes. */
export type Files = Readonly<Record<string, string | Uint8Array>>

export function reader(files: Files): ReadFile {
  return (path) => {
    const content = files[path.replace(/^\/stack\//, '')]
    return Promise.resolve(typeof content === 'string' ? new TextEncoder().encode(content) : content)
  }
}

export function load(files: Files | string): Promise<Checked<LoadedStack>> {
  return loadStack(
    '/stack/iamstack.yaml',
    reader(typeof files === 'string' ? { 'iamstack.yaml': files } : files),
  )
}

/** What a user would read on the terminal; `ok` where there is nothing to say. */
export async function report(files: Files | string): Promise<string> {
  const result = await load(files)
  const found = result.ok ? result.warnings : [...result.errors, ...result.warnings]
  return text(found, typeof files === 'string' ? { 'iamstack.yaml': files } : files)
}

export function text(found: readonly Diagnostic[], files: Files): string {
  if (found.length === 0) return 'ok'
  const sourceOf = (path: string) => {
    const content = files[path.replace(/^\/stack\//, '')]
    return typeof content === 'string' ? content : undefined
  }
  return formatDiagnostics(found, { sourceOf, relativeTo: '/stack' })
}
