import type { Outcome } from '../plan/execute.ts'
import { exitCodeOfKind } from '../report/failure.ts'
import { exitCodes } from './command.ts'

/** The exit code of the first cause: a build before what could not start for want of it. */
export function exitCodeOfOutcome(outcome: Outcome): number {
  const kinds = outcome.failures.map(({ error }) => error.kind)
  const first = (
    ['internal', 'build', 'precondition', 'deploy', 'smoke', 'timeout', 'interrupted'] as const
  ).find((kind) => kinds.includes(kind))
  return first === undefined ? exitCodes.ok : exitCodeOfKind(first)
}
