import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openWorkbench, until, type Workbench } from './workbench.ts'

vi.setConfig({ testTimeout: 30_000 })

let bench: Workbench
beforeEach(() => {
  bench = openWorkbench()
})
afterEach(() => bench.close())

const runs = (): string[] => {
  const file = join(bench.root, 'runs')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
const stack = (command: string, more = ''): string => `
volumes: { data: {} }
jobs:
  migrate: { process: { run: "${command}" }, mounts: { /data: { volume: data } }${more} }
`
const migrate = (name: string): string => `echo ${name} >> ${bench.root}/runs`

describe('a job', () => {
  it('S90: runs once for its definition and its volumes, through down and up', async () => {
    await bench.up(stack(migrate('one')))
    await bench.up(stack(migrate('one')))
    expect(runs()).toEqual(['one'])
    await bench.down()
    await bench.driver.close()
    expect(bench.leftovers().processes).toEqual([])
    const again = bench.reopen()
    expect(again.name).toBe('process')
    await bench.up(stack(migrate('one')))
    expect(runs()).toEqual(['one'])
    expect(await bench.planText(stack(migrate('two')))).toMatchInlineSnapshot(`
      "+ run     job/migrate  run changed
      Plan: 1 to run; 1 unchanged."
    `)
    await bench.up(stack(migrate('two')))
    expect(runs()).toEqual(['one', 'two'])
    await bench.down('all')
    await bench.up(stack(migrate('two')))
    expect(runs()).toEqual(['one', 'two', 'two'])
  })

  it('with `run: always` runs on every up', async () => {
    await bench.up(stack(migrate('again'), ', run: always'))
    await bench.up(stack(migrate('again'), ', run: always'))
    expect(runs()).toEqual(['again', 'again'])
  })

  it('S90: is tried again, and a last failure stops what needs it, with its log', async () => {
    const outcome = await bench.up(`
jobs: { migrate: { retries: 2, process: { run: "${migrate('try')}; echo no such column; exit 5" } } }
services: { web: { needs: { migrate: completed }, process: { run: sleep 1000 } } }
`)
    expect(runs()).toEqual(['try', 'try', 'try'])
    expect(outcome.failures.map(({ error }) => [error.kind, error.message, error.evidence])).toEqual([
      ['deploy', 'job migrate exited with code 5 at try 3', ['no such column']],
    ])
    expect(outcome.cancelled).toBe(1)
    expect((await bench.observe()).get('job/migrate')).toMatchObject({
      health: 'failed',
      detail: 'exited with code 5',
    })
  })

  it('that takes too long is ended, with everything it started', async () => {
    const outcome = await bench.up(
      'jobs: { migrate: { retries: 0, timeout: 300ms, process: { run: "sleep 1000 & sleep 1000; true" } } }',
    )
    expect(outcome.failures.map(({ error }) => error.message)).toEqual([
      'job migrate was ended by SIGTERM (ran longer than 300 ms)',
    ])
    expect(bench.leftovers().processes).toEqual([])
  })

  it('goes on, and its end is known, although the session was killed meanwhile', async () => {
    writeFileSync(join(bench.root, 'gate'), '')
    const text = stack(`while [ -e ${bench.root}/gate ]; do sleep 0.02; done; ${migrate('late')}`)
    const up = bench.up(text)
    await until(
      () => bench.leftovers().processes.length > 0 && existsSync(join(bench.state, 'tasks/migrate/job.json')),
    )
    process.kill(bench.sessionPid(), 'SIGKILL')
    await import('node:fs').then(({ rmSync }) => rmSync(join(bench.root, 'gate')))
    expect((await up).failures).toEqual([])
    expect(runs()).toEqual(['late'])
  })
})
