import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { attachContainer } from '../../../src/platform/engine/attach.ts'
import { startContainer } from '../../../src/platform/engine/containers.ts'
import { openEngine, type Engine } from '../../../src/platform/engine/engine.ts'
import { EngineError } from '../../../src/platform/engine/errors.ts'
import { exec, openExec, type ExecSpec } from '../../../src/platform/engine/exec.ts'
import { temporaryFolder } from './fake-engine.ts'
import { collect, memory, realEngine } from './real-engine.ts'

const { engine, endpoint, create, running } = await realEngine()
const container = await running('exec')

async function ran(
  spec: Omit<ExecSpec, 'hasInput'>,
  stdin?: NodeJS.ReadableStream,
  through: Engine = engine,
) {
  const [stdout, stderr] = [memory(), memory()]
  const exitCode = await exec(through, container, spec, { stdout, stderr, ...(stdin && { stdin }) })
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
}

test('streams apart, and the exit code of the command', async () => {
  expect(await ran({ argv: ['sh', '-c', 'echo out; echo err >&2; exit 7'] })).toEqual({
    exitCode: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  })
})

test('environment, user and working directory', async () => {
  const spec = {
    argv: ['sh', '-c', 'echo "$NAME $(id -u) $(pwd)"'],
    env: new Map([['NAME', 'a b=c']]),
    user: '1000',
    workingDir: '/tmp',
  }
  expect(await ran(spec)).toMatchObject({ exitCode: 0, stdout: 'a b=c 1000 /tmp\n' })
})

test('the end of stdin reaches the command, and its output afterwards comes back', async () => {
  const spec = { argv: ['sh', '-c', 'wc -c; echo done'] }
  expect(await ran(spec, Readable.from([Buffer.alloc(3_000_000, 'x')]))).toMatchObject({
    exitCode: 0,
    stdout: '3000000\ndone\n',
  })
})

test('without stdin the command reads an empty one', async () => {
  expect(await ran({ argv: ['wc', '-c'] })).toMatchObject({ exitCode: 0, stdout: '0\n' })
})

test('a command that ends while we still have input for it', async () => {
  const endless = new PassThrough()
  endless.write(Buffer.alloc(5_000_000, 'y\n'))
  expect(await ran({ argv: ['sh', '-c', 'head -n 1; exit 4'] }, endless)).toMatchObject({
    exitCode: 4,
    stdout: 'y\n',
  })
})

test('five megabytes of output arrive whole', async () => {
  const { stdout } = await ran({ argv: ['sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" z'] })
  expect([stdout.length, stdout.replaceAll('z', '')]).toEqual([5_000_000, ''])
})

test('a terminal: one stream, its size, and its resizing', async () => {
  const stdout = memory()
  const stdin = new PassThrough()
  let resize: (columns: number, rows: number) => void = () => undefined
  const ended = exec(
    engine,
    container,
    { argv: ['sh'], tty: true },
    {
      stdin,
      stdout,
      stderr: memory(),
      onResize: (listener) => {
        resize = listener
        listener(100, 30)
      },
    },
  )
  await vi.waitFor(() => {
    stdin.write('test -t 0 && stty size\n')
    expect(stdout.text()).toContain('30 100')
  }, 5000)
  resize(120, 40)
  await vi.waitFor(() => {
    stdin.write('stty size\n')
    expect(stdout.text()).toContain('40 120')
  }, 5000)
  stdin.write('exit 5\n')
  expect(await ended).toBe(5)
})

test('an abort lets go at once and throws its reason', async () => {
  const controller = new AbortController()
  const streams = { stdout: memory(), stderr: memory(), signal: controller.signal }
  setTimeout(() => {
    controller.abort(new Error('superseded'))
  }, 200)
  await expect(exec(engine, container, { argv: ['sleep', '60'] }, streams)).rejects.toThrow('superseded')
})

test('a session that stays open answers message by message', async () => {
  const session = await openExec(engine, container, {
    argv: ['sh', '-c', 'while read line; do echo "got $line"; done; exit 6'],
    hasInput: true,
  })
  const answers: string[] = []
  session.input.write('1\n')
  for await (const { data } of session.output) {
    answers.push(data.toString())
    if (answers.length < 3) session.input.write(`${String(answers.length + 1)}\n`)
    else session.input.end()
  }
  expect(answers).toEqual(['got 1\n', 'got 2\n', 'got 3\n'])
  expect(await session.exitCode()).toBe(6)
})

test('a container that is not there or does not run, and a command that does not exist', async () => {
  const stopped = await create('stopped', { Image: 'busybox:stable', Cmd: ['true'] })
  const statusOf = async (name: string) => {
    const error: unknown = await openExec(engine, name, { argv: ['true'] }).catch((each: unknown) => each)
    return error instanceof EngineError ? error.status : error
  }
  expect([await statusOf('iamstack-test-nothing'), await statusOf(stopped)]).toEqual([404, 409])
  // 127 by the shells' rule; older engines say 126.
  expect([126, 127]).toContain((await ran({ argv: ['no-such-command'] })).exitCode)
})

test('attached before the start, nothing is missed', async () => {
  const id = await create('attached', {
    Image: 'busybox:stable',
    Cmd: ['sh', '-c', 'cat; echo end >&2'],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
  })
  const attachment = await attachContainer(engine, id, { hasInput: true })
  await startContainer(engine, id)
  attachment.input.end('in and out\n')
  const seen = (await collect(attachment.output)).map(({ stream, data }) => `${stream} ${data.toString()}`)
  expect(seen.sort()).toEqual(['stderr end\n', 'stdout in and out\n'])
})

test('the same through ssh', async () => {
  if (endpoint.kind !== 'socket') return
  const bin = await temporaryFolder()
  const relay = `const s=require('net').connect(process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)`
  await writeFile(
    join(bin, 'ssh'),
    `#!/bin/sh\nexec '${process.execPath}' -e "${relay}" '${endpoint.path}'\n`,
  )
  await chmod(join(bin, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const far = openEngine({
    kind: 'ssh',
    user: undefined,
    host: 'far.example',
    port: undefined,
    socket: undefined,
  })
  expect(await ran({ argv: ['sh', '-c', 'cat; exit 9'] }, Readable.from(['hello']), far)).toMatchObject({
    exitCode: 9,
    stdout: 'hello',
  })
  far.close()
})
