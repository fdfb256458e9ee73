import type { Memory } from '../../../memory/memory.ts'
import type { KindOfObject } from '../../../platform/kubernetes/client.ts'
import { canonical } from '../../../plan/hash.ts'

/** A kind that raw objects of the stack have or had, and where: without it nobody could find them once their file is gone. */
export interface RecordedKind {
  readonly kind: KindOfObject
  /** Undefined: a kind without namespaces. */
  readonly namespace: string | undefined
}

const key = 'kinds'

export async function recordedKinds(memory: Memory): Promise<RecordedKind[]> {
  const stored = await memory.read(key)
  return Array.isArray(stored) ? (stored as RecordedKind[]) : []
}

/** One writer at a time for each memory. */
const writing = new WeakMap<Memory, Promise<void>>()

/** Remembers a kind before the first object of it is made. */
export async function recordKind(memory: Memory, wanted: RecordedKind): Promise<void> {
  const before = writing.get(memory) ?? Promise.resolve()
  const work = before.then(async () => {
    const known = await recordedKinds(memory)
    if (known.some((each) => canonical(each) === canonical(wanted))) return
    await memory.write(key, [...known, wanted])
  })
  writing.set(
    memory,
    work.catch(() => undefined),
  )
  await work
}
