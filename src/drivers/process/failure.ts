import type { Span } from '../../stack/diagnostics.ts'
import { StepError } from '../../plan/step-error.ts'
import { logsFolder, serviceFolder, taskFolder } from '../../session/layout.ts'
import { describeEnd, type JobState, type ReplicaState } from '../../session/protocol.ts'
import { lastLines } from './log-read.ts'

/** How many lines of a log stand beside a failure. */
const evidenceLines = 20

export interface FailureContext {
  readonly state: string
  readonly span: Span | undefined
  readonly redact: (text: string) => string
}

/** A replica that ends again and again: what happened, its last words, and what they hint at. */
export async function replicaFailure(
  service: string,
  replica: ReplicaState,
  context: FailureContext,
): Promise<StepError> {
  const end = replica.lastEnd
  const source = end === undefined || end.what === 'main' ? 'main' : `init.${end.what}`
  const lines = await lastLines(
    logsFolder(serviceFolder(context.state, service)),
    replica.slot,
    source,
    evidenceLines,
  )
  const how = end ? describeEnd(end) : 'ended'
  const times = replica.failures > 1 ? `, ${String(replica.failures)} times` : ''
  return failure(`service ${service} ${how}${times}`, lines, context)
}

export async function jobFailure(job: JobState, context: FailureContext): Promise<StepError> {
  const lines = await lastLines(logsFolder(taskFolder(context.state, job.name)), 1, 'main', evidenceLines)
  const how = job.lastEnd ? describeEnd(job.lastEnd) : 'failed'
  return failure(
    `job ${job.name} ${how}${job.tries > 1 ? ` at try ${String(job.tries)}` : ''}`,
    lines,
    context,
  )
}

function failure(message: string, lines: readonly string[], { span, redact }: FailureContext): StepError {
  const evidence = lines.map(redact)
  const isPortTaken = evidence.some((line) => /EADDRINUSE|address already in use/i.test(line))
  const hint = isPortTaken
    ? 'it found its port taken: let it listen on ${self.port.NAME}, or free the port'
    : undefined
  return new StepError('deploy', message, { span, evidence, ...(hint !== undefined && { hint }) })
}
