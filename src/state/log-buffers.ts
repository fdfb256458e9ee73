/** A line of a service as views show it. */
export interface LogEntry {
  /** Counts up over all services: the order of arrival. */
  readonly order: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly service: string
  readonly replica: number
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface LogBounds {
  /** Lines of one service. Default: 5000. */
  readonly perService: number
  /** Lines of all. Default: 20000. */
  readonly total: number
  /** Characters of one line; the rest is told by its length. Default: 4096. */
  readonly line: number
  /** Characters of all lines. Default: 16 million. */
  readonly characters: number
}

/** Which lines a view wants, newest last. */
export interface LogQuery {
  /** Undefined: all services, merged. */
  readonly service: string | undefined
  /** Nothing that came later than this; undefined: up to the newest. */
  readonly upTo: number | undefined
  /** How many lines to leave out at the new end. */
  readonly skip: number
  readonly count: number
  readonly matches: ((entry: LogEntry) => boolean) | undefined
}

/**
 * The last lines of every service, apart from the state: they come by thousands a second, and a copy for each would be the work of
 * the whole program. What is too much is forgotten, oldest first, and of the service that holds most.
 */
export interface LogBuffers {
  write(line: Omit<LogEntry, 'order'>): void
  read(query: LogQuery): readonly LogEntry[]
  /** How many lines a query could give at most, whatever its `skip` and `count`. */
  count(query: Pick<LogQuery, 'service' | 'upTo' | 'matches'>): number
  /** The order of the newest line; 0 when there was none. Changes with every line. */
  newest(): number
}

export const defaultBounds: LogBounds = {
  perService: 5_000,
  total: 20_000,
  line: 4_096,
  characters: 16_000_000,
}

export function createLogBuffers(bounds: LogBounds = defaultBounds): LogBuffers {
  const rings = new Map<string, Ring>()
  let order = 0
  let lines = 0
  let characters = 0

  function forgetOldest(ring: Ring): void {
    const gone = ring.shift()
    if (!gone) return
    lines -= 1
    characters -= gone.text.length
  }

  return {
    write(line) {
      order += 1
      const text = shortened(line.text, bounds.line)
      const ring = rings.get(line.service) ?? new Ring(bounds.perService)
      if (!rings.has(line.service)) rings.set(line.service, ring)
      if (ring.length === bounds.perService) forgetOldest(ring)
      ring.push({ ...line, text, order })
      lines += 1
      characters += text.length
      while (lines > bounds.total || characters > bounds.characters) forgetOldest(largest(rings))
    },
    read: (query) => [...backwards(rings, query)].reverse(),
    count({ service, upTo, matches }) {
      const chosen = chosenRings(rings, service)
      if (!matches && upTo === undefined) return chosen.reduce((sum, ring) => sum + ring.length, 0)
      let found = 0
      for (const ring of chosen)
        for (let index = ring.lastUpTo(upTo); index >= 0; index -= 1) {
          const entry = ring.at(index)
          if (entry && (!matches || matches(entry))) found += 1
        }
      return found
    },
    newest: () => order,
  }
}

/** Newest first, merged by arrival. Each ring is searched for itself, so that only what matches is compared with the others. */
function* backwards(rings: ReadonlyMap<string, Ring>, query: LogQuery): Generator<LogEntry> {
  let { skip, count } = query
  const heads = chosenRings(rings, query.service).map((ring) => {
    const found = matching(ring, query)
    return { found, entry: found.next().value }
  })
  while (count > 0) {
    let newest: (typeof heads)[number] | undefined
    for (const head of heads) if ((head.entry?.order ?? 0) > (newest?.entry?.order ?? 0)) newest = head
    if (!newest?.entry) return
    if (skip > 0) skip -= 1
    else {
      count -= 1
      yield newest.entry
    }
    newest.entry = newest.found.next().value
  }
}

function* matching(
  ring: Ring,
  { upTo, matches }: Pick<LogQuery, 'upTo' | 'matches'>,
): Generator<LogEntry, undefined> {
  for (let index = ring.lastUpTo(upTo); index >= 0; index -= 1) {
    const entry = ring.at(index)
    if (entry && (!matches || matches(entry))) yield entry
  }
  return undefined
}

function chosenRings(rings: ReadonlyMap<string, Ring>, service: string | undefined): Ring[] {
  if (service === undefined) return [...rings.values()]
  const ring = rings.get(service)
  return ring ? [ring] : []
}

function largest(rings: ReadonlyMap<string, Ring>): Ring {
  return [...rings.values()].reduce((most, ring) => (ring.length > most.length ? ring : most))
}

function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  // A cut text would keep the whole line alive as its parent; a copy lets go of it.
  return Buffer.from(`${text.slice(0, limit)} … (${text.length} characters)`).toString()
}

/** A queue over an array that is written round and round; it grows up to its capacity, and nothing is ever moved within it. */
class Ring {
  readonly #capacity: number
  readonly #entries: (LogEntry | undefined)[] = []
  #first = 0
  length = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  push(entry: LogEntry): void {
    this.#entries[(this.#first + this.length) % this.#capacity] = entry
    this.length += 1
  }

  shift(): LogEntry | undefined {
    const entry = this.#entries[this.#first]
    if (this.length === 0) return undefined
    this.#entries[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#capacity
    this.length -= 1
    return entry
  }

  /** 0 is the oldest. */
  at(index: number): LogEntry | undefined {
    return index < 0 || index >= this.length
      ? undefined
      : this.#entries[(this.#first + index) % this.#capacity]
  }

  /** The index of the last entry that came no later; -1 when there is none. */
  lastUpTo(order: number | undefined): number {
    if (order === undefined) return this.length - 1
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.at(middle)?.order ?? 0) <= order) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
