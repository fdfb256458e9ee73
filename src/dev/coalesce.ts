/** How long events after the first are gathered: an editor's save, a formatter behind it. */
export const quietMilliseconds = 30
/** A chatty writer cannot hold a batch back for longer. */
export const longestMilliseconds = 250
/** Nor can one who says that the tree is being changed as a whole. */
export const longestBusyMilliseconds = 10_000

export interface Timers {
  after(milliseconds: number, act: () => void): { cancel(): void }
  now(): number
}

export interface Coalescer {
  add(path: string): void
  close(): void
}

/**
 * Leading edge: the first event of a quiet tree is handed on at once, alone; what follows is gathered until nothing came for
 * `quietMilliseconds`, at most `longestMilliseconds`. While the tree is busy, all of it waits: half of a checkout is no state that
 * anybody wants built. Nothing is dropped: each path is handed on after its last event.
 */
export function createCoalescer(
  handOn: (paths: readonly string[]) => void,
  timers: Timers,
  isBusy: () => boolean = () => false,
): Coalescer {
  const gathered = new Set<string>()
  let timer: { cancel(): void } | undefined
  let gatheringSince = 0

  const flush = (): void => {
    if (gathered.size === 0) {
      timer = undefined
      return
    }
    if (timers.now() - gatheringSince < longestBusyMilliseconds && isBusy()) {
      timer = timers.after(quietMilliseconds, flush)
      return
    }
    const paths = [...gathered]
    gathered.clear()
    gatheringSince = timers.now()
    timer = timers.after(quietMilliseconds, flush)
    handOn(paths)
  }
  return {
    add(path) {
      if (timer === undefined && !isBusy()) {
        gatheringSince = timers.now()
        timer = timers.after(quietMilliseconds, flush)
        handOn([path])
        return
      }
      if (gathered.size === 0) gatheringSince = timers.now()
      gathered.add(path)
      const left = gatheringSince + longestMilliseconds - timers.now()
      timer?.cancel()
      timer = timers.after(Math.max(0, Math.min(quietMilliseconds, left)), flush)
    },
    close() {
      timer?.cancel()
      timer = undefined
      gathered.clear()
    },
  }
}
