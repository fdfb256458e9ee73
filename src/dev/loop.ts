import type { Event } from '../state/events.ts'
import { StackError } from '../stack/diagnostics.ts'
import { impactOf, type Impact, type Reader } from './impact.ts'

export interface Turn {
  /** How the steps of this turn end; never rejects. */
  readonly outcome: Promise<{ readonly isDone: boolean; readonly isWell: boolean }>
}

export interface LoopOptions {
  /** What reads which file, as the stack stands now. */
  readonly readers: () => readonly Reader[]
  /** Reads the stack file again; false when it is broken and the last good state goes on. */
  readonly reload: () => Promise<boolean>
  /** Gathers, observes, plans and submits; comes back before the steps are done. */
  readonly bring: (impacts: readonly Impact[]) => Promise<Turn>
  /** Brings containers that came anew to where their predecessors were; undefined when nothing is to be done. */
  readonly replay?: () => Promise<Turn | undefined>
  /** Called when nothing is left to do after changes that went well: smoke tests of what they touched. */
  readonly afterwards: (impacts: readonly Impact[]) => Promise<void>
  readonly emit: (event: Event) => void
  readonly now: () => number
}

export interface Loop {
  /** Edited paths, absolute. None is lost: what comes during a turn makes another turn. */
  edit(paths: readonly string[]): void
  /** Containers came or went. While steps are under way that is their doing, and looked at when they are done. */
  stir(): void
  /** Resolves when no turn is running or due and no step is under way. */
  idle(): Promise<void>
}

/**
 * The turns of `dev`: edits → impact → the same plan line. Turns follow one another, so a later plan is always made of later
 * facts; but a turn does not wait for the steps of the one before, whose stale ones its plan takes over (see the scheduler).
 * What failed stays visible as a difference between wanted and observed, and the next turn does it.
 */
export function createLoop(options: LoopOptions): Loop {
  const due = new Set<string>()
  const carried: Impact[] = []
  let isStirred = false
  let turning: Promise<void> | undefined
  let underWay = 0
  const idle = new Set<() => void>()

  function edit(paths: readonly string[]): void {
    for (const path of paths) due.add(path)
    start()
  }

  function start(): void {
    turning ??= turns().finally(() => {
      turning = undefined
      tellIdle()
    })
  }

  async function turns(): Promise<void> {
    while (due.size > 0 || (isStirred && underWay === 0)) {
      const paths = [...due]
      due.clear()
      try {
        if (paths.length > 0) await turn(paths)
        else await replay()
      } catch (error) {
        tellFailure(error)
      }
    }
  }

  /** Mistakes in files are told where they stand. */
  function tellFailure(error: unknown): void {
    const diagnostics = error instanceof StackError ? error.diagnostics : []
    for (const diagnostic of diagnostics)
      options.emit({ type: 'diagnostic.reported', at: options.now(), diagnostic })
    const why = diagnostics.length > 0 ? 'what runs stays until it is mended' : messageOf(error)
    options.emit({
      type: 'message.reported',
      at: options.now(),
      text: `this edit could not be planned: ${why}`,
    })
  }

  async function turn(paths: readonly string[]): Promise<void> {
    const impacts = impactOf(paths, options.readers())
    const relevant = impacts.filter(({ update }) => update !== 'ignored')
    if (relevant.length === 0) return
    tell(relevant)
    if (relevant.some(({ update }) => update === 'replan') && !(await options.reload())) return
    carried.push(...relevant)
    const { outcome } = await options.bring([...carried])
    underWay += 1
    void outcome.then(finish)
  }

  async function replay(): Promise<void> {
    isStirred = false
    const turn = await options.replay?.()
    if (!turn) return
    underWay += 1
    void turn.outcome.then(({ isDone }) => finish({ isDone, isWell: false }))
  }

  async function finish({ isDone, isWell }: { isDone: boolean; isWell: boolean }): Promise<void> {
    underWay -= 1
    if (underWay === 0 && isStirred) start()
    if (underWay > 0 || due.size > 0) return
    const finished = isWell ? carried.splice(0) : []
    if (isDone && isWell) await options.afterwards(finished)
    tellIdle()
  }

  function tell(impacts: readonly Impact[]): void {
    options.emit({
      type: 'files.changed',
      at: options.now(),
      paths: [...new Set(impacts.map(({ path }) => path))],
    })
    for (const { path, update, rule, resources } of impacts) {
      const services = resources.map((id) => id.slice(id.indexOf('/') + 1))
      options.emit({ type: 'edit.classified', at: options.now(), path, update, rule, services })
    }
  }

  function tellIdle(): void {
    if (turning !== undefined || underWay > 0 || due.size > 0) return
    for (const resolve of idle) resolve()
    idle.clear()
  }

  return {
    edit,
    stir() {
      isStirred = options.replay !== undefined
      if (underWay === 0) start()
    },
    idle: () =>
      new Promise((resolve) => {
        idle.add(resolve)
        tellIdle()
      }),
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
