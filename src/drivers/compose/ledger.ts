import type { Memory } from '../../memory/memory.ts'

/** What Docker cannot hold: labels of a container never change, and a job's container goes while its volumes stay. */
export interface Ledger {
  /** By container id: the parts since its last reload. */
  readonly reloads: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By job: with which parts it ran, on which volumes. */
  readonly jobs: Readonly<Record<string, JobRecord>>
}

interface JobRecord {
  readonly parts: Readonly<Record<string, string>>
  /** Incarnation by volume. */
  readonly volumes: Readonly<Record<string, string>>
}

const emptyLedger: Ledger = { reloads: {}, jobs: {} }

const key = 'compose/ledger'

export async function readLedger(memory: Memory): Promise<Ledger> {
  const stored = await memory.read(key)
  if (typeof stored !== 'object' || stored === null) return emptyLedger
  return { ...emptyLedger, ...stored }
}

/** Reads, changes and writes; callers take turns. */
export async function changeLedger(memory: Memory, change: (ledger: Ledger) => Ledger): Promise<void> {
  await memory.write(key, change(await readLedger(memory)))
}

/** Notes what a container has since its reload, and forgets containers that are gone. */
export function withReload(
  ledger: Ledger,
  container: string,
  parts: Readonly<Record<string, string>>,
  present: readonly { readonly id: string }[],
): Ledger {
  const ids = new Set(present.map(({ id }) => id))
  const kept = Object.entries(ledger.reloads).filter(([id]) => ids.has(id))
  return { ...ledger, reloads: { ...Object.fromEntries(kept), [container]: parts } }
}
