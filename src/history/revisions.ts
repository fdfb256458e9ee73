import type { Memory } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { revisionIn, type Revision, type RevisionResult } from './revision.ts'

const folder = 'revisions'
const keyOf = (number: number): string => `${folder}/${number}`
/** Revisions that are kept; older ones go. */
const mostKept = 20

/** Every revision of this stack on its target, oldest first. Targets on one machine share a memory, so others are left out. */
export async function readRevisions(
  memory: Pick<Memory, 'read' | 'list'>,
  stack: Pick<ResolvedStack, 'project' | 'profile'>,
): Promise<Revision[]> {
  const all = await Promise.all(
    (await numbersIn(memory)).map(async (number) => revisionIn(await memory.read(keyOf(number)))),
  )
  return all.flatMap((each) =>
    each?.project === stack.project && each.target === stack.profile.target ? [each] : [],
  )
}

/** StepError, naming those that there are, when there is none of this number. */
export function revisionNumbered(revisions: readonly Revision[], number: number): Revision {
  const found = revisions.find((each) => each.number === number)
  if (found) return found
  const numbers = revisions.map((each) => each.number).join(', ')
  throw new StepError('precondition', `there is no revision ${number} of this stack on this target`, {
    hint:
      revisions.length === 0
        ? 'every up that changes something makes one'
        : revisions.length === 1
          ? `there is revision ${numbers}`
          : `there are revisions ${numbers}`,
  })
}

/** Keeps it under the next number, which is the result. Whoever calls holds the lock. */
export async function addRevision(memory: Memory, revision: Omit<Revision, 'number'>): Promise<number> {
  const numbers = await numbersIn(memory)
  const number = (numbers.at(-1) ?? 0) + 1
  await memory.write(keyOf(number), { ...revision, number } satisfies Revision)
  const old = [...numbers, number].slice(0, -mostKept)
  for (const each of old) await memory.remove(keyOf(each))
  return number
}

/** Says how a revision went on after it was kept. */
export async function noteResult(memory: Memory, number: number, result: RevisionResult): Promise<void> {
  const revision = revisionIn(await memory.read(keyOf(number)))
  if (revision && revision.result !== result) await memory.write(keyOf(number), { ...revision, result })
}

async function numbersIn(memory: Pick<Memory, 'list'>): Promise<number[]> {
  const keys = await memory.list(folder)
  return keys
    .map((key) => Number(key.slice(folder.length + 1)))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((one, other) => one - other)
}
