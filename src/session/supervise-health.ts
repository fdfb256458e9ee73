import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckSpec, HealthSpec, ProbeSpec } from './protocol.ts'

export interface ProbeResult {
  readonly ok: boolean
  /** What was seen, in words: `200`, `connection refused`, `exit code 1: no such table`. */
  readonly detail: string
}

/** Carries out one check against one replica; never rejects, and takes no longer than `timeout` milliseconds. */
export type Probe = (check: CheckSpec, timeout: number, signal: AbortSignal) => Promise<ProbeResult>

export interface HealthListener {
  /** Passed its readiness check for the first time, or again. */
  ready(): void
  /** Failed it as often as it may. */
  unready(detail: string): void
  /** Is not worth keeping: the startup or liveness probe failed as often as it may. */
  dead(cause: string): void
  probed(detail: string): void
}

/**
 * Watches the health of one process from its spawn until `signal` is aborted. Looks quickly at first (a tenth of the time
 * gone by, so that a start is seen with at most a tenth of delay) and then in the probe's own rhythm.
 */
export async function watchHealth(
  health: HealthSpec,
  probe: Probe,
  listener: HealthListener,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now()
  const first = health.startup ?? health.readiness
  const limit = health.startup?.retries ?? health.liveness?.retries
  for (let failures = 0; !signal.aborted;) {
    const { ok, detail } = await probe(first.check, first.timeout, signal)
    if (isAborted(signal)) return
    listener.probed(detail)
    if (ok) break
    const elapsed = performance.now() - began
    if (elapsed > health.startPeriod) failures += 1
    if (limit !== undefined && failures >= limit) {
      listener.dead(`startup probe failed: ${detail}`)
      return
    }
    await pause(failures > 0 ? first.every : quickPause(first, elapsed), signal)
  }
  if (isAborted(signal)) return
  const { liveness, readiness } = health
  const isShared = liveness !== undefined && isSameProbe(liveness, readiness)
  const alone =
    liveness !== undefined && !isShared ? watchLiveness(liveness, probe, listener, signal) : undefined
  const needsReadiness = health.startup !== undefined && !isSameProbe(health.startup, readiness)
  if (!needsReadiness) listener.ready()
  await watchReadiness(
    readiness,
    isShared ? liveness.retries : undefined,
    !needsReadiness,
    probe,
    listener,
    signal,
  )
  await alone
}

async function watchReadiness(
  readiness: ProbeSpec,
  livesFor: number | undefined,
  startsReady: boolean,
  probe: Probe,
  listener: HealthListener,
  signal: AbortSignal,
): Promise<void> {
  let isReady = startsReady
  if (startsReady) await pause(readiness.every, signal)
  let failures = 0
  while (!signal.aborted) {
    const { ok, detail } = await probe(readiness.check, readiness.timeout, signal)
    if (isAborted(signal)) return
    listener.probed(detail)
    failures = ok ? 0 : failures + 1
    if (ok && !isReady) listener.ready()
    else if (isReady && failures >= readiness.retries) listener.unready(detail)
    isReady = ok || (isReady && failures < readiness.retries)
    if (livesFor !== undefined && failures >= livesFor) {
      listener.dead(`liveness probe failed: ${detail}`)
      return
    }
    await pause(readiness.every, signal)
  }
}

async function watchLiveness(
  liveness: ProbeSpec,
  probe: Probe,
  listener: HealthListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const { ok, detail } = await probe(liveness.check, liveness.timeout, signal)
    if (isAborted(signal)) return
    failures = ok ? 0 : failures + 1
    if (failures >= liveness.retries) {
      listener.dead(`liveness probe failed: ${detail}`)
      return
    }
    await pause(liveness.every, signal)
  }
}

/** A command costs more than a connection, so it is not tried as often. */
function quickPause(probe: ProbeSpec, elapsed: number): number {
  const least = probe.check.kind === 'exec' ? 50 : 10
  return Math.min(probe.every, Math.max(least, elapsed / 10))
}

function isSameProbe(one: ProbeSpec, other: ProbeSpec): boolean {
  return JSON.stringify([one.check, one.every]) === JSON.stringify([other.check, other.every])
}

/** Sleeps, or comes back at once when aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

/** Behind an `await` the type checker would still believe the answer from before it. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
