import type { Outcome } from '../plan/execute.ts'
import { exitCodeOfKind } from '../report/failure.ts'
import type { State } from '../state/state.ts'
import { exitCodes } from './command.ts'

/** The exit code of the first cause: a build before what could not start for want of it. */
export function exitCodeOfOutcome(outcome: Outcome): number {
  return exitCodeOfKinds(outcome.failures.map(({ error }) => error.kind)) ?? exitCodes.ok
}

/** The same of what is known now; `isWell` false without a failure of its own is a deployment that did not go well. */
export function exitCodeOfState({ resources, smoke }: State, isWell: boolean): number {
  const failed = [...resources.values()].flatMap(({ failure }) => (failure ? [failure.kind] : []))
  const isSmokeWell = [...smoke.values()].every(({ outcome }) => outcome !== 'failed')
  if (isWell) return isSmokeWell ? exitCodes.ok : exitCodes.smoke
  return exitCodeOfKinds(failed) ?? exitCodes.deploy
}

function exitCodeOfKinds(kinds: readonly string[]): number | undefined {
  const first = (
    ['internal', 'build', 'precondition', 'deploy', 'smoke', 'timeout', 'interrupted'] as const
  ).find((kind) => kinds.includes(kind))
  return first && exitCodeOfKind(first)
}
