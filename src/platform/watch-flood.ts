import { readFileSync } from 'node:fs'

/** Epoch milliseconds are compared with times that a file system rounds down. */
const roundingMilliseconds = 100

/**
 * Linux drops events when a reader does not come to fetch them, and Node does not pass on that it did. So many events in one go as its
 * queue half full would hold, and everything is looked at again: all that is younger than the go before.
 */
export function createFlood(lookAgain: (since: number) => void) {
  const threshold = longestQueue() / 2
  let events = 0
  let before = Date.now()
  let due: NodeJS.Immediate | undefined

  function ebb(): void {
    due = undefined
    if (events >= threshold) lookAgain(before - roundingMilliseconds)
    events = 0
    before = Date.now()
  }

  return {
    rise(): void {
      events += 1
      due ??= setImmediate(ebb)
    },
    close: () => clearImmediate(due),
  }
}

/** Events that the kernel keeps for one reader; its default where it does not say. */
function longestQueue(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'))
  } catch {
    return 16_384
  }
}
