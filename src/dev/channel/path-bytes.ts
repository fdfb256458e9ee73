/** Longer ones are refused by every Linux (PATH_MAX, with its closing zero byte). */
const longestPath = 4095

/**
 * A path as the bytes that a container's kernel sees. Names there need not be UTF-8: a byte that is not is written as the lone
 * surrogate U+DC80 … U+DCFF in a string, as Python does (PEP 383), and becomes that byte again here.
 */
export function pathBytes(path: string): Buffer {
  // Only lone ones match: a pair is one character.
  if (!/\p{Surrogate}/u.test(path)) return Buffer.from(path)
  return Buffer.concat(
    Array.from(path, (character) => {
      const code = character.codePointAt(0) ?? 0
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character)
    }),
  )
}

/** Why a path cannot be that of a change, before anybody is asked; undefined when it can. */
export function faultOfPath(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it is not an absolute path'
  if (path.includes('\0')) return 'no file name holds a zero byte'
  const parts = path.slice(1).split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'it has a part that is empty, "." or ".."'
  return undefined
}

/** Whether no kernel would take it. */
export function isTooLong(bytes: Buffer): boolean {
  return bytes.length > longestPath
}

/** The folder of a path that `faultOfPath` finds nothing wrong with. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
