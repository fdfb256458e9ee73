import { sep } from 'node:path'

/** The part of a glob before its first wildcard: the folder, or the file itself, that must be watched. */
export function folderOfPattern(pattern: string): string {
  const parts = pattern.split(/[/\\]/)
  const wild = parts.findIndex((part) => /[*?[{]/.test(part))
  return wild === -1 ? pattern : parts.slice(0, wild).join(sep)
}
