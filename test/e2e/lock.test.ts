import { describe, expect, test } from 'vitest'
import { sandbox, statusOf, targets } from './cli.ts'
import { writeServer } from './small-stack.ts'

describe.each(targets)('%s', (target) => {
  test('of two ups at once on one instance one wins, and the other says who holds the lock', async () => {
    const box = sandbox()
    const on = ['--profile', target]
    const wait = 'until [ -e "$DATA/go" ]; do sleep 0.05; done'
    writeServer(
      box,
      'needs: { gate: completed }',
      `jobs:
  gate:
    image: busybox:stable
    command: [sh, -c, '${wait}']
    process: { run: [sh, -c, '${wait}'], inputs: [] }
    env: { DATA: "\${mount./gate}" }
    mounts: { /gate: { bind: ./gate } }`,
    )
    box.write({ 'gate/readme': 'the job ends when a file named go is here' })
    const first = box.start(['up', ...on, '--progress', 'json'])
    await first.event('step.started', ({ resource }) => resource === 'job/gate')
    const second = await box.run(['up', ...on])
    expect(second.code).toBe(8)
    expect(second.stderr).toContain(String(first.pid))
    box.write({ 'gate/go': '' })
    expect((await first.ended).code).toBe(0)
    expect((await statusOf(box, on)).get('service/web')).toMatchObject({ health: 'ready' })
  })
})
