import type { Facts } from '../drivers/facts.ts'
import type { Target } from '../resolve/resolved.ts'
import type { FrozenInputs } from '../session/read-stack.ts'
import { filesOfRevision, pathFrom, type KeepingFiles } from './kept-files.ts'
import type { Revision } from './revision.ts'

/** A revision as something that can be opened like a stack. */
export interface Frozen {
  readonly number: number
  /** Where it ran, also when no profile said so. */
  readonly target: Target
  readonly files: KeepingFiles
  readonly inputs: FrozenInputs
  /** What is not computed from today's files. */
  readonly facts: Pick<Facts, 'images' | 'manifests' | 'charts'>
}

/** `root` is the folder of the stack file here; values that hold secrets are those of `env`, today's. */
export function frozenRevision(
  revision: Revision,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Frozen {
  const { images, manifests, charts } = revision.facts
  const secret = revision.secretVariables.flatMap((name) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    number: revision.number,
    target: revision.target,
    files: filesOfRevision(revision.inputs, root),
    inputs: {
      entry: pathFrom(root, revision.entry),
      profiles: revision.profiles,
      set: revision.set,
      variables: { ...revision.variables, ...Object.fromEntries(secret) },
    },
    facts: { images: new Map(Object.entries(images)), manifests, charts: new Map(Object.entries(charts)) },
  }
}
