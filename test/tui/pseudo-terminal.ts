import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Emulator } from './emulator.ts'

/** A program in a terminal of its own, made by `script` of util-linux, with what a person sees and does. */
export interface PseudoTerminal {
  readonly screen: Emulator
  /** Everything that was written. */
  output(): string
  type(keys: string): void
  resize(columns: number, rows: number): Promise<void>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Comes back when it is so; rejects when the program has ended, or after a while, with what is seen. */
  until(isSo: () => boolean): Promise<void>
  readonly ended: Promise<number | null>
  dispose(): Promise<void>
}

export async function openTerminal(command: string, columns = 120, rows = 32): Promise<PseudoTerminal> {
  const folder = await mkdtemp(join(tmpdir(), 'iamstack-tty-'))
  const notes = { tty: join(folder, 'tty'), pid: join(folder, 'pid') }
  const shell = `stty rows ${rows} cols ${columns}; tty > ${notes.tty}; echo $$ > ${notes.pid}; exec ${command}`
  const child: ChildProcess = spawn('script', ['-qfec', shell, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
  })
  const screen = new Emulator()
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    screen.feed(text)
  })
  let hasEnded = false
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      hasEnded = true
      resolve(code)
    }),
  )
  const noted = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim()
  return {
    screen,
    output: () => output,
    type: (keys) => void child.stdin?.write(keys),
    async resize(width, height) {
      await promisify(execFile)('stty', [
        '-F',
        await noted(notes.tty),
        'rows',
        String(height),
        'cols',
        String(width),
      ])
    },
    kill: async (signal) => void process.kill(Number(await noted(notes.pid)), signal),
    until: async (isSo) => {
      const limit = Date.now() + 60_000
      while (!isSo()) {
        if (hasEnded || Date.now() > limit)
          throw new Error(`this did not come; what is seen:\n${screen.text}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    ended,
    async dispose() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
