import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExecRequest } from '../../../src/drivers/driver.ts'
import { execDebug } from '../../../src/drivers/kubernetes/exec-debug.ts'
import { execIn } from '../../../src/drivers/kubernetes/exec.ts'
import { runOnce } from '../../../src/drivers/kubernetes/run-once.ts'
import type { KubeContext } from '../../../src/drivers/kubernetes/context.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { SecretValue } from '../../../src/content/secret-value.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { desiredIn } from './desired-setup.ts'
import { openReachBench, type ReachBench } from './reach-setup.ts'

let bench: ReachBench
beforeAll(async () => {
  bench = await openReachBench(`
services: { web: { image: 'busybox:stable' }, broken: { image: 'nothing:here' } }
jobs:
  suite:
    image: busybox:stable
    command: [sh, -c, 'echo "suite says $GREETING"; exit 4']
    env: { GREETING: "hello \${secret.word.it}" }
  missing: { image: 'nothing.invalid/here:1', command: [x] }
  long: { image: 'busybox:stable', command: [sleep, '3600'] }
secrets: { word: { it: { env: WORD } } }`)
  const image = 'busybox:stable'
  await bench.deploy('web', { image, replicas: 2, command: ['sleep', '3600'] })
  await bench.deploy('broken', { image: 'nothing.invalid/here:1', command: ['x'], waits: false })
})
afterAll(() => bench.close())

function context(): KubeContext {
  const { stack, project, namespace, client } = bench
  const materials = { secret: () => Promise.resolve(SecretValue.ofText('iam59!z$')) }
  return {
    stack,
    project,
    namespace,
    client: () => Promise.resolve(client),
    materials,
  } as unknown as KubeContext
}

function collected(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { stream, text: () => text }
}

async function run(
  given: Partial<ExecRequest>,
  how: typeof execIn = execIn,
): Promise<{ code: number; out: string; err: string }> {
  const out = collected()
  const err = collected()
  const request: ExecRequest = {
    service: 'web',
    command: ['true'],
    replica: undefined,
    workingDir: undefined,
    env: new Map(),
    tty: false,
    stdin: undefined,
    stdout: out.stream,
    stderr: err.stream,
    ...given,
  }
  const code = await how(context(), request, new AbortController().signal)
  return { code, out: out.text(), err: err.text() }
}

describe('a command in a replica', () => {
  it('S119: has its streams and its exit code', async () => {
    const command = ['sh', '-c', 'cat; echo oops >&2; exit 7']
    expect(await run({ command, stdin: Readable.from(['hello\n']) })).toEqual({
      code: 7,
      out: 'hello\n',
      err: 'oops\n',
    })
  })

  it('S119: gets variables and a folder', async () => {
    const command = ['sh', '-c', 'echo "$PWD $A"']
    const env = new Map([['A', "x 'y' $z"]])
    expect(await run({ command, env, workingDir: '/tmp' })).toMatchObject({ code: 0, out: "/tmp x 'y' $z\n" })
  })

  it('S119: has a terminal of the right size', async () => {
    const resize = { onResize: (listener: (columns: number, rows: number) => void) => listener(100, 30) }
    const seen = await run({ command: ['sh', '-c', 'sleep 0.5; stty size; tty'], tty: true, resize })
    expect(seen).toEqual({ code: 0, out: '30 100\r\n/dev/pts/0\r\n', err: '' })
  })

  it('ends as in a shell where the image has no such program', async () => {
    const seen = await run({ command: ['no-such-program'] })
    expect(seen).toEqual({ code: 127, out: '', err: 'no-such-program: not found in the image of web\n' })
  })

  it('runs in the replica that is asked for', async () => {
    const names = await Promise.all(
      [1, 2].map(async (replica) => (await run({ command: ['hostname'], replica })).out),
    )
    expect(new Set(names).size).toBe(2)
    await expect(run({ replica: 3 })).rejects.toThrow('service web: no replica 3 runs')
  })

  it('says why no replica runs', async () => {
    let told = ''
    await bench.until(async () => {
      await run({ service: 'broken' }).catch(
        (error: unknown) => (told = error instanceof Error ? error.message : ''),
      )
      return told.includes('Pull')
    })
    expect(told).toMatch(/^service broken: no replica runs: (ErrImagePull|ImagePullBackOff)/)
  })

  it('S130: runs beside a replica where its image has no shell', async () => {
    const command = ['sh', '-c', 'ls /proc/1/root/bin/sleep; tr "\\\\0" " " < /proc/1/cmdline']
    const seen = await run({ command }, execDebug)
    expect(seen).toEqual({ code: 0, out: '/proc/1/root/bin/sleep\nsleep 3600 ', err: '' })
  })
})

describe('a job beside the stack', () => {
  const jobOf = (name: string): KubeResource =>
    desiredIn(bench.stack, {}, 'docker-desktop').find(({ id }) => id === `job/${name}`)!
  const left = async (): Promise<string[]> => {
    const lists = await Promise.all(
      [kinds.Job, kinds.Secret, kinds.Pod].map((kind) =>
        bench.client.list(kind, { namespace: bench.namespace }),
      ),
    )
    return lists
      .flatMap(({ items }) => items)
      .map(({ metadata }) => metadata.name)
      .filter((name) => /^(suite|missing|long)/.test(name))
  }

  it('S144: tells its log and its exit code, with its secrets, and leaves nothing', async () => {
    const out = collected()
    const code = await runOnce(
      context(),
      { name: 'suite', job: jobOf('suite'), stdout: out.stream, stderr: out.stream },
      new AbortController().signal,
    )
    expect([code, out.text()]).toEqual([4, 'suite says hello iam59!z$\n'])
    await bench.until(async () => (await left()).length === 0)
  })

  it('says why it cannot start, and leaves nothing', async () => {
    const out = collected()
    const request = { name: 'missing', job: jobOf('missing'), stdout: out.stream, stderr: out.stream }
    await expect(runOnce(context(), request, new AbortController().signal)).rejects.toThrow(
      /^job\/missing cannot start: (ErrImagePull|ImagePullBackOff)/,
    )
    await bench.until(async () => (await left()).length === 0)
  })

  it('leaves nothing after an abort', async () => {
    const stop = new AbortController()
    const out = collected()
    const running = runOnce(
      context(),
      { name: 'long', job: jobOf('long'), stdout: out.stream, stderr: out.stream },
      stop.signal,
    )
    await bench.until(async () => (await left()).length === 2)
    stop.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    await bench.until(async () => (await left()).length === 0)
  })
})
