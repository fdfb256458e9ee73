import { StepError } from '../../../plan/step-error.ts'
import { CommandError, run } from '../../../platform/run.ts'
import type { Span } from '../../../stack/diagnostics.ts'

export interface HelmTarget {
  /** File with the context; undefined: where kubectl looks by itself. */
  readonly kubeconfig: string | undefined
  readonly context: string
  readonly namespace: string
}

export interface HelmCall {
  readonly words: readonly string[]
  /** What it is about, for an error: `chart redis`. */
  readonly subject: string
  readonly input?: string
  readonly from: Span | undefined
  readonly signal: AbortSignal
}

/** Lines of helm's own words in an error. */
const mostLines = 20

/**
 * Runs helm against the pinned context and namespace and no other. Values reach it by standard input alone. StepError when helm
 * is missing (`precondition`), too old (`precondition`), or says no (`deploy`).
 */
export async function helm(target: HelmTarget, call: HelmCall): Promise<string> {
  const { words, subject, input, from, signal } = call
  const where = [
    ...(target.kubeconfig === undefined ? [] : ['--kubeconfig', target.kubeconfig]),
    ...['--kube-context', target.context, '--namespace', target.namespace],
  ]
  try {
    const { exitCode, stdout, stderr } = await run(['helm', ...words, ...where], {
      signal,
      // Releases are looked for in Secrets, whatever the user's own habit is.
      env: { ...process.env, HELM_DRIVER: 'secret' },
      ...(input !== undefined && { input }),
    })
    if (exitCode === 0) return stdout
    throw refusal(subject, stderr, from)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    if (signal.aborted) throw signal.reason
    if (error.reason === 'not-found')
      throw new StepError('precondition', `${subject}: charts are installed with helm, which is not there`, {
        span: from,
        hint: 'install helm 3.13 or newer: https://helm.sh/docs/intro/install',
      })
    throw new StepError('deploy', `${subject}: ${error.message}`, { span: from, cause: error })
  }
}

function refusal(subject: string, stderr: string, span: Span | undefined): StepError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('WARNING:'))
  const last = (lines.at(-1) ?? 'helm failed without a word').replace(/^Error: /, '')
  if (last.includes('unknown flag: --labels'))
    return new StepError('precondition', `${subject}: helm is too old to label releases`, {
      span,
      hint: 'install helm 3.13 or newer',
    })
  return new StepError('deploy', `${subject}: ${last}`, { span, evidence: lines.slice(-mostLines) })
}
