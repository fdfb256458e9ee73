import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openTerminal, type PseudoTerminal } from './pseudo-terminal.ts'

const program = `'${process.execPath}' --import tsx '${join(import.meta.dirname, 'programs', 'picture-screen.ts')}'`

let terminal: PseudoTerminal
afterEach(() => terminal.dispose())

async function open(command = program): Promise<PseudoTerminal> {
  terminal = await openTerminal(command)
  return terminal
}

const sees = (text: string) => (): boolean => terminal.screen.text.includes(text)
/** The picture is of one noon, and gets older with the day. */
const ageless = (text: string): string =>
  text.replaceAll(/ +\d+[smhd](?= )/g, (age) => ' age'.padStart(age.length))
/** Alternate screen left, cursor shown, lines wrapped again. */
const modes = (): unknown => ['?1049', '?25', '?7'].map((mode) => terminal.screen.modes.get(mode))
const ours = [true, false, false]
const restored = [false, true, true]

// S137: the screen in a real terminal. `script` of other systems takes other options.
describe.skipIf(process.platform !== 'linux')('in a terminal', { timeout: 120_000 }, () => {
  test('it opens, answers keys, follows the size, and leaves everything as it was', async () => {
    await open()
    // The last row: then all of the frame has come.
    await terminal.until(sees('q quit'))
    expect(modes()).toEqual(ours)
    expect(ageless(terminal.screen.text.split('\n').slice(1, 9).join('\n'))).toMatchInlineSnapshot(`
      "┌ 1 Services ────────────────────────────────────────────────┐┌ 4 Logs  mariadb  following ────────────────────────────┐
      │ ● mariadb       10.11       1/1  age                       ││ 12:40:07 ready for connections                         │
      │ ● redis         7           1/1  age                       ││                                                        │
      │ ● iam-authz     3f9c00c     2/2  age                       ││                                                        │
      │ ✔ migrate       job 0.8 s        age  completed            ││                                                        │
      │ ◐ iam-apiserver a07d00c     1/2  age  replace: src/users.t…││                                                        │
      │   └ pod b21e: readiness /healthz 503, 2 times              ││                                                        │
      │ ✘ iam-pump                       age  exited 1, 3 times    ││                                                        │"
    `)
    terminal.type('jj\r')
    await terminal.until(sees(' describe '))
    terminal.type('\u001B')
    await terminal.until(sees('4 Logs'))
    terminal.type('/pump\r')
    await terminal.until(() => !sees('mariadb  ')())
    await terminal.resize(60, 15)
    await terminal.until(sees('iam-pump'))
    await terminal.until(() => terminal.screen.text.split('\n').every((line) => line.length <= 60))
    await terminal.resize(40, 10)
    await terminal.until(() => terminal.screen.text.split('\n').length <= 10)
    await terminal.resize(120, 32)
    await terminal.until(sees('4 Logs'))
    terminal.type('q')
    await terminal.until(sees('leave: k keep'))
    terminal.type('k')
    expect(await terminal.ended).toBe(0)
    expect(modes()).toEqual(restored)
    expect(terminal.output()).toMatch(/left, and keep\r\n$/)
    expect(terminal.screen.unknown).toEqual([])
  })

  test('what goes wrong is a word at the bottom, and what others write comes afterwards', async () => {
    await open()
    await terminal.until(sees('1 Services'))
    terminal.type('jr')
    await terminal.until(sees('restarting is not possible'))
    await terminal.until(sees('a new line'))
    expect(terminal.output()).not.toContain('somebody else writes')
    terminal.type('qd')
    await terminal.ended
    expect(terminal.output()).toMatch(/\?1049l.*somebody else writes\r\n/s)
  })

  test('a shell has the terminal for itself, and the screen comes back', async () => {
    await open()
    await terminal.until(sees('1 Services'))
    terminal.type('s')
    await terminal.until(() => terminal.output().includes('in the shell'))
    expect(modes()).toEqual(restored)
    // Lines are edited by the terminal again, and keys are the shell's.
    expect(terminal.output()).toMatch(/(^|[^-])icanon\r\nin the shell/)
    terminal.type('jjq\r')
    await terminal.until(() => terminal.output().includes('got jjq'))
    await terminal.until(sees('exec mariadb -- sh came back'))
    expect(modes()).toEqual(ours)
    terminal.type('qk')
    expect(await terminal.ended).toBe(0)
  })

  test.each(['SIGTERM', 'SIGHUP', 'Ctrl-C', 'a crash'] as const)(
    '%s: the terminal is as it was',
    async (what) => {
      await open()
      await terminal.until(sees('1 Services'))
      if (what === 'SIGTERM' || what === 'SIGHUP') await terminal.kill(what)
      else terminal.type(what === 'Ctrl-C' ? '\u0003' : 'b')
      await terminal.ended
      expect(modes()).toEqual(restored)
      // Nothing is drawn into the screen of before.
      expect(terminal.output().split('\u001B[?1049l')[1]).not.toContain('Services')
      if (what === 'a crash') expect(terminal.output()).toMatch(/\?1049l.*this program has crashed/s)
    },
  )

  test('Ctrl-Z stops it as anything else, fg brings it back', async () => {
    await open('bash --norc --noprofile -i')
    await terminal.until(() => /[#$] $/.test(terminal.output()))
    terminal.type(`${program}\r`)
    await terminal.until(sees('1 Services'))
    terminal.type('\u001A')
    await terminal.until(() => terminal.output().includes('Stopped'))
    expect(modes()).toEqual(restored)
    terminal.type('fg\r')
    await terminal.until(() => modes()?.toString() === ours.toString() && sees('1 Services')())
    terminal.type('4')
    await terminal.until(sees('f follow'))
    terminal.type('qs')
    await terminal.until(() => terminal.output().includes('left, and stop'))
    expect(modes()).toEqual(restored)
    terminal.type('exit\r')
    await terminal.ended
  })
})
