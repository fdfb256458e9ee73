import { spawn } from 'node:child_process'
import type { Intent } from '../state/screen.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'
import { stackFlags } from './flags.ts'
import { sameWords } from './same-words.ts'

/** What is done where the person sits, whoever runs `dev`. */
export type LocalIntent = Extract<Intent, { readonly kind: 'open' | 'run' }>

/** The result is a word for the person, or nothing. */
export function actHere(
  intent: LocalIntent,
  given: Arguments,
  around: Surroundings,
): Promise<string | undefined> {
  switch (intent.kind) {
    case 'open':
      return openInBrowser(intent.url, around.platform)
    case 'run':
      return runAside(intent.words, intent.isInteractive, given, around)
    default:
      return intent satisfies never
  }
}

/** Another run of this program with the terminal to itself. What it wrote stays until a key, unless it was a dialogue. */
async function runAside(
  words: readonly string[],
  isInteractive: boolean,
  given: Arguments,
  around: Surroundings,
): Promise<string | undefined> {
  const [verb = '', ...rest] = words
  const program = process.argv[1]
  if (program === undefined) throw new Error('it is not known how this program was started')
  const same = sameWords(stackFlags, given, around.env)
  const child = spawn(process.execPath, [...process.execArgv, program, verb, ...same, ...rest], {
    cwd: around.cwd,
    stdio: 'inherit',
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (!isInteractive) await enterPressed(around)
  return code === 0 ? undefined : `${verb} ended with exit code ${String(code)}`
}

function enterPressed({ stdin, stdout }: Surroundings): Promise<void> {
  stdout.write('\nenter goes back ')
  return new Promise((resolve) => {
    stdin.once('data', () => {
      stdin.pause()
      resolve()
    })
    stdin.resume()
  })
}

function openInBrowser(url: string, platform: NodeJS.Platform): Promise<string> {
  const program = platform === 'darwin' ? 'open' : 'xdg-open'
  return new Promise((resolve) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(`${url} (there is no ${program} to open it)`))
    child.once('spawn', () => {
      child.unref()
      resolve(`opened ${url}`)
    })
  })
}
