import { statSync } from 'node:fs'

/** Milliseconds that a file may be empty before it is told of. */
const emptyMilliseconds = 20

/**
 * What the system tells in one go is passed on right behind it, each path once: truncation and write of one save are one change. A file
 * that is empty then is most likely between the two, and is told of with its next event, or a moment later.
 */
export function createPace(tell: (path: string) => void) {
  const stirred = new Set<string>()
  const empty = new Map<string, NodeJS.Timeout>()
  let due: NodeJS.Immediate | undefined

  function passOn(): void {
    due = undefined
    const paths = [...stirred]
    stirred.clear()
    for (const path of paths) {
      clearTimeout(empty.get(path))
      empty.delete(path)
      if (isEmpty(path))
        empty.set(
          path,
          setTimeout(() => passEmpty(path), emptyMilliseconds),
        )
      else tell(path)
    }
  }

  function passEmpty(path: string): void {
    empty.delete(path)
    tell(path)
  }

  return {
    stirred(path: string): void {
      stirred.add(path)
      due ??= setImmediate(passOn)
    },
    close(): void {
      clearImmediate(due)
      for (const timer of empty.values()) clearTimeout(timer)
    },
  }
}

function isEmpty(path: string): boolean {
  try {
    return statSync(path).size === 0
  } catch {
    // Deleted, or not to be looked at: that is told at once.
    return false
  }
}
