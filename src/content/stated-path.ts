import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Span } from '../stack/diagnostics.ts'
import { pathFrom } from '../stack/paths.ts'

/** The absolute path of what a setting names: `~` is the home folder, anything relative starts at the file that states it. */
export function statedPath(from: Span, written: string): string {
  if (written === '~' || written.startsWith('~/')) return join(homedir(), written.slice(1))
  return pathFrom(from, written)
}
