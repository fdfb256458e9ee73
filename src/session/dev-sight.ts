import type { Arguments } from '../commands/arguments.ts'
import type { Surroundings } from '../commands/command.ts'
import { editedLives } from '../dev/sync/ledger.ts'
import type { ResourceId } from '../plan/resource.ts'
import type { Plan } from '../plan/step.ts'
import { planLine } from './line.ts'
import { openStack } from './open.ts'
import type { Opened } from './opened.ts'

/** What runs, in the eyes of `dev`. */
export interface SightOfDev {
  /** What `dev` would do. */
  readonly plan: Plan
  /** How many files were written into the containers of a service since they began, for those that were written into. */
  readonly files: ReadonlyMap<ResourceId, number>
}

/** Looks again as `dev` does, changing nothing; undefined where nothing that runs was written into. */
export async function lookAsDev(
  { memory }: Opened,
  given: Arguments,
  around: Surroundings,
): Promise<SightOfDev | undefined> {
  if ((await editedLives(memory)).size === 0) return undefined
  const { openDevSync } = await import('../dev/sync/dev-sync.ts')
  const opened = await openStack(given, around, { asDev: 'always' })
  try {
    const sync = await openDevSync(opened, { readsOnly: true })
    if (!sync) return undefined
    const facts = await opened.gather('look')
    await sync.look(opened)
    const { plan, observed } = await planLine(
      opened.driver,
      opened.stack,
      facts,
      { weave: (desired, seen) => sync.weave(opened, desired, seen) },
      around.signal,
    )
    const counts = [...observed].flatMap(([id, { lives = [] }]): [ResourceId, number][] => {
      const count = Math.max(0, ...lives.map((life) => sync.written(life.id)))
      return count === 0 ? [] : [[id, count]]
    })
    return { plan, files: new Map(counts) }
  } finally {
    await opened.close()
  }
}
