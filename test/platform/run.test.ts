import { expect, test } from 'vitest'
import { CommandError, run } from '../../src/platform/run.ts'

test('input, environment and output; a non-zero exit is a result', async () => {
  const script = 'read line; echo "$line $NAME"; echo oops >&2; exit 3'
  const env = { PATH: process.env['PATH'], NAME: 'there' }
  expect(await run(['sh', '-c', script], { input: 'hello\n', env })).toEqual({
    exitCode: 3,
    stdout: 'hello there',
    stderr: 'oops',
  })
})

test('a given environment is the whole one', async () => {
  const { stdout } = await run([process.execPath, '-p', 'process.env.HOME'], {
    env: { PATH: process.env['PATH'] },
  })
  expect(stdout).toBe('undefined')
})

test.each([
  ['not-found', ['no-such-command-at-all'], {}],
  ['not-permitted', ['/etc/passwd'], {}],
  ['timed-out', ['sleep', '5'], { timeout: 50 }],
  ['cancelled', ['sleep', '5'], { signal: AbortSignal.timeout(50) }],
  ['killed', ['sh', '-c', 'kill -9 $$'], {}],
] as const)('%s', async (reason, argv, options) => {
  const error: unknown = await run(argv, options).catch((each: unknown) => each)
  expect(error).toBeInstanceOf(CommandError)
  expect(error).toMatchObject({ reason, command: argv[0] })
})
