import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { InsideChannel } from '../../../src/dev/channel/inside.ts'
import { wrapWithAgent, wrapWithShell, type RunOptions } from '../../../src/dev/channel/run.ts'
import { temporaryFolder } from '../../platform/engine/fake-engine.ts'
import { apply, never, write } from './changes.ts'
import { endsOfThisMachine, localAgent, type End } from './ends.ts'
import { localProcess, type LocalProcess } from './local-process.ts'

// Real processes, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 60_000 })

const ends = await endsOfThisMachine()
const agent = await localAgent()
const shells = ends.filter(({ name }) => ['sh', 'dash', 'bash', 'busybox'].includes(name))
const runs = [
  ...(agent === undefined
    ? []
    : [
        {
          name: 'agent',
          wrap: (command: readonly string[], options?: RunOptions) => wrapWithAgent(agent, command, options),
          env: {},
        },
      ]),
  ...shells.map(({ name, argv, env }) => ({
    name,
    wrap: (command: readonly string[], options?: RunOptions) => [
      ...argv.slice(0, argv.indexOf('-c')),
      ...wrapWithShell(command, options).slice(1),
    ],
    env,
  })),
]
type Run = (typeof runs)[number]

interface Running {
  readonly process: LocalProcess
  readonly said: () => string[]
  /** Waits for so many lines. */
  readonly lines: (count: number) => Promise<string[]>
  readonly ended: Promise<number | string>
  readonly open: (end: End) => Promise<InsideChannel>
}

/** Our run with a service under it, and a name of its own, so that tests do not meet each other's. */
function start(run: Run, command: readonly string[], options?: RunOptions): Running {
  const env = { ...run.env, PATH: process.env['PATH'], IAMSTACK_RUN: randomBytes(6).toString('hex') }
  const started = localProcess(run.wrap(command, options), { env })
  onTestFinished(() => killAll(env.IAMSTACK_RUN))
  let output = ''
  started.child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  started.child.stderr?.on('data', (data: Buffer) => (output += data.toString()))
  const said = () => output.split('\n').filter((line) => line !== '')
  const ended = new Promise<number | string>((resolve) =>
    started.child.once('exit', (code, signal) => resolve(code ?? signal ?? '')),
  )
  return {
    process: started,
    said,
    ended,
    lines: async (count) => {
      await vi.waitFor(() => expect(said().length).toBeGreaterThanOrEqual(count), 30_000)
      return said()
    },
    open: (end) =>
      end.open(localProcess(end.argv, { env: { ...end.env, IAMSTACK_RUN: env.IAMSTACK_RUN } }), never),
  }
}

/** A service; what its own shell says about its children is not looked at. */
const sh = (script: string): string[] => ['sh', '-c', `exec 2>/dev/null; ${script}`]
const end = ends.find(({ name }) => name === 'agent') ?? ends[0]
const shellEnd = ends.find(({ name }) => name === 'sh')

describe.each(runs)('run by $name', (run) => {
  test.each([
    [sh('exit 0'), 0],
    [sh('exit 7'), 7],
    [sh('kill -KILL $$'), 137],
    [sh('kill -TERM $$'), 143],
    [['/nowhere/at/all'], 127],
    [['/etc/passwd'], 126],
  ])('passes the exit code through: %j ends with %i', async (command, code) => {
    expect(await start(run, command).ended).toBe(code)
  })

  test('standard input, arguments and environment are those of the command', async () => {
    const running = start(run, [
      'sh',
      '-c',
      'read line; echo "$line|$1|$IAMSTACK_RUN" | sed "s/|[0-9a-f]*$/|named/"',
      'x',
      `a  b'"`,
    ])
    running.process.input.write('hello\n')
    expect(await running.lines(1)).toEqual([`hello|a  b'"|named`])
    expect(await running.ended).toBe(0)
  })

  // In the background of a shell INT and QUIT are ignored; BusyBox has no `env` that undoes it.
  const heard = (['HUP', 'USR1', 'USR2', 'WINCH', 'TERM', 'QUIT', 'INT'] as const).filter(
    (name) => run.name !== 'busybox' || !['INT', 'QUIT'].includes(name),
  )
  test.each(heard)('forwards SIG%s', async (name) => {
    const running = start(
      run,
      sh(`trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.2; done`),
    )
    await running.lines(1)
    running.process.child.kill(`SIG${name}`)
    expect(await running.ended).toBe(9)
    expect(await running.lines(2)).toEqual(['ready', `got ${name}`])
  })

  test('starts the service anew, and says so once the new one runs', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'version'), 'one')
    const running = start(run, sh(`cat ${folder}/version; echo; exec sleep 60`))
    await running.lines(1)
    const channel = await running.open(end!)
    expect(await apply(channel, write(join(folder, 'version'), 'two'))).toEqual([])
    await channel.restart?.(never)
    expect((await running.lines(2)).at(-1)).toBe('two')
    await channel.restart?.(never)
    expect(await running.lines(3)).toHaveLength(3)
    running.process.child.kill('SIGTERM')
    expect(await running.ended).toBe(143)
  })

  test('a shell asks for it as well, and restarts at once are all answered', async () => {
    const running = start(run, sh('echo started; exec sleep 60'))
    await running.lines(1)
    const channels = await Promise.all([running.open(shellEnd!), running.open(shellEnd!), running.open(end!)])
    await Promise.all(channels.map(async (channel) => channel.restart?.(never)))
    expect((await running.lines(2)).every((line) => line === 'started')).toBe(true)
    running.process.child.kill('SIGTERM')
    expect(await running.ended).toBe(143)
  })

  test('a service that ignores the stop signal is killed after its grace, with all of its group', async () => {
    const folder = await temporaryFolder()
    const running = start(
      run,
      sh(
        `trap '' TERM; (trap '' TERM; echo $$ >>${folder}/leaders; exec sleep 61) & echo $! >>${folder}/members; echo up; while :; do sleep 1; done`,
      ),
      { graceSeconds: 0.3 },
    )
    await running.lines(1)
    const channel = await running.open(end!)
    await channel.restart?.(never)
    await running.lines(2)
    const [member] = (await readFile(join(folder, 'members'), 'utf8')).split('\n')
    await vi.waitFor(() => expect(isThere(Number(member))).toBe(false), 30_000)
    running.process.child.kill('SIGKILL')
  })

  test('a member of the group that outlives the service is ended too', async () => {
    const folder = await temporaryFolder()
    const running = start(run, sh(`sleep 62 & echo $! >>${folder}/members; echo up; exec sleep 63`), {
      graceSeconds: 5,
    })
    await running.lines(1)
    const channel = await running.open(end!)
    await channel.restart?.(never)
    await running.lines(2)
    const [member] = (await readFile(join(folder, 'members'), 'utf8')).split('\n')
    await vi.waitFor(() => expect(isThere(Number(member))).toBe(false), 30_000)
    running.process.child.kill('SIGTERM')
    expect(await running.ended).toBe(143)
  })

  test('the stop signal is the one that was given', async () => {
    const running = start(run, sh(`trap 'echo asked; exit 0' USR2; echo up; while :; do sleep 0.2; done`), {
      stopSignal: 'SIGUSR2',
    })
    await running.lines(1)
    const channel = await running.open(end!)
    await channel.restart?.(never)
    expect(await running.lines(3)).toEqual(['up', 'asked', 'up'])
  })

  test('a service that crashes while its restart is due is started all the same', async () => {
    const running = start(run, sh(`trap 'kill -KILL $$' TERM; echo up; while :; do sleep 0.2; done`))
    await running.lines(1)
    const channel = await running.open(end!)
    await channel.restart?.(never)
    expect((await running.lines(2)).filter((line) => line === 'up')).toHaveLength(2)
  })

  test('who ends it while a restart is due ends it', async () => {
    const running = start(
      run,
      sh(`trap 'echo asked; sleep 0.5; exit 5' TERM; echo up; while :; do sleep 0.2; done`),
    )
    await running.lines(1)
    const channel = await running.open(end!)
    const controller = new AbortController()
    const restarting = channel.restart?.(controller.signal).catch((error: unknown) => String(error))
    await running.lines(2)
    running.process.child.kill('SIGTERM')
    expect(await running.ended).toBe(5)
    controller.abort(new Error('given up'))
    expect(await restarting).toMatch(/given up|nothing inside/)
    expect(running.said().filter((line) => line === 'up')).toHaveLength(1)
  })

  test.each([['agent'], ['sh']])(
    'a signal from inside, through %s, reaches the service alone',
    async (through) => {
      const from = ends.find(({ name }) => name === through)
      if (!from) return
      const running = start(run, sh(`trap 'echo reloaded' HUP; echo up; while :; do sleep 0.2; done`))
      await running.lines(1)
      const channel = await running.open(from)
      await channel.signalInside('SIGHUP', never)
      expect(await running.lines(2)).toEqual(['up', 'reloaded'])
      await expect(channel.signalInside('NOSUCH', never)).rejects.toThrow(
        /NOSUCH|invalid|illegal|bad|unknown/i,
      )
      await channel.signalInside('KILL', never)
      expect(await running.ended).toBe(137)
    },
  )

  test('orphans are reaped', async () => {
    const running = start(run, sh(`sh -c 'sleep 0.2 & echo $!'; echo up; while :; do sleep 0.2; done`))
    const [orphan] = await running.lines(2)
    // Under a shell that is not the first process, orphans are the machine's.
    await vi.waitFor(() => expect(isThere(Number(orphan))).toBe(false), 30_000)
  })
})

describe.runIf(agent !== undefined)('the agent’s run', () => {
  const [run] = runs

  test('a service that cannot be started again does not end the container, and the next restart cures it', async () => {
    const folder = await temporaryFolder()
    const program = join(folder, 'program')
    await writeFile(program, '#!/bin/sh\necho up\nexec sleep 60\n')
    await chmod(program, 0o755)
    const running = start(run!, [program])
    await running.lines(1)
    const channel = await running.open(end!)
    await rm(program)
    for (let time = 0; time < 2; time += 1)
      await expect(channel.restart?.(never)).rejects.toThrow(
        'the process of the service could not be started again',
      )
    await expect(channel.signalInside('HUP', never)).rejects.toThrow(
      'the process of the service does not run',
    )
    expect(await apply(channel, write(program, '#!/bin/sh\necho cured\nexec sleep 60\n', 0o755))).toEqual([])
    await channel.restart?.(never)
    expect((await running.lines(4)).at(-1)).toBe('cured')
    running.process.child.kill('SIGTERM')
    expect(await running.ended).toBe(143)
  })

  test.each([
    [['run'], 'run needs a command'],
    [['run', '--grace', '-1', '--', 'true'], 'not negative'],
    [['run', '--stop-signal', 'SIGNONE', '--', 'true'], 'SIGNONE is no name of a signal'],
    [['walk'], 'there is no walk'],
  ])('refuses %j', async (words, why) => {
    const refused = localProcess([agent ?? '', ...words])
    let text = ''
    refused.child.stderr?.on('data', (data: Buffer) => (text += data.toString()))
    expect(await new Promise((resolve) => refused.child.once('close', resolve))).toBe(2)
    expect(text).toContain(why)
  })
})

test('where nothing restarts, no channel says that it can', async () => {
  for (const each of ends) {
    const env = { ...each.env, IAMSTACK_RUN: 'nobody has this name' }
    const channel = await each.open(
      localProcess(each.argv.map(String), { env: { ...env, PATH: process.env['PATH'] } }),
      never,
    )
    expect(channel.restart).toBeUndefined()
    onTestFinished(() => channel.close())
  }
})

/** Ends what a test left running: all that inherited the name of its run. */
function killAll(name: string): void {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`IAMSTACK_RUN=${name}`))
        process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      // It has ended meanwhile, or is another user's.
      if (!(error instanceof Error)) throw error
    }
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
