import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeResult } from './probe.ts'

/** How often is probed and how much failing is allowed. Milliseconds. */
export interface Rhythm {
  readonly every: number
  readonly retries: number
  /** Failures in this time after the start do not count. */
  readonly startPeriod: number
}

/** What a probe found; `at` is in milliseconds since the start. */
export interface Probed {
  readonly at: number
  readonly ok: boolean
  readonly detail: string
}

/** `failed` has never been ready and may not hope any more; `degraded` was ready before. */
export interface ProbedHealth {
  readonly health: 'starting' | 'ready' | 'degraded' | 'failed'
  /** Failures in a row that count. */
  readonly failures: number
  readonly detail: string
}

/**
 * What the probes so far say. Probing faster than `every`, as after a start, must not use up the patience faster: a failure
 * counts when the last one that counted is at least `every` ago.
 */
export function healthOf({ every, retries, startPeriod }: Rhythm, history: readonly Probed[]): ProbedHealth {
  let wasReady = false
  let failures = 0
  let countedAt = -Infinity
  for (const { at, ok } of history) {
    const counts = !ok && (wasReady || at >= startPeriod) && at - countedAt >= every
    if (ok) {
      wasReady = true
      failures = 0
      countedAt = -Infinity
    } else if (counts) {
      failures += 1
      countedAt = at
    }
  }
  const isGivenUp = failures >= retries
  const health = wasReady ? (isGivenUp ? 'degraded' : 'ready') : isGivenUp ? 'failed' : 'starting'
  return { health, failures, detail: history.at(-1)?.detail ?? 'not probed yet' }
}

/**
 * Milliseconds until the next probe of something that is starting. A sixteenth of the time gone by: however long a start takes,
 * it is noticed less than a tenth later, the probe itself included, and the number of probes grows only with its logarithm.
 */
export function pauseAfter({ every }: Pick<Rhythm, 'every'>, elapsed: number): number {
  return Math.min(every, Math.max(shortestPause, elapsed / 16))
}

const shortestPause = 10

export interface Clock {
  /** Milliseconds from any fixed moment. */
  now(): number
  /** Rejects when aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
}

export type WaitResult = ProbeResult & { readonly milliseconds: number; readonly probes: number }

/**
 * Probes from now on until it succeeds, or failed as often as it may, or is aborted (rejects with the signal's reason). The
 * caller's time limit is its signal.
 */
export async function waitUntilReady(
  probeOnce: (signal: AbortSignal) => Promise<ProbeResult>,
  rhythm: Rhythm,
  {
    signal,
    clock = systemClock,
    onProbe,
  }: { readonly signal: AbortSignal; readonly clock?: Clock; readonly onProbe?: (probed: Probed) => void },
): Promise<WaitResult> {
  const history: Probed[] = []
  const began = clock.now()
  for (;;) {
    signal.throwIfAborted()
    const { ok, detail } = await probeOnce(signal)
    signal.throwIfAborted()
    const elapsed = clock.now() - began
    const probed = { at: elapsed, ok, detail }
    history.push(probed)
    onProbe?.(probed)
    const { health } = healthOf(rhythm, history)
    if (health === 'ready' || health === 'failed')
      return { ok: health === 'ready', detail, milliseconds: elapsed, probes: history.length }
    await clock.sleep(pauseAfter(rhythm, elapsed), signal)
  }
}
