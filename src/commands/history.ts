import { historyTable, shortHash } from '../history/format.ts'
import { readRevisions } from '../history/revisions.ts'
import type { Revision } from '../history/revision.ts'
import { styleFor } from '../report/style.ts'
import { openStack } from '../session/open.ts'
import { exitCodes, type Command } from './command.ts'

/** One revision as `history -o json` tells it. */
export interface RevisionRow {
  readonly revision: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly by: string
  readonly command: string
  readonly result: Revision['result']
  readonly profiles: readonly string[]
  readonly changes: Revision['changes']
  readonly images: readonly {
    readonly image: string
    readonly reference: string
    /** Of everything that it was built from. */
    readonly hash: string
  }[]
  readonly commit: Revision['commit']
}

/** What was brought up when, by whom, from what. */
export const history: Command = async (given, around) => {
  const opened = await openStack(given, around)
  try {
    const revisions = await readRevisions(opened.memory, opened.stack)
    const { project, profile } = opened.stack
    if (given.text('output') === 'json') {
      around.stdout.write(
        `${JSON.stringify({ project, target: profile.target, revisions: revisions.map(rowOf) })}\n`,
      )
    } else {
      const style = styleFor(given.text('ansi'), around.stdout, around.env)
      around.stdout.write(`${historyTable(revisions, style, around.stdout.columns)}\n`)
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}

function rowOf(revision: Revision): RevisionRow {
  const { number, at, by, command, result, profiles, changes, facts, commit } = revision
  return {
    revision: number,
    at,
    by,
    command,
    result,
    profiles,
    changes,
    images: Object.entries(facts.images).map(([image, { reference, hash }]) => ({
      image,
      reference,
      hash: shortHash(hash),
    })),
    commit,
  }
}
