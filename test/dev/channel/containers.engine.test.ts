import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { pack } from 'tar-stream'
import type { InnerProcess } from '../../../src/dev/channel/channel.ts'
import { openChannel } from '../../../src/dev/channel/connect.ts'
import type { InsideChannel } from '../../../src/dev/channel/inside.ts'
import { wrapWithAgent, wrapWithShell } from '../../../src/dev/channel/run.ts'
import { putArchive } from '../../../src/platform/engine/archive.ts'
import type { ContainerSpec } from '../../../src/platform/engine/container-spec.ts'
import { killContainer, startContainer } from '../../../src/platform/engine/containers.ts'
import { removeImage } from '../../../src/platform/engine/images.ts'
import { openExec } from '../../../src/platform/engine/exec.ts'
import { collect, realEngine } from '../../platform/engine/real-engine.ts'
import { apply, never, write } from './changes.ts'
import { localAgent } from './ends.ts'

const { engine, prefix, create, running, afterwards } = await realEngine()
const agent = await localAgent()

function execIn(container: string, user?: string): (argv: readonly string[]) => Promise<InnerProcess> {
  return (argv) => openExec(engine, container, { argv, hasInput: true, ...(user !== undefined && { user }) })
}

async function opened(container: string, agentPath?: string): Promise<InsideChannel> {
  return await openChannel({
    exec: execIn(container),
    signal: AbortSignal.timeout(20_000),
    ...(agentPath !== undefined && { agentPath }),
  })
}

/** What a command inside prints. */
async function printed(container: string, ...argv: readonly string[]): Promise<string> {
  const session = await openExec(engine, container, { argv, user: '0' })
  const frames = await collect(session.output)
  return Buffer.concat(frames.map(({ data }) => data)).toString()
}

/** Puts the agent into a container, which need not run and may be empty. */
async function putAgent(container: string, folder = '/'): Promise<string> {
  const tar = pack()
  tar.entry({ name: '.agent', mode: 0o755 }, await readFile(agent ?? ''))
  tar.finalize()
  await putArchive(engine, container, folder, Buffer.concat(await collect(tar as AsyncIterable<Buffer>)))
  return `${folder === '/' ? '' : folder}/.agent`
}

/** An image without a single file. */
async function emptyImage(): Promise<string> {
  const reference = `${prefix}-empty:1`
  afterwards(() => removeImage(engine, reference))
  const body = { type: 'application/x-tar', content: new Uint8Array(1024) }
  const stream = await engine.stream('POST', '/images/create', {
    query: { fromSrc: '-', repo: `${prefix}-empty`, tag: '1' },
    body,
  })
  await collect(stream)
  return reference
}

const idle = ['sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait']
const kinds: readonly (readonly [string, Partial<ContainerSpec>, string])[] = [
  ['root', {}, '/srv'],
  ['a user', { User: '1000:1000' }, '/tmp/app'],
  [
    'a user, on a read-only root with a writable volume',
    { User: '1000:1000', HostConfig: { ReadonlyRootfs: true, Tmpfs: { '/data': 'uid=1000,gid=1000,exec' } } },
    '/data/app',
  ],
]

describe.each(kinds)('in busybox as %s', (kind, spec, folder) => {
  test('files come, change and go; what may not be is refused', async () => {
    const container = await running(`files-${kind.length}`, { ...spec, Cmd: idle })
    const channel = await opened(container)
    expect(channel.by).toBe('shell')
    const large = Buffer.alloc(700_000, 'x\0')
    const failed = await apply(
      channel,
      write(`${folder}/a b/ü\n'.txt`, 'content\n', 0o755),
      write(`${folder}/large`, large),
      { op: 'link', path: `${folder}/link`, target: 'large' },
      write(`${folder}/gone`, ''),
      { op: 'remove', path: `${folder}/gone` },
      write('/proc/nothing', 'x'),
    )
    expect(failed.map(({ path }) => path)).toEqual(['/proc/nothing'])
    const seen = await printed(
      container,
      'sh',
      '-c',
      `cd ${folder}; cat a*/*; stat -c '%a %u' a*/*; md5sum <large; readlink link; ls -A`,
    )
    const owner = kind === 'root' ? 0 : 1000
    expect(seen).toBe(
      `content\n755 ${owner}\n${createHash('md5').update(large).digest('hex')}  -\nlarge\na b\nlarge\nlink\n`,
    )
    if (kind !== 'root') {
      const why = kind.includes('read-only') ? 'read-only' : 'permission'
      expect((await apply(channel, write('/etc/x', 'x'))).map((failure) => failure.why)).toEqual([why])
    }
    channel.close()
  })

  test('the service is started anew by a shell as the first process', async () => {
    const service = ['sh', '-c', 'echo started as $$; exec sleep 600']
    const container = await running(`run-${kind.length}`, {
      ...spec,
      Cmd: wrapWithShell(service, { graceSeconds: 2 }),
    })
    await untilServed(container)
    const channel = await opened(container)
    const before = await printed(container, 'cat', '/proc/1/comm')
    await channel.restart?.(never)
    const after = await printed(container, 'cat', '/proc/1/comm')
    expect([before, after].every((title) => /^iamrun:\d+\n$/.test(title))).toBe(true)
    expect(after).not.toBe(before)
    channel.close()
  })
})

test('the container killed: the channel says that it is closed', async () => {
  const container = await running('killed', { Cmd: idle })
  const channel = await opened(container)
  await killContainer(engine, container, 'SIGKILL')
  expect(await channel.closed).toMatch(/^the other end/)
  await expect(apply(channel, write('/x', 'x'))).rejects.toThrow('the other end')
})

const contents: readonly (readonly [string, Buffer])[] = [
  ['200 B in one line', Buffer.alloc(200, 'x')],
  ['500 B in lines', Buffer.alloc(500, 'line of text\n')],
  ['1000 B in one line', Buffer.alloc(1000, 'x')],
  ['2 kB', Buffer.alloc(2000, 'line of text\n')],
  ['8 kB', Buffer.alloc(8000, 'line of text\n')],
  ['300 kB', Buffer.alloc(300_000, 1)],
]

describe.runIf(agent !== undefined)('with the agent', () => {
  test('in an image of nothing: put in, first process, files, restart, signal', async () => {
    const container = await create('scratch', {
      Image: await emptyImage(),
      Cmd: wrapWithAgent('/.agent', ['/.agent', 'run', '--', '/.agent', 'serve'], { graceSeconds: 1 }),
      User: '1000:1000',
      OpenStdin: true,
      HostConfig: { Tmpfs: { '/data': 'uid=1000,gid=1000' } },
    })
    const path = await putAgent(container)
    await startContainer(engine, container)
    const channel = await opened(container, path)
    expect(channel.by).toBe('agent')
    expect(await apply(channel, write('/data/x', 'content'), { op: 'remove', path: '/data/x' })).toEqual([])
    expect((await apply(channel, write('/x', 'x'))).map(({ why }) => why)).toEqual(['permission'])
    await channel.restart?.(AbortSignal.timeout(10_000))
    await channel.signalInside('WINCH', never)
    await expect(opened(container)).rejects.toThrow(/nothing inside to speak to: shell: /)
    channel.close()
  })

  test('a change there and back, in one container', async () => {
    const container = await running('times', { Cmd: idle })
    const path = await putAgent(container, '/tmp')
    const channels = [await opened(container, path), await opened(container)]
    expect(channels.map(({ by }) => by)).toEqual(['agent', 'shell'])
    const rows: string[] = []
    for (const [what, content] of contents) {
      const times: number[][] = [[], []]
      // In turn, so that both meet the same load.
      for (let turn = 0; turn < 80; turn += 1) {
        for (const [index, channel] of channels.entries()) {
          const begun = performance.now()
          expect(await apply(channel, write('/tmp/app/file', content))).toEqual([])
          times[index]?.push(performance.now() - begun)
          await sleep(3)
        }
      }
      const [agents = [], shells = []] = times.map((each) => each.sort((a, b) => a - b))
      rows.push(`${what}: agent ${quantiles(agents)}, shell ${quantiles(shells)}`)
    }
    for (const channel of channels) channel.close()
    console.log(rows.join('\n'))
  })
})

function quantiles(sorted: readonly number[]): string {
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2)
  return `p50 ${at(0.5)} ms p95 ${at(0.95)} ms`
}

/** Waits until the first process shows that the service runs. */
async function untilServed(container: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (/^iamrun:[1-9]/.test(await printed(container, 'cat', '/proc/1/comm'))) return
    await sleep(50)
  }
  throw new Error('the service never ran')
}
