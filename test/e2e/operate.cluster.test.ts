import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRun, openSandbox, urlOf, type Ended, type Sandbox } from './cli.ts'
import { kubectl } from './clusters.ts'
import { ask, writeServer } from './small-stack.ts'

const target = 'docker-desktop'
const on = ['--profile', target]

let box: Sandbox
beforeAll(async () => {
  box = openSandbox(target)
  writeServer(box)
  await box.succeed(['up', ...on])
})
afterAll(async () => {
  await box.run(['down', ...on, '--all', '--yes'])
  await box.close(false)
})

async function ended(code: number, words: readonly string[]): Promise<Ended> {
  const run = await box.run(words)
  expect(run.code, describeRun(words, run)).toBe(code)
  return run
}

test('exec --debug brings its own tools, sees the processes of the service, and passes the exit code on (S119)', async () => {
  const look = "tr '\\0' ' ' < /proc/1/cmdline; ls /proc/1/root/app; exit 3"
  const { stdout } = await ended(3, ['exec', ...on, '--debug', 'web', '--', 'sh', '-c', look])
  expect(stdout).toBe('node /app/server.mjs server.mjs\n')
  const words = ['exec', ...on, '--debug-image', 'nothing.invalid/here:1', 'web', '--', 'true']
  expect((await ended(4, words)).stderr).toContain('the debugging container cannot start: ErrImagePull')
})

describe('check --live (S162)', () => {
  const live = ['check', ...on, '--live']

  test('looks from outside and from inside, and leaves nothing', async () => {
    const { stdout } = await ended(0, live)
    expect(stdout.replace(/ in [\d.]+m?s.*|v1\.\d+\.\d+\S*|https:\S+|(?<=inside: ).*/g, '…'))
      .toMatchInlineSnapshot(`
      "docker-desktop: ok

      ✔  cluster/api            Kubernetes … answers at …
      ✔  cluster/nodes          1 of 1 node takes pods
      ✔  cluster/storage        the default StorageClass is hostpath
      ✔  cluster/load-balancer  provided: 1 of type LoadBalancer, and each has an address
      ✔  cluster/pull           a pod started from node:20-bookworm-slim, which its node had already: nothing was pulled
      ✔  cluster/dns            names resolve inside: …
      "
    `)
    const { stdout: json } = await ended(0, [...live, '-o', 'json'])
    expect(JSON.parse(json)).toMatchObject({ ok: true, profiles: [{ profile: target, live: { length: 6 } }] })
    expect(jobsOfCheck()).toBe('')
  })

  test('tells an image that cannot be had, says what is not known then, and ends with 7', async () => {
    const { stdout } = await ended(7, [...live, '--image', 'nothing.invalid/here:1'])
    expect(stdout).toMatch(
      /✘ +cluster\/pull +a pod from nothing\.invalid\/here:1 does not start: ErrImagePull/,
    )
    expect(stdout).toMatch(/– +cluster\/dns +not checked: the pod that was to look did not start/)
  })

  test('takes its pod away after Ctrl-C too', async () => {
    const started = box.start([...live, '--image', 'nothing.invalid/here:2'])
    while (jobsOfCheck() === '') await sleep(20)
    started.kill('SIGINT')
    expect((await started.ended).code).toBe(130)
    expect(jobsOfCheck()).toBe('')
  })
})

test('up --rollback-on-failure: what does not become ready is replaced by the last good revision, and the failure stays one (S126, S127)', async () => {
  box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
  box.edit('iamstack.yaml', 'command: [node, /app/server.mjs]', "command: [node, -e, 'process.exit(9)']")
  const { events } = await ended(4, ['up', ...on, '--rollback-on-failure', '--progress', 'json'])
  const told = events.flatMap((event) => (event.type === 'message.reported' ? [event.text] : []))
  expect(told.filter((text) => text.includes('revision'))).toEqual([
    'rolling back to revision 1, the last one that went well',
    'revision 1 serves again; this command nevertheless failed',
  ])
  expect((await ask(await urlOf(box, on))).greeting).toBe('one')
  const { stdout } = await ended(0, ['history', ...on, '-o', 'json'])
  const { revisions } = JSON.parse(stdout) as { readonly revisions: readonly { readonly command: string }[] }
  expect(revisions.map(({ command }) => command)).toEqual(['up', 'rollback 1'])
})

function jobsOfCheck(): string {
  const selector = 'app.kubernetes.io/component=check,app.kubernetes.io/managed-by=iamstack'
  return kubectl(
    target,
    '--namespace',
    box.project,
    'get',
    'jobs',
    '--selector',
    selector,
    '--output',
    'name',
  )
}
