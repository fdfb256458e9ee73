import { setTimeout as sleep } from 'node:timers/promises'
import type { Materials } from '../content/materials.ts'
import { failureOf } from '../plan/failure.ts'
import { StepError } from '../plan/step-error.ts'
import type { Smoke } from '../resolve/resolved.ts'
import { StackError } from '../stack/diagnostics.ts'
import type { Event, Failure } from '../state/events.ts'
import { checkHttp, unreachable } from './http-check.ts'
import { checkExec, checkRun } from './output-check.ts'
import { probe } from './probe.ts'
import type { Attempt, SmokeResult, SmokeStep, SmokeTarget } from './target.ts'

/**
 * Runs smoke tests one after the other, in the order given. A failed one does not stop the others. Throws StepError
 * `interrupted` when `signal` is aborted.
 */
export async function runSmoke(
  checks: readonly Smoke[],
  target: SmokeTarget,
  materials: Materials,
  emit: (event: Event) => void,
  signal: AbortSignal,
): Promise<SmokeResult[]> {
  const results: SmokeResult[] = []
  for (const check of checks) {
    emit({ type: 'smoke.started', at: Date.now(), check: check.name })
    const result = await runCheck(check, target, materials, signal)
    emit(eventOf(result))
    results.push(result)
  }
  return results
}

function eventOf({ check, milliseconds, tries, failure }: SmokeResult): Event {
  const at = Date.now()
  return failure
    ? { type: 'smoke.failed', at, check, milliseconds, failure }
    : { type: 'smoke.passed', at, check, milliseconds, tries }
}

/** Milliseconds before the second try, doubled for each further one up to the second number. */
const pauses = { first: 250, longest: 2000 }

async function runCheck(
  check: Smoke,
  target: SmokeTarget,
  materials: Materials,
  signal: AbortSignal,
): Promise<SmokeResult> {
  const at = Date.now()
  const began = performance.now()
  for (let tries = 1; ; tries++) {
    const steps: SmokeStep[] = []
    const error = await attemptCheck(check, { target, materials, steps }, signal)
    const outcome = error ? 'failed' : 'passed'
    if (!error || error.isTerminal || tries >= check.tries) {
      const milliseconds = performance.now() - began
      const failure = error && { failure: redacted(failureOf(error), target.redact) }
      return { check: check.name, outcome, at, milliseconds, tries, steps, ...failure }
    }
    await pause(Math.min(pauses.longest, pauses.first * 2 ** (tries - 1)), signal)
  }
}

/** One try within its time; the error that it ended with, if any. Faults of ours are thrown. */
async function attemptCheck(
  check: Smoke,
  around: Omit<Attempt, 'signal'>,
  signal: AbortSignal,
): Promise<StepError | undefined> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), check.timeout)
  try {
    const combined = AbortSignal.any([signal, limit.signal])
    await within(combined, perform(check, { ...around, signal: combined }))
    return undefined
  } catch (error) {
    if (signal.aborted) throw interrupted()
    if (limit.signal.aborted) return late(check)
    if (error instanceof StepError) return error
    if (error instanceof StackError) return misdeclared(check, error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function perform(smoke: Smoke, attempt: Attempt): Promise<void> {
  const { check } = smoke
  switch (check.kind) {
    case 'http':
      return checkHttp(check.steps, attempt)
    case 'tcp':
      return checkTcp(check, smoke, attempt)
    case 'exec':
      return checkExec(check, smoke, attempt)
    case 'run':
      return checkRun({ ...smoke, check }, attempt)
    default:
      return check satisfies never
  }
}

async function checkTcp(
  { service, port }: { readonly service: string; readonly port: string },
  { timeout, from }: Smoke,
  { target, signal }: Attempt,
): Promise<void> {
  const endpoint = await target.endpoint(service, port)
  if (!endpoint) throw unreachable(service, port, from)
  const { ok, detail } = await probe({ kind: 'tcp' }, endpoint, { timeout, signal })
  if (ok) return
  const evidence = [`asked ${endpoint.host}:${endpoint.port}`]
  throw new StepError('smoke', `${service}:${port}: ${detail}`, { span: from, evidence, isTerminal: false })
}

/** A target that does not heed its signal must not hold up the others. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    work.then(resolve, reject)
  })
}

function late({ timeout, from }: Smoke): StepError {
  const message = `did not end within ${timeout / 1000} s`
  return new StepError('smoke', message, {
    span: from,
    hint: 'give it more with `timeout`',
    isTerminal: false,
  })
}

function interrupted(): StepError {
  return new StepError('interrupted', 'smoke tests were interrupted')
}

/** A certificate or secret that is not declared: no further try can help. */
function misdeclared({ from }: Smoke, { diagnostics, message }: StackError): StepError {
  const hint = diagnostics.find((each) => each.hint !== undefined)?.hint
  return new StepError('smoke', message, { span: from, ...(hint !== undefined && { hint }) })
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal })
  } catch {
    throw interrupted()
  }
}

function redacted(failure: Failure, redact: (text: string) => string): Failure {
  return {
    ...failure,
    message: redact(failure.message),
    evidence: failure.evidence.map(redact),
    ...(failure.hint !== undefined && { hint: redact(failure.hint) }),
  }
}
