/** What one look says about something that is waited for. */
export type Verdict =
  | { readonly state: 'ready'; readonly detail: string }
  | {
      readonly state: 'waiting'
      readonly detail: string
      /** Milliseconds after which the same look may mean something else. */
      readonly again?: number
      /** What it waits for, for whoever must say at the end of the time why it never came. */
      readonly held?: Omit<Problem, 'text'>
    }
  | { readonly state: 'failed'; readonly problem: Problem }

/** Why something cannot become ready. */
export interface Problem {
  /** One line, without the name of the resource: `container web exited 1, 3 times`. */
  readonly text: string
  /** The field of the stack file that it is about: `image`, `health`, `resources.limits.memory`. */
  readonly field?: string
  /** A volume of the stack that it is about. */
  readonly volume?: string
  /** Whose log tells more. */
  readonly log?: { readonly pod: string; readonly container: string; readonly isPrevious: boolean }
  /** Uids of the objects whose events tell more. */
  readonly about: readonly string[]
  readonly hint?: string
  /** Its time was over, and nothing else was wrong. */
  readonly isTimeout?: true
}

/** How long something has been as it is, in milliseconds; `since` is by the server's clock. */
export type Elapsed = (what: string, since: string | undefined) => number

/** By the clocks alone: for one look. `now` is in epoch milliseconds. */
export function elapsedBy(now: number): Elapsed {
  return (_what, since) => (since === undefined ? Infinity : Math.max(0, now - Date.parse(since)))
}

/** By our own watch from the first time that something was asked for: clocks of two machines need not agree. */
export function stopwatch(now: () => number = Date.now): Elapsed {
  const first = new Map<string, number>()
  return (what) => {
    const began = first.get(what) ?? now()
    first.set(what, began)
    return now() - began
  }
}
