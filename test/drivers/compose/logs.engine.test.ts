import { spawnSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogQuery } from '../../../src/drivers/driver.ts'
import { Bench, failuresOf } from './setup.ts'

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

afterEach(async () => {
  await bench.clean()
})

const query: LogQuery = {
  services: [],
  follow: false,
  since: undefined,
  tail: undefined,
  previous: false,
  init: false,
}

const talker = (word: string) => `
services:
  one:
    image: busybox:stable
    command: [sh, -c, 'trap "echo bye ${word}; exit" TERM; echo hello ${word}; while :; do sleep 0.05; done']
    stop: { grace: 2s }
    init: [{ name: first, command: [echo, said by init] }]
  two: { image: busybox:stable, command: [sh, -c, 'echo >&2 other; exec sleep 1000'], replicas: 2, stop: { grace: 0s } }
`

test('lines of all replicas, of init steps when asked, and on through a replacement (S120)', async () => {
  const { driver } = await bench.up(talker('A'))
  const lines: string[] = []
  for await (const line of driver.logs({ ...query, init: true }, AbortSignal.timeout(5000))) {
    lines.push(`${line.service}.${line.replica} ${line.stream} ${line.text}`)
  }
  expect(lines.sort()).toEqual([
    'one.1 stdout hello A',
    'one/first.1 stdout said by init',
    'two.1 stderr other',
    'two.2 stderr other',
  ])
  const followed: string[] = []
  const end = new AbortController()
  const following = (async () => {
    for await (const { text } of driver.logs({ ...query, services: ['one'], follow: true }, end.signal)) {
      followed.push(text)
      if (text === 'hello B') return
    }
  })()
  const { outcome } = await bench.up(talker('B'))
  expect(failuresOf(outcome)).toBe('')
  await following
  end.abort()
  expect(followed).toEqual(['hello A', 'bye A', 'hello B'])
})

const compose = spawnSync('docker', ['compose', 'version'])

test.skipIf(compose.status !== 0)('docker compose sees what runs', async () => {
  await bench.up(talker('A'))
  const run = (...words: string[]) =>
    spawnSync('docker', ['compose', '-p', bench.project, ...words], { encoding: 'utf8' }).stdout
  const services = run('ps', '--format', '{{.Service}} {{.Name}} {{.State}}').trim().split('\n').sort()
  expect(services).toEqual([
    `one ${bench.project}-one-1 running`,
    `two ${bench.project}-two-1 running`,
    `two ${bench.project}-two-2 running`,
  ])
  expect(run('logs', '--no-log-prefix', 'one')).toContain('hello A\n')
})

test('runOnce runs a job beside the stack, with its output and exit code, and leaves nothing', async () => {
  const yaml = `
services: { web: { image: busybox:stable, command: [httpd, -f, -p, '8000'], stop: { grace: 0s } } }
jobs: { check: { image: busybox:stable, command: [sh, -c, 'echo out; echo err >&2; exit 3'] } }
`
  const { driver, stack, facts } = await bench.up(
    yaml,
    {},
    { selection: new Set(['network/default', 'service/web']) },
  )
  const before = await bench.leftovers()
  const job = driver.desired(stack, facts).find(({ id }) => id === 'job/check')
  if (!job) throw new Error('no job')
  const texts = { out: '', err: '' }
  const sink = (name: 'out' | 'err') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString()
        done()
      },
    })
  const request = { name: 'check', job, stdout: sink('out'), stderr: sink('err') }
  expect(await driver.runOnce(request, AbortSignal.timeout(20_000))).toBe(3)
  expect(texts).toEqual({ out: 'out\n', err: 'err\n' })
  expect(await bench.leftovers()).toEqual(before)
  expect(await driver.endpoint('web', 'none')).toBeUndefined()
})
