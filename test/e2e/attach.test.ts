import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openTerminal, type PseudoTerminal } from '../tui/pseudo-terminal.ts'
import { sandbox, statusOf, urlOf, type Sandbox, type Started } from './cli.ts'
import { kill, markerOfTests } from './machine.ts'
import { entry } from './program.ts'
import { ask, writeServer } from './small-stack.ts'

const on = ['--profile', 'process']
const patient = { timeout: 60_000, interval: 100 }

/** The program in a terminal, with the surroundings of the sandbox. */
async function inTerminal(box: Sandbox, words: readonly string[], shell?: string): Promise<PseudoTerminal> {
  const env = {
    IAMSTACK_STATE: box.state,
    IAMSTACK_INSTANCE: 'e2e',
    XDG_RUNTIME_DIR: box.sockets,
    [markerOfTests]: box.name,
  }
  const settings = Object.entries(env).map(([name, value]) => `${name}='${value}'`)
  const program = shell ?? `'${process.execPath}' '${entry}' ${words.join(' ')}`
  const terminal = await openTerminal(
    `env -C '${box.folder}' -u NODE_EXTRA_CA_CERTS -u CI ${settings.join(' ')} ${program}`,
  )
  onTestFinished(() => terminal.dispose())
  return terminal
}

const sees =
  (terminal: PseudoTerminal, ...texts: readonly string[]) =>
  (): boolean =>
    texts.every((text) => terminal.screen.text.includes(text))

/** The process of the `dev` that its own words name. */
function pidIn(text: string): number {
  const pid = Number(/dev (?:runs in the background|goes on|runs already) \(process (\d+)/.exec(text)?.[1])
  expect(pid, text).toBeGreaterThan(0)
  return pid
}

function socketOf(box: Sandbox): string {
  const [stack = ''] = readdirSync(join(box.state, 'iamstack'))
  return join(box.state, 'iamstack', stack, 'e2e', 'dev.sock')
}

async function detached(box: Sandbox): Promise<number> {
  return pidIn((await box.succeed(['dev', ...on, '--detach'])).stderr)
}

async function gone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patient)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

async function takenDown(box: Sandbox): Promise<void> {
  await box.succeed(['down', ...on, '--all', '--yes'])
  await vi.waitFor(() => expect(box.traces().processes).toEqual([]), patient)
  expect(box.traces().files).toEqual([])
}

/** Lines of a program that prints one JSON object a line. */
function linesOf(
  started: Started,
): { readonly resources: readonly { resource: string; health: string }[] }[] {
  return started
    .output()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as never] : []))
}

// Terminals are made by `script` of Linux.
describe.skipIf(process.platform !== 'linux')('several views of one dev', () => {
  test('down ends a dev in the background first, and then all of it', async () => {
    const box = sandbox()
    writeServer(box)
    const pid = await detached(box)
    const down = await box.succeed(['down', ...on, '--all', '--yes'])
    expect(down.stderr).toContain(`dev in the background (process ${pid}) ends first`)
    await gone(pid)
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  })

  test('dev --detach outlives its command; a second dev tells its lines, and its end', async () => {
    const box = sandbox()
    writeServer(box)
    const first = await box.succeed(['dev', ...on, '--detach'])
    const pid = pidIn(first.stderr)
    expect(first.stderr).toMatch(/web +ready/)
    expect((await statusOf(box, on)).get('service/web')?.health).toBe('ready')

    const again = await box.succeed(['dev', ...on, '-d'])
    expect(again.stderr).toContain(`dev runs already (process ${pid})`)

    // What happened before it came, what happens now, and then it goes without ending anything.
    const second = box.start(['dev', ...on, '--progress', 'json'])
    await second.event('run.started')
    await second.event('step.finished', ({ resource }) => resource === 'service/web')
    second.forget()
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    await second.event('step.finished', ({ resource }) => resource === 'service/web')
    expect(await ask(await urlOf(box, on))).toMatchObject({ greeting: 'two' })
    second.kill('SIGINT')
    const left = await second.ended
    expect(left.code, left.stdout).toBe(0)
    expect(left.events.at(-1)).toMatchObject({ text: expect.stringContaining(`dev goes on (process ${pid}`) })

    const plain = box.start(['dev', '--progress', 'plain'])
    await vi.waitFor(() => expect(plain.output()).toContain('watching for edits'), patient)
    process.kill(pid, 'SIGTERM')
    const over = await plain.ended
    expect([over.code, over.stderr]).toEqual([
      0,
      expect.stringContaining(`dev (process ${pid}) ended with exit code 0`),
    ])
    await gone(pid)
    expect(existsSync(socketOf(box))).toBe(false)
    await takenDown(box)
  })

  test('the first up fails: dev --detach has its exit code, and dev goes on until it is mended', async () => {
    const box = sandbox()
    writeServer(box)
    box.edit('iamstack.yaml', 'run: "node', 'run: "node --no-such-option')
    const failed = await box.run(['dev', ...on, '--detach'])
    expect(failed.code, failed.stderr).toBe(4)
    const pid = pidIn(failed.stderr)
    box.edit('iamstack.yaml', ' --no-such-option', '')
    await vi.waitFor(
      async () => expect((await statusOf(box, on)).get('service/web')?.health).toBe('ready'),
      patient,
    )
    // Whoever comes now hears how the first up ended.
    expect((await box.run(['dev', ...on, '--detach'])).code).toBe(4)
    process.kill(pid, 'SIGTERM')
    await gone(pid)
    await takenDown(box)
  })

  test('iamstack tui starts a dev that outlives it; keys act there; Q ends it', async () => {
    const box = sandbox()
    writeServer(box)
    const first = await inTerminal(box, ['tui', ...on])
    await first.until(sees(first, '● web', '1/1'))
    const url = await urlOf(box, on)
    const { life } = await ask(url)
    first.type('r')
    await first.until(sees(first, 'restarted web'))
    expect((await ask(url)).life).not.toBe(life)
    first.type('q')
    expect(await first.ended).toBe(0)
    const pid = pidIn(first.output().split('?1049l')[1] ?? '')
    expect(isAlive(pid)).toBe(true)

    // A dev in a terminal attaches as well; what happened is in its events; --on-exit is for dev itself.
    const second = await inTerminal(box, ['dev', ...on, '--on-exit', 'keep'])
    await second.until(sees(second, '● web', 'restart: asked for'))
    expect(second.output()).toContain(`attached to dev (process ${pid}`)
    const third = await inTerminal(box, ['tui', ...on])
    await third.until(sees(third, '● web'))
    third.type('Q')
    await third.until(sees(third, 'end dev: k keep'))
    third.type('d')
    expect(await Promise.all([second.ended, third.ended])).toEqual([0, 0])
    expect(second.output()).toContain(`dev (process ${pid}) ended with exit code 0`)
    for (const { screen } of [first, second, third]) expect(screen.modes.get('?1049')).toBe(false)
    await vi.waitFor(() => expect(box.traces().processes).toEqual([]), patient)
    await takenDown(box)
  })

  test('a dev in its own terminal is looked at by others, who leave it there', async () => {
    const box = sandbox()
    writeServer(box)
    const own = await inTerminal(box, ['dev', ...on])
    await own.until(sees(own, '● web'))
    const other = await inTerminal(box, ['tui'])
    await other.until(sees(other, '● web'))
    other.type('\u0003')
    expect(await other.ended).toBe(0)
    expect(other.output()).toContain('detached; dev goes on')
    expect(sees(own, '● web')()).toBe(true)
    const stopper = await inTerminal(box, ['tui', '--on-exit', 'stop'])
    await stopper.until(sees(stopper, '● web'))
    stopper.type('q')
    expect(await Promise.all([own.ended, stopper.ended])).toEqual([0, 0])
    expect(own.screen.modes.get('?1049')).toBe(false)
    await takenDown(box)
  })

  test('Ctrl-Z and fg of an attached screen', async () => {
    const box = sandbox()
    writeServer(box)
    const pid = await detached(box)
    const terminal = await inTerminal(box, [], 'bash --norc --noprofile -i')
    await terminal.until(() => /[#$] $/.test(terminal.output()))
    terminal.type(`'${process.execPath}' '${entry}' tui\r`)
    await terminal.until(sees(terminal, '● web'))
    terminal.type('\u001A')
    await terminal.until(() => terminal.output().includes('Stopped'))
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    const url = await urlOf(box, on)
    await vi.waitFor(async () => expect((await ask(url)).greeting).toBe('two'), patient)
    terminal.type('fg\r')
    await terminal.until(sees(terminal, '● web', 'env changed'))
    terminal.type('q')
    await terminal.until(() => terminal.output().includes('detached; dev goes on'))
    terminal.type('exit\r')
    await terminal.ended
    process.kill(pid, 'SIGTERM')
    await gone(pid)
    await takenDown(box)
  })

  test('status --watch tells what changes: from dev, and without it', async () => {
    const box = sandbox()
    writeServer(box)
    await box.succeed(['up', ...on])
    const watch = box.start(['status', ...on, '--watch', '-o', 'json'])
    const lines = box.start(['status', ...on, '--watch'])
    const picture = await inTerminal(box, ['status', ...on, '--watch'])
    await vi.waitFor(() => expect(linesOf(watch).length).toBeGreaterThan(0), patient)
    await vi.waitFor(() => expect(lines.output()).toMatch(/● web +1\/1/), patient)
    await picture.until(sees(picture, '●  web', 'looked at'))
    const pid = await detached(box)
    await picture.until(sees(picture, `from dev (process ${pid})`))
    await box.succeed(['status', ...on])
    kill(pid)
    await gone(pid)
    await picture.until(sees(picture, 'looked at'))
    await box.succeed(['down', ...on])
    await picture.until(sees(picture, '○  web'))
    const isLast = (): void =>
      expect(linesOf(watch).at(-1)?.resources).toMatchObject([{ resource: 'service/web', health: 'absent' }])
    await vi.waitFor(isLast, patient)
    await vi.waitFor(() => expect(lines.output()).toMatch(/○ web +0\/1/), patient)
    watch.kill('SIGINT')
    lines.kill('SIGINT')
    picture.type('\u0003')
    expect([(await watch.ended).code, (await lines.ended).code, await picture.ended]).toEqual([0, 0, 0])
    await takenDown(box)
  })

  const orders = [
    ['dev', 'tui', 'watch'],
    ['tui', 'watch', 'dev'],
    ['watch', 'dev', 'tui'],
  ] as const
  test.each(orders)(
    'kill -9 of %s, then %s, then %s: nothing is left, and the next one works',
    async (...order) => {
      const box = sandbox()
      writeServer(box)
      // One that was started from a terminal, which is killed as well.
      const screen = await inTerminal(box, ['tui', ...on])
      await screen.until(sees(screen, '● web'))
      const pid = pidIn(screen.output())
      const watch = box.start(['status', ...on, '--watch'])
      await vi.waitFor(() => expect(watch.output()).toMatch(/● web/), patient)
      const victims = {
        dev: async () => {
          kill(pid)
          await gone(pid)
        },
        tui: async () => {
          await screen.kill('SIGKILL')
          await screen.ended
        },
        watch: async () => {
          watch.kill('SIGKILL')
          await watch.ended
        },
      }
      for (const [index, name] of order.entries()) {
        // A screen whose dev was killed goes by itself, with exit code 7.
        if (name === 'tui' && order.indexOf('dev') < index) expect(await screen.ended).toBe(7)
        else await victims[name]()
      }
      if (order[0] === 'dev') expect(screen.screen.modes.get('?1049')).toBe(false)
      // The program of the service and its session are what is left, as after any dev.
      const next = await detached(box)
      expect(next).not.toBe(pid)
      expect((await statusOf(box, on)).get('service/web')?.health).toBe('ready')
      process.kill(next, 'SIGTERM')
      await gone(next)
      expect(existsSync(socketOf(box))).toBe(false)
      await takenDown(box)
    },
  )

  test('of two that start one at the same time, both get the same', async () => {
    const box = sandbox()
    writeServer(box)
    const both = await Promise.all([box.run(['dev', ...on, '-d']), box.run(['dev', ...on, '-d'])])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const [one, other] = both.map(({ stderr }) => pidIn(stderr))
    expect(one).toBe(other)
    process.kill(one ?? 0, 'SIGTERM')
    await gone(one ?? 0)
    await takenDown(box)
  })

  test('what cannot be is refused with its cure', async () => {
    const box = sandbox()
    writeServer(box)
    const alone = await box.run(['tui', ...on])
    expect([alone.code, alone.stderr]).toMatchInlineSnapshot(`
      [
        7,
        "error there is no terminal here that a screen fits on
        → iamstack dev --detach starts a dev without one; iamstack dev --progress plain tells what happens
      ",
      ]
    `)
    const pid = await detached(box)
    const beside = await box.run(['tui', ...on])
    expect([beside.code, beside.stderr]).toMatchInlineSnapshot(`
      [
        7,
        "error there is no terminal here that a screen fits on
        → iamstack dev --progress plain tells what happens line by line, iamstack status --watch how it is
      ",
      ]
    `)
    const elsewhere = await box.run(['dev', '--profile', 'compose', '--detach'])
    expect([elsewhere.code, elsewhere.stderr.replaceAll(String(pid), 'PID').split('\n').slice(-3)])
      .toMatchInlineSnapshot(`
      [
        7,
        [
          "error dev (process PID) of this instance runs on process, not on compose",
          "  → leave --profile out to attach to it, or have an instance of its own with --instance",
          "",
        ],
      ]
    `)
    const locked = await box.run(['up', ...on])
    expect([locked.code, locked.stderr]).toEqual([
      8,
      expect.stringContaining('end that dev (Ctrl-C in its terminal, Q in'),
    ])
    process.kill(pid, 'SIGTERM')
    await gone(pid)
    await takenDown(box)
  })
})
