import { describe, expect, it } from 'vitest'
import type { Run } from '../../src/drivers/driver.ts'
import { createScheduler, type SchedulerOptions } from '../../src/plan/execute.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Observed, Resource } from '../../src/plan/resource.ts'
import type { Plan, Step } from '../../src/plan/step.ts'
import { StepError } from '../../src/plan/step-error.ts'
import type { Event } from '../../src/state/events.ts'
import { observed, resource, seen } from './build.ts'

type Behaviour = (name: string, run: Run) => Promise<void>

/** A target in memory whose every action a test can hold or fail: `apply create service/a`, `ready service/a`. */
function harness(behaviour: Behaviour = () => Promise.resolve(), overrides: Partial<SchedulerOptions> = {}) {
  const log: string[] = []
  const events: Event[] = []
  const controller = new AbortController()
  const act = async (name: string, run: Run) => {
    log.push(name)
    await behaviour(name, run)
    log.push(`${name} done`)
  }
  const scheduler = createScheduler({
    driver: {
      apply: (step, run) => act(`apply ${step.id}`, run),
      ready: (wanted, run) => act(`ready ${wanted.id}`, run),
    },
    emit: (event) => events.push(event),
    now: () => 0,
    signal: controller.signal,
    wait: true,
    ...overrides,
  })
  const up = (desired: readonly Resource[], look: Observed = new Map()) =>
    scheduler.submit(plan({ desired, observed: look }))
  return { log, events, controller, up, submit: (given: Plan) => scheduler.submit(given) }
}

function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

const untilAborted = (run: Run): Promise<void> =>
  new Promise((_resolve, reject) => {
    run.signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A batch of edits for service/a, of which this file is one. */
function batch(path: string): Plan {
  const wanted = resource('service/a')
  const step: Step = {
    id: 'sync service/a',
    op: 'sync',
    resource: 'service/a',
    cause: path,
    after: [],
    destroys: undefined,
    from: wanted.from,
    wanted,
    sync: {
      lives: [
        {
          life: { id: 'c', name: 'a-1', isRunning: true, isEdited: false },
          files: [{ path, wanted: undefined }],
        },
      ],
      exec: [],
      then: { kind: 'none' },
    },
  }
  return { steps: [step], unchanged: [], kept: [] }
}

function waitFor(step: Step): Step {
  if (step.op !== 'sync') throw new TypeError(`${step.op} is no sync`)
  const { sync: _sync, ...rest } = step
  return { ...rest, op: 'wait', id: 'wait service/a' }
}

describe('scheduler', () => {
  it('a batch of edits that is being written is not cut off by the next one, but nobody waits for its health', async () => {
    const writing = gate()
    const { log, events, submit } = harness((name) =>
      name.startsWith('apply') ? writing.opened : Promise.resolve(),
    )
    const first = submit(batch('/one'))
    await settle()
    const second = submit(batch('/two'))
    await settle()
    expect(log).toEqual(['apply sync service/a'])
    writing.open()
    expect(await first).toMatchObject({ cancelled: 1 })
    expect(await second).toMatchObject({ finished: 1 })
    expect(log).toEqual([
      'apply sync service/a',
      'apply sync service/a done',
      'apply sync service/a',
      'apply sync service/a done',
      'ready service/a',
      'ready service/a done',
    ])
    // Both have done what they had to do; only of the last one it is known how the service took it.
    expect(events.map(({ type }) => type).filter((type) => type !== 'plan.made')).toEqual([
      'step.started',
      'step.finished',
      'step.started',
      'step.finished',
      'resource.changed',
    ])
  })

  it.each(['sync', 'wait'] as const)(
    'a batch of edits that is written counts as done when a %s comes while its health is awaited',
    async (op) => {
      let isFirst = true
      const { events, submit } = harness((name, run) => {
        const isHeld = name.startsWith('ready') && isFirst
        if (isHeld) isFirst = false
        return isHeld ? untilAborted(run) : Promise.resolve()
      })
      const first = submit(batch('/one'))
      await settle()
      const later = batch('/two')
      const second = submit(op === 'sync' ? later : { ...later, steps: later.steps.map(waitFor) })
      expect(await first).toMatchObject({ cancelled: 1, failures: [] })
      expect(await second).toMatchObject({ finished: 1 })
      expect(events.map(({ type }) => type).filter((type) => type !== 'plan.made')).toEqual([
        'step.started',
        'step.finished',
        'step.started',
        'step.finished',
        'resource.changed',
      ])
    },
  )

  it('S112: runs what is free side by side and the rest after what it needs', async () => {
    const { log, up } = harness()
    await up([
      resource('service/a'),
      resource('service/b'),
      resource('service/c', { after: ['service/a healthy', 'service/b started'] }),
    ])
    const before = (one: string, other: string) => expect(log.indexOf(one)).toBeLessThan(log.indexOf(other))
    expect(log.slice(0, 2)).toEqual(['apply create service/a', 'apply create service/b'])
    before('ready service/a done', 'apply create service/c')
    before('apply create service/b done', 'apply create service/c')
  })

  it('S113: a start gate opens before the needed service is healthy, a health gate does not', async () => {
    const slow = gate()
    const { log, events, up } = harness((name) =>
      name === 'ready service/db' ? slow.opened : Promise.resolve(),
    )
    const finished = up([
      resource('service/db'),
      resource('service/eager', { after: ['service/db started'] }),
      resource('service/patient', { after: ['service/db healthy'] }),
    ])
    await settle()
    expect(log).toContain('ready service/eager done')
    expect(log).not.toContain('apply create service/patient')
    expect(
      events
        .filter((event) => event.type === 'step.held')
        .map((event) => `${event.resource}: ${event.reason}`),
    ).toEqual(['service/eager: waiting for service/db', 'service/patient: waiting for service/db: healthy'])
    slow.open()
    expect(await finished).toMatchObject({ finished: 3, cancelled: 0, failures: [] })
  })

  it('a failure ends what depends on it, says so, and leaves the others alone', async () => {
    const { events, up } = harness((name) =>
      name === 'ready service/db'
        ? Promise.reject(new StepError('deploy', 'exited 1, 3 times', { evidence: ['boom'] }))
        : Promise.resolve(),
    )
    const outcome = await up([
      resource('service/db'),
      resource('service/api', { after: ['service/db healthy'] }),
      resource('service/web', { after: ['service/api healthy'] }),
      resource('service/other'),
    ])
    expect(outcome).toMatchObject({
      finished: 1,
      cancelled: 2,
      failures: [{ error: { message: 'exited 1, 3 times', span: { line: 1 } } }],
    })
    expect(
      events
        .filter((event) => event.type === 'step.cancelled')
        .map((event) => `${event.resource}: ${event.reason}`),
    ).toEqual(['service/api: service/db failed', 'service/web: service/api was not done'])
  })

  it('what an edit spoiled is no failure where edits are followed, and one where they are not', async () => {
    const spoil = () => Promise.reject(new StepError('build', 'file changed', { isOutdated: true }))
    const following = harness(spoil, { isFollowing: true })
    expect(await following.up([resource('service/a')])).toMatchObject({
      failures: [],
      cancelled: 1,
      outdated: 1,
    })
    expect(following.events.at(-1)).toMatchObject({ type: 'step.cancelled', reason: 'file changed' })
    const once = harness(spoil)
    expect(await once.up([resource('service/a')])).toMatchObject({
      failures: [{ error: { message: 'file changed' } }],
      outdated: 0,
    })
  })

  it('S117: an interruption reaches every running step and starts no other', async () => {
    const { log, controller, up } = harness((_name, run) => untilAborted(run))
    const finished = up([
      resource('service/a'),
      resource('service/b'),
      resource('service/c', { after: ['service/a healthy'] }),
    ])
    await settle()
    controller.abort()
    expect(await finished).toMatchObject({ finished: 0, cancelled: 3, failures: [] })
    expect(log).toEqual(['apply create service/a', 'apply create service/b'])
  })

  it('a newer plan aborts the stale step of its own resource only', async () => {
    const slow = gate()
    const { log, up } = harness((name, run) => {
      if (name === 'apply create service/b') return slow.opened
      return name === 'apply create service/a' && log.filter((each) => each === name).length === 1
        ? untilAborted(run)
        : Promise.resolve()
    })
    const first = up([resource('service/a'), resource('service/b')])
    await settle()
    const second = up([resource('service/a', { parts: { image: '2' } }), resource('service/b')])
    slow.open()
    expect(await second).toMatchObject({ finished: 2, failures: [] })
    expect(await first).toMatchObject({ finished: 1, cancelled: 1 })
    expect(log.filter((each) => each === 'apply create service/b')).toHaveLength(1)
    expect(log.filter((each) => each === 'apply create service/a')).toHaveLength(2)
  })

  it('a step that the newer plan does not name is dropped while it waits and finished once it runs', async () => {
    const slow = gate()
    const { log, up } = harness((name) =>
      name === 'apply create service/a' ? slow.opened : Promise.resolve(),
    )
    const first = up([resource('service/a'), resource('service/b', { after: ['service/a healthy'] })])
    await settle()
    const second = up([resource('service/c')], observed(seen('service/a'), seen('service/b')))
    slow.open()
    await Promise.all([first, second])
    expect(log).toContain('apply create service/a done')
    expect(log).not.toContain('apply create service/b')
  })

  it('without waiting, only what others need healthy is awaited', async () => {
    const { log, up } = harness(undefined, { wait: false })
    await up([resource('service/db'), resource('service/api', { after: ['service/db healthy'] })])
    expect(log).toContain('ready service/db done')
    expect(log).not.toContain('ready service/api')
  })

  it('an error that is not a StepError is our bug and keeps its cause', async () => {
    const bug = new TypeError('x is not a function')
    const { up } = harness(() => Promise.reject(bug))
    const outcome = await up([resource('service/a')])
    expect(outcome.failures[0]?.error).toMatchObject({
      kind: 'internal',
      message: 'create service/a: x is not a function',
      cause: bug,
    })
  })
})
