import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../../src/drivers/driver.ts'
import { Writable } from 'node:stream'
import { Bench, failuresOf } from './setup.ts'

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

afterEach(async () => {
  await bench.clean()
})

async function output(driver: Driver, service: string, script: string): Promise<string> {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  const command = ['sh', '-c', script]
  const request = { service, command, replica: undefined, workingDir: undefined, env: new Map(), tty: false }
  await driver.exec(
    { ...request, stdin: undefined, stdout: stream, stderr: stream },
    AbortSignal.timeout(10_000),
  )
  return text.trim()
}

const sleeper =
  "image: busybox:stable\n    command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']\n    stop: { grace: 1s }"

describe('content', () => {
  test('configs and secrets lie where the stack says, one file beside its neighbours, for the right user alone (S43, S49)', async () => {
    const yaml = `
services:
  api:
    ${sleeper}
    user: '1000'
    group: '2000'
    read-only-root: true
    env: { TOKEN: { secret: db, key: password }, URL: 'http://\${service.api.host}:\${service.api.port.http}' }
    ports: { http: 8000 }
    mounts:
      /etc/api/conf: { config: app }
      /etc/single.yaml: { config: app, key: api.yaml, mode: '0640' }
      /run/secrets: { secret: db, keys: [password] }
      /scratch: { scratch: work }
      /data: { volume: data }
      /part: { volume: data, sub-path: deep/part }
volumes: { data: {} }
configs: { app: { literals: { api.yaml: x, other: y } } }
secrets: { db: { password: { env: P }, root: { env: R } } }
`
    const given = {
      configs: { app: { 'api.yaml': 'host: ${service.api.host}\n', 'sub/other': 'cost: $$5' } },
      secrets: { db: { password: 'iam59!z$', root: 'r00t' } },
    }
    const { outcome, driver } = await bench.up(yaml, given)
    expect(failuresOf(outcome)).toBe('')
    expect(
      await output(
        driver,
        'api',
        `exec 2>&1; id; cat /etc/single.yaml /etc/api/conf/sub/other; echo; cat /run/secrets/password; echo; echo $TOKEN $URL
         stat -c '%n %a %u:%g' /etc/single.yaml /etc/api/conf/sub/other /run/secrets/password /scratch /data /part
         ls /run/secrets; ls /etc | grep -c passwd
         echo x > /run/secrets/password; touch /scratch/a /data/a /part/a && echo written`,
      ),
    ).toMatchInlineSnapshot(`
      "uid=1000 gid=2000 groups=2000
      host: api
      cost: $$5
      iam59!z$
      iam59!z$ http://api:8000
      /etc/single.yaml 640 1000:2000
      /etc/api/conf/sub/other 644 1000:2000
      /run/secrets/password 400 1000:2000
      /scratch 777 1000:2000
      /data 755 1000:2000
      /part 755 1000:2000
      password
      1
      sh: can't create /run/secrets/password: Read-only file system
      written"
    `)
    expect((await bench.up(yaml, given)).made.steps).toEqual([])

    const changed = { ...given, secrets: { db: { ...given.secrets.db, password: 'second!' } } }
    const second = await bench.up(yaml, changed)
    expect(second.plan).toMatchInlineSnapshot(`
      "~ replace service/api  secret db changed
      Plan: 1 to replace; 2 unchanged."
    `)
    expect(await output(second.driver, 'api', 'cat /run/secrets/password; ls /data')).toBe('second!a\ndeep')

    await bench.down(yaml)
    expect(await bench.leftovers()).toEqual([])
  })

  test('a changed config restarts exactly its consumers; with reload: signal it only tells them (S44)', async () => {
    const yaml = `
services:
  api:
    image: busybox:stable
    command: [sh, -c, 'trap "cat /conf/a" HUP; trap exit TERM; while :; do sleep 0.1; done']
    stop: { grace: 1s }
    reload: signal:SIGHUP
    mounts: { /conf: { config: app } }
  other:
    ${sleeper}
    mounts: { /conf: { config: other } }
configs: { app: { literals: { a: x } }, other: { literals: { a: x } } }
`
    const given = { configs: { app: { a: 'first\n' }, other: { a: 'x' } } }
    await bench.up(yaml, given)
    const changed = { configs: { app: { a: 'second\n' }, other: { a: 'y' } } }
    const { plan, outcome, driver } = await bench.up(yaml, changed)
    expect(failuresOf(outcome)).toBe('')
    expect(plan).toMatchInlineSnapshot(`
      "~ reload  service/api    config app changed
      ~ replace service/other  config other changed
      Plan: 1 to reload, 1 to replace; 1 unchanged."
    `)
    const lines: string[] = []
    const query = {
      services: ['api'],
      follow: true,
      since: undefined,
      tail: undefined,
      previous: false,
      init: false,
    }
    for await (const { text } of driver.logs(query, AbortSignal.timeout(5000))) {
      lines.push(text)
      break
    }
    expect(lines).toEqual(['second'])
    expect((await bench.up(yaml, changed)).made.steps).toEqual([])
  })

  test('init steps run in order on the mounts of the service, and a failing one keeps it from starting (S76, S75)', async () => {
    const yaml = (exit: number) => `
services:
  api:
    ${sleeper}
    user: '1000'
    mounts: { /public: { scratch: public } }
    init:
      - { name: one, command: [sh, -c, 'echo one >> /public/log'] }
      - { name: two, command: [sh, -c, 'echo two $X >> /public/log; echo said; exit ${exit}'], env: { X: '7' } }
`
    const { outcome, driver } = await bench.up(yaml(0))
    expect(failuresOf(outcome)).toBe('')
    expect(await output(driver, 'api', 'cat /public/log')).toBe('one\ntwo 7')
    const broken = await bench.up(yaml(4))
    expect(failuresOf(broken.outcome)).toBe(
      'init two of api failed: exited 4; the old one goes on serving\nsaid',
    )
    expect(await output(driver, 'api', 'cat /public/log')).toBe('one\ntwo 7')
    await bench.down(yaml(0))
    expect(await bench.leftovers()).toEqual([])
  })
})

describe('jobs', () => {
  const yaml = (command = 'date +%N >> /data/log') => `
services:
  db:
    ${sleeper}
    mounts: { /data: { volume: data } }
    workload: stateful
    singleton: true
  api:
    ${sleeper}
    needs: { migrate: completed }
    replicas: 2
jobs:
  migrate:
    image: busybox:stable
    command: [sh, -c, '${command}']
    needs: { db: healthy }
    mounts: { /data: { volume: data } }
    retries: 1
volumes: { data: {} }
`

  test('run once per definition and volume, whatever the replica count (S90)', async () => {
    const first = await bench.up(yaml())
    expect(failuresOf(first.outcome)).toBe('')
    expect((await bench.up(yaml())).made.steps).toEqual([])
    expect((await bench.up(yaml('echo second >> /data/log'))).plan).toMatchInlineSnapshot(`
      "+ run     job/migrate  command changed
      Plan: 1 to run; 4 unchanged."
    `)
    await bench.down(yaml(), 'none')
    const again = await bench.up(yaml('echo second >> /data/log'))
    expect(again.plan).not.toContain('job/migrate')
    expect(await output(again.driver, 'db', 'wc -l < /data/log')).toBe('2')
    await bench.down(yaml())
    expect((await bench.up(yaml('echo second >> /data/log'))).plan).toContain('run     job/migrate')
    await bench.down(yaml())
    expect(await bench.leftovers()).toEqual([])
  })

  test('that fail are tried again, then end with their log, and hold up who needs them', async () => {
    const { outcome } = await bench.up(yaml('echo no such table; exit 2'))
    expect(failuresOf(outcome)).toBe('job migrate failed: exited 2\nno such table')
    expect(outcome.cancelled).toBe(1)
    expect(await bench.leftovers()).toContain(`/${bench.project}-migrate-1`)
  })
})
