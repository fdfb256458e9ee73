import type { Restart } from './restart.ts'
import type { SyncWay, Way } from './way.ts'

/** What a batch of edits costs one service or job. */
export interface Mixed {
  /** The dearest of its ways. */
  readonly cost: Way['cost']
  /** Every copy that the batch asks for, in its order, also where a rebuild is due: until that is done the old container may have them. */
  readonly syncs: readonly SyncWay[]
  /** Every place that they write, once. */
  readonly destinations: readonly string[]
  /** Every command that they ask for, once, in the order of the first who asks. */
  readonly exec: SyncWay['exec']
  /** The strongest; undefined where nothing is copied. */
  readonly then: Restart | undefined
  /** The rebuild that begins first; undefined where none is due. */
  readonly rebuild: (Way & { readonly cost: 'rebuild' }) | undefined
}

/** The dearest class that a batch of one owner needs; nothing of the cheaper ones is lost. */
export function mixed(ways: readonly Way[]): Mixed {
  const syncs = ways.filter((way) => way.cost === 'sync')
  const rebuilds = ways.filter((way) => way.cost === 'rebuild')
  const [rebuild] = rebuilds.toSorted(
    (one, other) => one.stage.index - other.stage.index || one.span.line - other.span.line,
  )
  const commands = syncs.flatMap(({ exec }) => exec.map(({ command }) => command))
  return {
    cost: rebuild ? 'rebuild' : syncs.length > 0 ? 'sync' : 'ignored',
    syncs,
    destinations: [...new Set(syncs.flatMap(({ destinations }) => destinations))],
    exec: [...new Set(commands)].map((command) => ({ command })),
    then: syncs.map(({ then }) => then).toSorted((one, other) => strength(other) - strength(one))[0],
    rebuild,
  }
}

function strength({ kind }: Restart): number {
  switch (kind) {
    case 'none':
      return 0
    case 'signal':
      return 1
    case 'process':
      return 2
    case 'container':
      return 3
    default:
      return kind satisfies never
  }
}
