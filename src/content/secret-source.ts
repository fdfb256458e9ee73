import { randomInt } from 'node:crypto'
import { codeOf } from '../memory/atomic-file.ts'
import { StepError } from '../plan/step-error.ts'
import { CommandError } from '../platform/run.ts'
import type { SecretKey, SecretSource } from '../resolve/resolved.ts'
import { locationOf, type Span } from '../stack/diagnostics.ts'
import type { RunSecretCommand } from './secret-command.ts'
import { SecretValue } from './secret-value.ts'

/** The world as far as secrets come from it. */
export interface SecretSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined when there is no such file. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>
  readonly runCommand: RunSecretCommand
  /** Undefined where there is no terminal to ask on. */
  readonly prompt: ((message: string) => Promise<string>) | undefined
  /** Where commands run: the folder of the stack file. */
  readonly root: string
  /** Hides what is known already in what a failing command says. */
  readonly redact: (text: string) => string
}

export interface DeclaredSecret extends SecretKey {
  readonly source: SecretSource
  readonly from: Span
}

/**
 * What can be had at any time, without asking, running or making anything; undefined where there is nothing. StepError for a file
 * that is there and cannot be read.
 */
export async function readSource(
  declared: DeclaredSecret,
  { env, readFile }: Pick<SecretSurroundings, 'env' | 'readFile'>,
): Promise<SecretValue | undefined> {
  const { source } = declared
  if (source.kind === 'env') {
    const value = env[source.variable]
    return value === undefined || value === '' ? undefined : SecretValue.ofText(value)
  }
  if (source.kind === 'file') {
    const read = await readFile(source.path).catch(unreadable(declared, source.path))
    const bytes = withoutLastBreak(read ?? new Uint8Array())
    return bytes.length > 0 ? new SecretValue(bytes) : undefined
  }
  return undefined
}

/** Reads, runs, asks or makes it. StepError with the cure where there is no value. */
export async function obtainSource(
  declared: DeclaredSecret,
  around: SecretSurroundings,
): Promise<SecretValue> {
  const { source } = declared
  switch (source.kind) {
    case 'env':
    case 'file': {
      const value = await readSource(declared, around)
      if (value) return value
      throw source.kind === 'env'
        ? missing(
            declared,
            `the environment variable ${source.variable} is ${around.env[source.variable] === undefined ? 'not set' : 'empty'}`,
            `set ${source.variable}`,
          )
        : missing(declared, `${source.path} is not there, or empty`, 'write the value into that file')
    }
    case 'command':
      return fromCommand(declared, source.command, around)
    case 'generate':
      return SecretValue.ofText(randomText(source.length))
    case 'prompt': {
      if (!around.prompt)
        throw missing(declared, 'it is asked for, and there is no terminal', 'run this once in a terminal')
      const answer = await around.prompt(source.message)
      if (answer === '') throw missing(declared, 'the answer was empty', 'run this again')
      return SecretValue.ofText(answer)
    }
    case 'store':
      throw missing(
        declared,
        `${source.reference} lies in a cloud store, which needs the eks target`,
        undefined,
      )
    default:
      return source satisfies never
  }
}

function unreadable(declared: DeclaredSecret, path: string): (error: unknown) => never {
  return (error) => {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw missing(declared, `${path} cannot be read: ${code}`, 'make it a file that you may read')
  }
}

/** One line break at the end is how editors end a file, and no part of the value. */
function withoutLastBreak(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== lineFeed) return bytes
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1)
}

const lineFeed = 10
const carriageReturn = 13

/** Its output is never shown: a command that failed may have printed the value first. */
async function fromCommand(
  declared: DeclaredSecret,
  command: string | readonly string[],
  { runCommand, root, redact }: SecretSurroundings,
): Promise<SecretValue> {
  const result = await runCommand(command, root).catch((error: unknown) => {
    if (error instanceof CommandError) throw missing(declared, error.message, 'mend the command')
    throw error
  })
  const { exitCode, stdout, stderr } = result
  if (exitCode === 0 && stdout !== '') return SecretValue.ofText(stdout)
  const why = exitCode === 0 ? 'its command printed nothing' : `its command ended with exit code ${exitCode}`
  throw missing(declared, why, 'run the command by hand to see why', redact(stderr).trim())
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function missing(
  { secret, key, source, from }: DeclaredSecret,
  why: string,
  cure: string | undefined,
  evidence = '',
): StepError {
  const example = source.kind === 'env' ? '' : ', such as { env: NAME }'
  const other = `give ${secret}.${key} another source in this profile${example}`
  return new StepError('precondition', `secret ${secret}.${key} has no value: ${why}`, {
    span: from,
    hint: cure === undefined ? other : `${cure}, or ${other}`,
    ...(evidence !== '' && { evidence: evidence.split('\n') }),
  })
}

/** One error for all of them, so that nobody mends one after the other. */
export function allMissing(errors: readonly StepError[]): StepError {
  const [first, ...others] = errors
  if (first && others.length === 0) return first
  const evidence = errors.map(({ span, message, hint }) =>
    [span ? `${locationOf(span)} ` : '', message, hint === undefined ? '' : ` (${hint})`].join(''),
  )
  return new StepError('precondition', `${errors.length} secrets have no value`, {
    ...(first?.span && { span: first.span }),
    evidence,
  })
}
