import { readRevisions } from '../history/revisions.ts'
import { LockedError } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import type { Opened } from '../session/opened.ts'
import { StackError } from '../stack/diagnostics.ts'
import type { Arguments } from './arguments.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { rollBackTo } from './rollback.ts'

/**
 * After a change that did not become ready or failed its smoke tests: brings the newest revision back that went well, by the line
 * of `rollback`, under a lock of its own. How that goes is told and changes nothing else: the first failure is the one that counts.
 */
export async function rollBackAfterFailure(
  opened: Opened,
  given: Arguments,
  around: Surroundings,
): Promise<void> {
  const tell = (text: string): void => opened.emit({ type: 'message.reported', at: Date.now(), text })
  const revisions = await readRevisions(opened.memory, opened.stack)
  const good = revisions.filter(({ result }) => result === 'ok').at(-1)
  if (!good) {
    tell('nothing is rolled back: no revision of this stack went well so far')
    return
  }
  tell(`rolling back to revision ${good.number}, the last one that went well`)
  try {
    const code = await rollBackTo(good, opened.stack.root, apart(given), around)
    tell(
      code === exitCodes.ok
        ? `revision ${good.number} serves again; this command nevertheless failed`
        : `revision ${good.number} could not be brought back whole; iamstack status tells what there is`,
    )
  } catch (error) {
    if (!(error instanceof StepError || error instanceof StackError || error instanceof LockedError))
      throw error
    const why = [error.message, ...(error instanceof StepError ? error.evidence : [])].join('; ')
    const hint = error instanceof StepError && error.hint !== undefined ? ` (${error.hint})` : ''
    tell(`not rolled back to revision ${good.number}: ${why}${hint}`)
  }
}

/** The same arguments; what is reported lies in a folder below, so that the report of the failure stays. */
function apart(given: Arguments): Arguments {
  const folder = given.text('report-dir')
  return {
    command: 'rollback',
    operands: [],
    isOn: (flag) => given.isOn(flag),
    text: (flag) => (flag === 'report-dir' && folder !== undefined ? `${folder}/rollback` : given.text(flag)),
    list: (flag) => given.list(flag),
  }
}
