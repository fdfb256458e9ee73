import { readFileSync } from 'node:fs'
import type { Diagnostic } from '../stack/diagnostics.ts'
import { formatDiagnostics } from '../stack/format-diagnostics.ts'
import type { Style } from './style.ts'

/** Diagnostics with excerpts of the files they speak of; a file that cannot be read any more goes without its excerpt. */
export function formatDiagnosticsFromDisk(diagnostics: readonly Diagnostic[], style: Style): string {
  return formatDiagnostics(diagnostics, {
    sourceOf: readText,
    relativeTo: process.cwd(),
    style: (text, role) => paint(text, role, style),
  })
}

function paint(text: string, role: string, style: Style): string {
  switch (role) {
    case 'error':
      return style.red(text)
    case 'warning':
      return style.yellow(text)
    case 'location':
      return style.bold(text)
    default:
      return style.dim(text)
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The excerpt is a courtesy: the place and the message stand without it.
    return undefined
  }
}
