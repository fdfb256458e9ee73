import { performance } from 'node:perf_hooks'

/** `start` is no rival: how long the program itself needs to start, where a target says "plus row 1". */
export type ContestantName = 'ours' | 'peer' | 'floor' | 'start'

/** One line of the table. */
export interface Row {
  readonly number: string
  readonly action: string
  readonly targets: Targets
}

/** Ours divided by the other, at most; `floorPlusStart` allows the start of the program on top of the floor. */
export interface Targets {
  readonly peer?: number
  readonly floor?: number
  readonly floorPlusStart?: boolean
}

export interface Contestant {
  readonly name: ContestantName
  /** What is run, for the results. */
  readonly what: string
  /** Once, before the first round. */
  readonly prepare?: () => Promise<void>
  /** One round: milliseconds for each row of the scenario, in their order. Only what it times itself counts. */
  readonly round: () => Promise<readonly number[]>
  /** Once, after the last round, even when one failed. */
  readonly dispose?: () => Promise<void>
}

/** Rows that are measured in one cycle: who brings forty containers up has to take them down again anyway. */
export interface Scenario {
  readonly rows: readonly Row[]
  readonly contestants: readonly Contestant[]
  /** Something besides time that must hold, e.g. a number of engine calls. Asked while everything is still prepared. */
  readonly also?: () => Promise<Finding>
}

export interface Finding {
  readonly row: string
  readonly text: string
  readonly isMet: boolean
}

/** Milliseconds. */
export interface Sample {
  readonly median: number
  readonly p95: number
  readonly least: number
  readonly rounds: number
}

export interface Measured {
  readonly row: string
  readonly action: string
  readonly what: Readonly<Partial<Record<ContestantName, string>>>
  readonly samples: Readonly<Partial<Record<ContestantName, Sample>>>
  readonly ratios: { readonly peer?: number; readonly floor?: number }
  readonly targets: Targets
  /** Undefined where nothing of ours was measured, or nothing to compare it with. */
  readonly isMet: boolean | undefined
  readonly also?: string
  readonly failures: readonly string[]
}

export interface MeasureOptions {
  /** Rounds that count; one more before them warms up. */
  readonly rounds: number
  readonly only: ReadonlySet<ContestantName>
  readonly tell: (text: string) => void
}

/**
 * Interleaved: each round runs every contestant once, so that a slow minute of the machine hits all alike. Who fails is left out
 * from then on and said so; the others go on.
 */
export async function measure(scenario: Scenario, options: MeasureOptions): Promise<Measured[]> {
  const running = scenario.contestants
    .filter(({ name }) => options.only.has(name))
    .map((contestant) => ({ contestant, figures: scenario.rows.map((): number[] => []), failure: '' }))
  const attempt = async (one: (typeof running)[number], act: (() => Promise<void>) | undefined) => {
    if (one.failure !== '' || !act) return
    try {
      await act()
    } catch (error) {
      one.failure = complaintOf(one.contestant, error)
    }
  }
  const begun: typeof running = []
  let also: Finding | undefined
  try {
    for (const one of running) {
      begun.push(one)
      await attempt(one, one.contestant.prepare)
    }
    for (let round = 0; round <= options.rounds; round++) {
      options.tell(
        `${scenario.rows.map(({ number }) => number).join(', ')}: round ${round} of ${options.rounds}`,
      )
      for (const one of rotated(running, round))
        await attempt(one, async () => {
          const took = await one.contestant.round()
          if (round > 0) took.forEach((milliseconds, index) => one.figures[index]?.push(milliseconds))
        })
    }
    const ours = running.find(({ contestant }) => contestant.name === 'ours')
    if (ours)
      await attempt(ours, async () => {
        also = await scenario.also?.()
      })
  } finally {
    for (const one of begun) {
      try {
        await one.contestant.dispose?.()
      } catch (error) {
        // The others have to be taken down all the same; the sweep at the end does the rest.
        one.failure ||= complaintOf(one.contestant, error)
      }
    }
  }
  return scenario.rows.map((row, index) => {
    const samples: Measured['samples'] = Object.fromEntries(
      running.flatMap(({ contestant, figures }) => {
        const values = figures[index] ?? []
        return values.length > 0 ? [[contestant.name, sampleOf(values)]] : []
      }),
    )
    const what: Measured['what'] = Object.fromEntries(
      running.map(({ contestant }) => [contestant.name, contestant.what]),
    )
    const failures = running.flatMap(({ failure }) => (failure === '' ? [] : [failure]))
    return judge(row, samples, what, failures, also?.row === row.number ? also : undefined)
  })
}

function complaintOf({ name }: Contestant, error: unknown): string {
  return `${name}: ${error instanceof Error ? error.message : String(error)}`
}

function judge(
  row: Row,
  samples: Measured['samples'],
  what: Measured['what'],
  failures: readonly string[],
  also: Finding | undefined,
): Measured {
  const { targets } = row
  const ours = samples.ours?.median
  const allowance = targets.floorPlusStart === true ? (samples.start?.median ?? 0) : 0
  const peer = ours !== undefined && samples.peer ? ours / samples.peer.median : undefined
  const floor = ours !== undefined && samples.floor ? (ours - allowance) / samples.floor.median : undefined
  const verdicts = [
    ...(peer !== undefined && targets.peer !== undefined ? [peer <= targets.peer] : []),
    ...(floor !== undefined && targets.floor !== undefined ? [floor <= targets.floor] : []),
    ...(also ? [also.isMet] : []),
  ]
  const hasOursFailed = failures.some((failure) => failure.startsWith('ours:'))
  return {
    row: row.number,
    action: row.action,
    what,
    samples,
    ratios: { ...(peer !== undefined && { peer }), ...(floor !== undefined && { floor }) },
    targets,
    isMet: hasOursFailed ? false : verdicts.length > 0 ? verdicts.every(Boolean) : undefined,
    ...(also && { also: also.text }),
    failures,
  }
}

/** How long something takes, in milliseconds. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await act()
  return performance.now() - began
}

function sampleOf(values: readonly number[]): Sample {
  return {
    median: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    least: Math.min(...values),
    rounds: values.length,
  }
}

/** Between two values where none lies at that place. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  const place = at * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

/** Another one begins in each round. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const shift = items.length === 0 ? 0 : by % items.length
  return [...items.slice(shift), ...items.slice(0, shift)]
}
