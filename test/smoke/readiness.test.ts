import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { healthOf, pauseAfter, waitUntilReady, type Clock, type Probed } from '../../src/smoke/readiness.ts'

const rhythm = { every: 1000, retries: 3, startPeriod: 5000 }
const probed = (at: number, ok: boolean): Probed => ({ at, ok, detail: ok ? '200' : '503' })

/** `0-` failed at 0 ms, `500+` succeeded at 500 ms. */
const healthAfter = (history: string) =>
  healthOf(
    rhythm,
    history
      .split(' ')
      .filter((each) => each !== '')
      .map((each) => probed(Number.parseInt(each), each.endsWith('+'))),
  )

describe('health', () => {
  it.each([
    ['', 'starting', 0],
    ['0- 2000- 4000-', 'starting', 0],
    ['4000- 5000- 6000-', 'starting', 2],
    ['5000- 6000- 7000-', 'failed', 3],
    ['5000- 5010- 5020- 5040- 5100-', 'starting', 1],
    ['5000- 6000- 7000- 8000+', 'ready', 0],
    ['100+', 'ready', 0],
    ['100+ 1100- 2100-', 'ready', 2],
    ['100+ 1100- 2100- 3100-', 'degraded', 3],
    ['100+ 1100- 2100- 2500+ 3100- 4100-', 'ready', 2],
    ['100+ 1100- 2100- 3100- 4100+', 'ready', 0],
  ])('after “%s” is %s with %d failures', (history, health, failures) => {
    expect(healthAfter(history)).toMatchObject({ health, failures })
  })
})

/** Time that passes only by sleeping, and a thing that is ready from a moment on. */
function simulation(readyAt: number) {
  let time = 0
  const clock: Clock = {
    now: () => time,
    sleep: (milliseconds) => {
      time += milliseconds
      return Promise.resolve()
    },
  }
  const probeOnce = () => Promise.resolve({ ok: time >= readyAt, detail: time >= readyAt ? '200' : '503' })
  return { clock, probeOnce }
}

describe('a start', () => {
  const patient = { every: 2000, retries: 3, startPeriod: 120_000 }

  it('is noticed at most a sixteenth later (at least 10 ms, at most one rhythm)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60_000 }), async (readyAt) => {
        const { clock, probeOnce } = simulation(readyAt)
        const { signal } = new AbortController()
        const result = await waitUntilReady(probeOnce, patient, { signal, clock })
        expect(result.ok).toBe(true)
        expect(result.milliseconds - readyAt).toBeLessThanOrEqual(Math.min(2000, Math.max(10, readyAt / 16)))
      }),
    )
  })

  it('of 10 s costs fewer than a hundred probes', async () => {
    const { clock, probeOnce } = simulation(10_000)
    const { signal } = new AbortController()
    const { probes } = await waitUntilReady(probeOnce, patient, { signal, clock })
    expect(probes).toBeLessThan(100)
    expect([0, 50, 160, 1600, 60_000].map((elapsed) => pauseAfter(patient, elapsed))).toEqual([
      10, 10, 10, 100, 2000,
    ])
  })

  it('that failed as often as it may is given up', async () => {
    const { clock, probeOnce } = simulation(Infinity)
    const seen: number[] = []
    const result = await waitUntilReady(
      probeOnce,
      { every: 1000, retries: 3, startPeriod: 0 },
      {
        signal: new AbortController().signal,
        clock,
        onProbe: ({ at }) => seen.push(at),
      },
    )
    expect(result).toMatchObject({ ok: false, detail: '503' })
    expect(result.milliseconds).toBeGreaterThanOrEqual(2000)
    expect(result.milliseconds).toBeLessThan(2400)
    expect(seen.slice(0, 4)).toEqual([0, 10, 20, 30])
  })

  it('ends with the reason of an abort', async () => {
    const { probeOnce } = simulation(Infinity)
    const controller = new AbortController()
    const waiting = waitUntilReady(probeOnce, patient, { signal: controller.signal })
    controller.abort(new Error('too late'))
    await expect(waiting).rejects.toThrow(/too late|aborted/)
  })
})
