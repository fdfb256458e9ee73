import { describe, expect, test } from 'vitest'
import { describeRun, isDockerWanted, sandbox, urlOf, type Ended, type Sandbox } from './cli.ts'
import { ask, writeServer } from './small-stack.ts'

const checks =
  'smoke: { greeting: { http: { get: "web:http/", expect: { json: { greeting: one } } }, timeout: 2s } }'
const up = ['up', '--profile', 'compose', '--rollback-on-failure', '--progress', 'json']

function told({ events }: Ended): string[] {
  return events
    .flatMap((event) => (event.type === 'message.reported' ? [event.text] : []))
    .filter((text) => /revision/.test(text))
}

async function failing(box: Sandbox, code: number): Promise<Ended> {
  const ended = await box.run(up)
  expect(ended.code, describeRun(up, ended)).toBe(code)
  return ended
}

describe.runIf(isDockerWanted)('up --rollback-on-failure on compose', () => {
  test('failed smoke tests and failed starts bring the last good revision back, by the line of rollback, and stay failures (S126, S127)', async () => {
    const box = sandbox()
    writeServer(box, '', checks)
    await box.succeed(up)
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    expect(told(await failing(box, 5))).toEqual([
      'rolling back to revision 1, the last one that went well',
      'revision 1 serves again; this command nevertheless failed',
    ])
    expect((await ask(await urlOf(box, ['--profile', 'compose']))).greeting).toBe('one')

    box.edit('iamstack.yaml', 'command: [node, /app/server.mjs]', "command: [node, -e, 'process.exit(9)']")
    const ended = await failing(box, 4)
    expect(told(ended)).toEqual([
      'rolling back to revision 3, the last one that went well',
      'revision 3 serves again; this command nevertheless failed',
    ])
    const runs = ended.events.flatMap((event) => {
      if (event.type === 'run.started') return [event.command]
      return event.type === 'run.finished' ? [`exit code ${event.exitCode}`] : []
    })
    expect(runs).toEqual(['up', 'exit code 4', 'rollback 3', 'exit code 0'])
    expect((await ask(await urlOf(box, ['--profile', 'compose']))).greeting).toBe('one')
    await box.succeed(['down', '--profile', 'compose', '--all', '--yes'])
  })

  test('the first up has nothing to go back to, and says so', async () => {
    const box = sandbox()
    writeServer(box)
    box.edit('iamstack.yaml', 'command: [node, /app/server.mjs]', "command: [node, -e, 'process.exit(9)']")
    expect(told(await failing(box, 4))).toEqual([
      'nothing is rolled back: no revision of this stack went well so far',
    ])
    await box.succeed(['down', '--profile', 'compose', '--all', '--yes'])
  })
})
