import { readFileSync } from 'node:fs'
import type { Diagnostic } from '../stack/diagnostics.ts'
import { formatDiagnostics } from '../stack/format-diagnostics.ts'
import type { Style } from './style.ts'

/** Diagnostics with excerpts of the files they speak of; a file that cannot be read any more goes without its excerpt. */
export function formatDiagnosticsFromDisk(diagnostics: readonly Diagnostic[], style: Style): string {
  return formatDiagnostics(diagnostics, { readText, style })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The excerpt is a courtesy: the place and the message stand without it.
    return undefined
  }
}
