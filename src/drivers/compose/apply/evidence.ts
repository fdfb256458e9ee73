import type { ContainerDetail } from '../../../platform/engine/containers.ts'
import type { Engine } from '../../../platform/engine/engine.ts'
import { logs } from '../../../platform/engine/logs.ts'
import { isNotFound } from '../../../platform/engine/errors.ts'

/** How many lines a person gets to see of what a container wrote last. */
const lastLines = 20

/** How many runs of the engine's health check are shown. */
const lastChecks = 3

/** What a person would look up next about a container that failed. */
export async function evidenceOf(engine: Engine, detail: ContainerDetail): Promise<string[]> {
  return [...healthEvidence(detail), ...(await linesOf(engine, detail.Id))]
}

/** The last lines that a container wrote. */
export async function linesOf(engine: Engine, container: string): Promise<string[]> {
  const lines: string[] = []
  try {
    for await (const { line } of logs(engine, container, { tail: lastLines })) lines.push(line)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return lines
}

/** `exited 1, 3 times`, `killed: it used more memory than its limit`. */
export function endOf({ State, RestartCount }: ContainerDetail): string {
  if (State.OOMKilled) return 'was killed: it used more memory than its limit'
  // The engine counts a restart when it decides on it, so the last exit is not counted only where none follows.
  const exits = State.Status === 'exited' || State.Status === 'dead' ? RestartCount + 1 : RestartCount
  const often = exits > 1 ? `, ${exits} times` : ''
  return `exited ${State.ExitCode}${often}`
}

function healthEvidence({ State }: ContainerDetail): string[] {
  return (State.Health?.Log ?? []).slice(-lastChecks).map(({ ExitCode, Output }) => {
    const output = Output.trim()
    return `health check exited ${ExitCode}${output === '' ? '' : `: ${output}`}`
  })
}
