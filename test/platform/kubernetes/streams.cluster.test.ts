import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { buffer, text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { collect, failureOf } from './fake-api.ts'
import { isClusterWanted, realCluster } from './real-cluster.ts'

const never = new AbortController().signal
const program = `
console.log('first'); console.error('grüße'); console.log('last')
const serve = (port, answer) => net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  answer(socket)
}).listen(port)
serve(7000, (socket) => socket.pipe(socket))
serve(7001, (socket) => socket.end('hello'))
serve(7002, (socket) => socket.once('data', (chunk) => socket.end(chunk)))`

describe.skipIf(!isClusterWanted)('streams of a pod', () => {
  const cluster = realCluster()
  beforeAll(() => cluster.pod('p', program))

  const start = (command: readonly string[], options: { tty?: boolean; stdin?: boolean } = {}) =>
    cluster
      .client()
      .exec(
        cluster.namespace,
        'p',
        { container: 'main', command, tty: options.tty ?? false, stdin: options.stdin ?? false },
        never,
      )
  const shell = (line: string) => start(['sh', '-c', line])
  const forward = (port: number) => cluster.client().forward(cluster.namespace, 'p', port)

  test('exec: both outputs, and the exit code', async () => {
    const { stdin, stdout, stderr, exitCode } = await shell('echo out; echo err >&2; exit 3')
    expect(stdin).toBeUndefined()
    expect(await Promise.all([text(stdout), text(stderr ?? Readable.from([])), exitCode])).toEqual([
      'out\n',
      'err\n',
      3,
    ])
  })

  test('exec: input ends, and what is large goes through in both directions at once', async () => {
    const sent = Buffer.alloc(8_000_000, 'abcdefghijklmnopqrstuvwxyz')
    const { stdin, stdout, exitCode } = await start(['cat'], { stdin: true })
    stdin?.end(sent)
    expect((await buffer(stdout)).equals(sent)).toBe(true)
    expect(await exitCode).toBe(0)
  })

  test('exec: an output that nobody reads does not keep the command from its end', async () => {
    expect(await (await shell('head -c 20000000 /dev/zero; exit 5')).exitCode).toBe(5)
  })

  test('exec: a slow reader loses nothing', async () => {
    const { stdout, exitCode } = await shell('head -c 3000000 /dev/zero')
    let received = 0
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      if (received === 0) await sleep(500)
      received += chunk.byteLength
    }
    expect([received, await exitCode]).toEqual([3_000_000, 0])
  })

  test('exec: a terminal and its size', async () => {
    const execution = await start(['sh'], { tty: true, stdin: true })
    const { stdin, stdout, stderr, exitCode } = execution
    expect(stderr).toBeUndefined()
    execution.resize(77, 22)
    await sleep(300)
    stdin?.write('stty size; exit 4\n')
    expect(await text(stdout)).toContain('22 77')
    expect(await exitCode).toBe(4)
  })

  test('exec: what cannot be run', async () => {
    const { stdout, exitCode } = await start(['no-such-program'])
    expect([await exitCode, await text(stdout)]).toEqual([126, expect.stringContaining('not found')])
    const { namespace } = cluster
    const options = { container: 'main', command: ['true'], tty: false, stdin: false }
    expect(await failureOf(cluster.client().exec(namespace, 'gone', options, never))).toBe(
      'KubeError 404 NotFound: pods "gone" not found',
    )
    const wrong = { ...options, container: 'other' }
    expect(await failureOf(cluster.client().exec(namespace, 'p', wrong, never))).toBe(
      'KubeError 400 BadRequest: container other is not valid for pod p',
    )
  })

  test('exec: let go of by kill, and by the signal', async () => {
    const killed = await start(['sleep', '600'])
    killed.kill()
    expect(await failureOf(killed.exitCode)).toContain('StepError interrupted')
    expect(await text(killed.stdout)).toBe('')
    const stop = new AbortController()
    const options = { container: 'main', command: ['sleep', '600'], tty: false, stdin: false }
    const aborted = await cluster.client().exec(cluster.namespace, 'p', options, stop.signal)
    stop.abort(new Error('enough'))
    expect(await failureOf(aborted.exitCode)).toBe('Error: enough')
    const early = cluster.client().exec(cluster.namespace, 'p', options, stop.signal)
    expect(await failureOf(early)).toBe('Error: enough')
  })

  test('logs: whole lines with their time; tail, since, and following until told to stop', async () => {
    const read = (options: object, signal = never) =>
      cluster
        .client()
        .logs(
          cluster.namespace,
          'p',
          { container: 'main', follow: false, previous: false, ...options },
          signal,
        )
    const lines = await collect(read({}))
    expect(lines.map(({ text }) => text)).toEqual(expect.arrayContaining(['first', 'grüße', 'last']))
    expect(lines.every(({ time }, index) => time >= (lines[index - 1]?.time ?? 1))).toBe(true)
    expect(await collect(read({ tail: 1 }))).toHaveLength(1)
    expect(await collect(read({ since: (lines.at(-1)?.time ?? 0) + 1 }))).toEqual([])
    const stop = new AbortController()
    for await (const line of read({ follow: true }, stop.signal)) if (line.text === 'last') stop.abort()
    expect(await failureOf(collect(read({ previous: true })))).toContain('previous terminated container')
  })

  test('forward: bytes both ways, many at once', async () => {
    const echoed = Array.from({ length: 20 }, async (_, index) => {
      const connection = await forward(7002)
      connection.write(`number ${String(index)}\n`)
      return text(connection)
    })
    expect(await Promise.all(echoed)).toEqual(
      Array.from({ length: 20 }, (_, index) => `number ${String(index)}\n`),
    )
  })

  test('forward: the end of the pod’s side is the end; the end of ours leaves the answer', async () => {
    expect(await text(await forward(7001))).toBe('hello')
    const connection = await forward(7000)
    connection.end('still answered')
    const [chunk] = (await once(connection, 'data')) as [Buffer]
    expect(chunk.toString()).toBe('still answered')
    connection.destroy()
  })

  test('forward: something large', async () => {
    const connection = await forward(7000)
    const sent = Buffer.alloc(4_000_000, 'abcdefghijklmnopqrstuvwxyz')
    connection.write(sent)
    const chunks: Buffer[] = []
    let received = 0
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      received += chunk.byteLength
      if (received >= sent.byteLength) break
    }
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  test('forward: nobody listens, no such pod, and a pod that goes away', async () => {
    const { namespace } = cluster
    const closed = await forward(7999)
    expect((await failureOf(text(closed))).split('\n')[0]).toBe(
      'StepError deploy: port 7999 of pod p refuses the connection',
    )
    expect(await failureOf(cluster.client().forward(namespace, 'gone', 80))).toContain('NotFound')
    await cluster.pod('short', program)
    // The pod runs a moment before its program listens.
    const connection = await vi.waitFor(
      async () => {
        const opened = await cluster.client().forward(namespace, 'short', 7000)
        opened.write('x')
        await once(opened, 'data')
        return opened
      },
      { timeout: 20_000 },
    )
    const ended = once(connection, 'close').catch(() => undefined)
    await cluster.client().remove(kinds.Pod, namespace, 'short', { grace: 0 })
    await ended
    expect(connection.destroyed).toBe(true)
  })
})
