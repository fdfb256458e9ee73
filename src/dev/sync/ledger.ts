import type { Memory } from '../../memory/memory.ts'
import type { StoredTree } from './tree.ts'

/** What stands inside a container at a path that was written to: a mark, `gone`, or `unknown` after an interruption. */
export type Standing = string

export const gone: Standing = 'gone'
/** A write began and its end was not seen: to be done again, whatever is wanted. */
export const unknown: Standing = 'unknown'

/** What is known of the insides of containers beyond what their images say. It outlives the program that wrote them. */
export interface Ledger {
  /** What was written into a container, by path. */
  standingOf(life: string): ReadonlyMap<string, Standing>
  /** Before anything is written: from here on the paths are unknown, also if we are killed. */
  begin(life: string, service: string, paths: readonly string[]): Promise<void>
  /** What stands there now. */
  settle(life: string, standings: ReadonlyMap<string, Standing>): void
  /** Containers of a service that are no more are forgotten. */
  keepOnly(service: string, lives: ReadonlySet<string>): Promise<void>
  /** What an image brought along as a service runs it; undefined when nobody saw it being made. */
  treeOf(service: string, image: string): StoredTree | undefined
  remember(service: string, image: string, tree: StoredTree): Promise<void>
  /** Everything is on disk. */
  flush(): Promise<void>
}

interface LifeRecord {
  readonly service: string
  readonly standings: Readonly<Record<string, Standing>>
}

interface Life {
  readonly service: string
  readonly standings: Map<string, Standing>
  /** Paths that the stored record calls unknown: writing to them again needs no word there. */
  doubted: ReadonlySet<string>
}

/** How many images of a service are remembered: the present one, and those a rollback or another branch brings back. */
const keptTrees = 6
/** What was written is stored so many milliseconds later, with all that followed. */
const storeAfter = 300

const livesKey = 'sync/lives'
const treesKey = 'sync/trees'

/** Which containers were written into, by their ids: for whoever only has to know that. */
export async function editedLives(memory: Memory): Promise<ReadonlySet<string>> {
  return new Set((await memory.list(livesKey)).map((key) => key.slice(livesKey.length + 1)))
}

/** Whether `dev` ever wrote into containers of this stack, or was about to. */
export async function hasSynced(memory: Memory): Promise<boolean> {
  return (await memory.list(treesKey)).length > 0
}

export async function openLedger(memory: Memory): Promise<Ledger> {
  const lives = await readLives(memory)
  const trees = await readTrees(memory)
  const due = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let storing: Promise<void> = Promise.resolve()

  function store(id: string): Promise<void> {
    const life = lives.get(id)
    due.delete(id)
    if (!life) return Promise.resolve()
    const record: LifeRecord = { service: life.service, standings: Object.fromEntries(life.standings) }
    life.doubted = doubtedIn(life.standings)
    // One after the other: a later state is never overtaken by an earlier one.
    storing = storing.then(() => memory.write(`${livesKey}/${id}`, record))
    return storing
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    for (const id of [...due]) await store(id)
    await storing
  }

  return {
    standingOf: (id) => lives.get(id)?.standings ?? new Map(),
    async begin(id, service, paths) {
      const life: Life = lives.get(id) ?? { service, standings: new Map(), doubted: new Set() }
      lives.set(id, life)
      for (const path of paths) life.standings.set(path, unknown)
      if (paths.some((path) => !life.doubted.has(path))) await store(id)
    },
    settle(id, standings) {
      const life = lives.get(id)
      if (!life) return
      for (const [path, standing] of standings) life.standings.set(path, standing)
      due.add(id)
      timer ??= setTimeout(() => {
        timer = undefined
        void flush()
      }, storeAfter)
      timer.unref()
    },
    async keepOnly(service, present) {
      for (const [id, life] of lives) {
        if (life.service !== service || present.has(id)) continue
        lives.delete(id)
        due.delete(id)
        await storing
        await memory.remove(`${livesKey}/${id}`)
      }
    },
    treeOf: (service, image) => trees.get(service)?.get(image),
    async remember(service, image, tree) {
      const own = trees.get(service) ?? new Map<string, StoredTree>()
      trees.set(service, own)
      if (own.has(image)) return
      own.set(image, tree)
      for (const oldest of own.keys()) {
        if (own.size <= keptTrees) break
        own.delete(oldest)
      }
      await memory.write(`${treesKey}/${service}`, Object.fromEntries(own))
    },
    flush,
  }
}

async function readLives(memory: Memory): Promise<Map<string, Life>> {
  const keys = await memory.list(livesKey)
  const entries = await Promise.all(
    keys.map(async (key): Promise<[string, Life][]> => {
      const record = (await memory.read(key)) as LifeRecord | undefined
      if (!record) return []
      const standings = new Map(Object.entries(record.standings))
      const id = key.slice(livesKey.length + 1)
      return [[id, { service: record.service, standings, doubted: doubtedIn(standings) }]]
    }),
  )
  return new Map(entries.flat())
}

function doubtedIn(standings: ReadonlyMap<string, Standing>): ReadonlySet<string> {
  return new Set([...standings].flatMap(([path, standing]) => (standing === unknown ? [path] : [])))
}

async function readTrees(memory: Memory): Promise<Map<string, Map<string, StoredTree>>> {
  const keys = await memory.list(treesKey)
  const entries = await Promise.all(
    keys.map(async (key) => {
      const stored = (await memory.read(key)) as Readonly<Record<string, StoredTree>> | undefined
      return [key.slice(treesKey.length + 1), new Map(Object.entries(stored ?? {}))] as const
    }),
  )
  return new Map(entries)
}
