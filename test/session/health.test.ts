import { describe, expect, it, vi } from 'vitest'
import type { HealthSpec, ProbeSpec } from '../../src/session/protocol.ts'
import { watchHealth, type Probe } from '../../src/session/supervise-health.ts'

const probe = (overrides: Partial<ProbeSpec> = {}): ProbeSpec => ({
  check: { kind: 'tcp', port: 'http' },
  every: 20,
  timeout: 100,
  retries: 3,
  ...overrides,
})
const health = (overrides: Partial<HealthSpec> = {}): HealthSpec => ({
  readiness: probe(),
  liveness: undefined,
  startup: undefined,
  startPeriod: 0,
  ...overrides,
})

/** What is told while the checks end so: `+` passes, `-` fails, the last one for ever. */
async function told(spec: HealthSpec, outcomes: string, enough: number): Promise<string[]> {
  const events: string[] = []
  const controller = new AbortController()
  let count = 0
  const answer: Probe = () => {
    const ok = (outcomes[Math.min(count, outcomes.length - 1)] ?? '+') === '+'
    count += 1
    if (count > enough) controller.abort()
    return Promise.resolve({ ok, detail: ok ? 'fine' : 'refused' })
  }
  const listener = {
    ready: () => events.push('ready'),
    unready: (detail: string) => events.push(`unready: ${detail}`),
    dead: (cause: string) => events.push(cause),
    probed: () => undefined,
  }
  await watchHealth(spec, answer, listener, controller.signal)
  return events
}

describe('S69: health', () => {
  it('is ready with the first success, however many failures came before', async () => {
    expect(await told(health({ startPeriod: 10_000 }), '----+', 6)).toEqual(['ready'])
  })

  it('is lost only after as many failures as may be, and comes back', async () => {
    expect(await told(health(), '+--+---++', 9)).toEqual(['ready', 'unready: refused', 'ready'])
  })

  it('ends a start that fails its startup probe after the start period', async () => {
    expect(await told(health({ startup: probe({ retries: 4 }) }), '-', 50)).toEqual([
      'startup probe failed: refused',
    ])
  })

  it('ends a process whose liveness fails, later than it takes it out of service', async () => {
    expect(await told(health({ liveness: probe({ retries: 5 }) }), '+-', 50)).toEqual([
      'ready',
      'unready: refused',
      'liveness probe failed: refused',
    ])
  })

  it('asks the readiness check too where the startup probe is another one', async () => {
    const startup = probe({ check: { kind: 'tcp', port: 'admin' } })
    const asked: string[] = []
    const controller = new AbortController()
    const answer: Probe = (check) => {
      asked.push(check.kind === 'tcp' ? check.port : check.kind)
      if (asked.length === 3) controller.abort()
      return Promise.resolve({ ok: true, detail: 'fine' })
    }
    const listener = { ready: vi.fn(), unready: vi.fn(), dead: vi.fn(), probed: vi.fn() }
    await watchHealth(health({ startup }), answer, listener, controller.signal)
    expect(asked).toEqual(['admin', 'http', 'http'])
    expect(listener.ready).toHaveBeenCalledTimes(1)
  })
})
