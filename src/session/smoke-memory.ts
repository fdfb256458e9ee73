import type { Memory } from '../memory/memory.ts'
import type { Smoke } from '../resolve/resolved.ts'

/** How a smoke test ended last, kept so that `status` can tell. */
export interface RememberedSmoke {
  readonly check: string
  readonly outcome: 'passed' | 'failed'
  readonly milliseconds: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly message?: string
}

const key = 'smoke'

export async function readSmokeResults(memory: Memory, checks: readonly Smoke[]): Promise<RememberedSmoke[]> {
  const remembered = new Map((await readAll(memory)).map((each) => [each.check, each]))
  return checks.flatMap(({ name }) => remembered.get(name) ?? [])
}

/** Adds these to what is known; a test that was not run keeps its last result. */
export async function writeSmokeResults(memory: Memory, results: readonly RememberedSmoke[]): Promise<void> {
  const all = new Map((await readAll(memory)).map((each) => [each.check, each]))
  for (const result of results) all.set(result.check, result)
  await memory.write(key, [...all.values()])
}

async function readAll(memory: Memory): Promise<RememberedSmoke[]> {
  const value = await memory.read(key)
  return Array.isArray(value) ? (value as RememberedSmoke[]) : []
}
