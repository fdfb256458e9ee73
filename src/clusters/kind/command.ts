import { Writable } from 'node:stream'
import { StepError, type StepErrorKind } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { runAttached, SpawnError } from '../../platform/process-spawn.ts'

export interface KindCommand {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The engine that we use ourselves: kind must use no other. */
  readonly engine: Engine
  /** Where kind writes its kubeconfig; never the user's. */
  readonly kubeconfig: string
  readonly signal: AbortSignal
  /** A line of its progress, without its ornaments: `Preparing nodes`. */
  readonly onLine: (text: string) => void
  /** What failed, for the message: `the cluster todo could not be made`. */
  readonly failure: string
}

const keptLines = 12

/** Runs the program kind to its end. StepError: it is missing, or failed, with its last lines as evidence. */
export async function runKind(command: KindCommand): Promise<void> {
  const { words, signal, failure } = command
  const lines: string[] = []
  const output = lineWriter((line) => {
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
    const shown = progressOf(line)
    if (shown !== undefined) command.onLine(shown)
  })
  let exitCode: number
  try {
    exitCode = await runAttached(
      {
        command: ['kind', ...words, '--kubeconfig', command.kubeconfig],
        cwd: process.cwd(),
        environment: environmentOf(command),
        stdin: undefined,
        stdout: output,
        stderr: output,
      },
      signal,
    )
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error
    throw new StepError('precondition', `${failure}: the program kind is not there, or not on PATH`, {
      hint: 'install it (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), or use --profile docker-desktop or compose',
      cause: error,
    })
  }
  signal.throwIfAborted()
  if (exitCode !== 0) throw failed(failure, lines)
}

function failed(failure: string, lines: readonly string[]): StepError {
  const words = lines.join('\n')
  const { kind, hint } = explain(words)
  return new StepError(kind, failure, { evidence: lines, hint })
}

/** kind has no codes for its failures; these are the frequent ones. */
function explain(words: string): { readonly kind: StepErrorKind; readonly hint: string } {
  if (/port is already allocated|address already in use|ports are not available/i.test(words))
    return {
      kind: 'precondition',
      hint: 'another program has one of the ports of this profile: free it, or choose another one',
    }
  if (/executable file not found|failed to get docker|docker: not found/i.test(words))
    return { kind: 'precondition', hint: 'kind needs the command docker on PATH: install the Docker CLI' }
  if (/failed to pull image|manifest unknown|not found: manifest/i.test(words))
    return {
      kind: 'precondition',
      hint: 'the node image could not be pulled: see kind: { image } or { version } in the profile',
    }
  if (/no space left on device/i.test(words))
    return { kind: 'precondition', hint: 'the disk of the engine is full: docker system df shows by what' }
  if (/too many open files|inotify/i.test(words))
    return {
      kind: 'precondition',
      hint: 'too few inotify instances: sudo sysctl fs.inotify.max_user_instances=512',
    }
  return {
    kind: 'deploy',
    hint: 'these are the words of kind; its page of known issues: https://kind.sigs.k8s.io/docs/user/known-issues',
  }
}

/** The engine that we found may be one that the docker CLI behind kind would not: then it is told. */
function environmentOf({ env, engine, kubeconfig }: KindCommand): Record<string, string> {
  const isChosen = ['DOCKER_HOST', 'DOCKER_CONTEXT'].some((name) => (env[name] ?? '') !== '')
  const { endpoint } = engine
  const all: Record<string, string | undefined> = {
    ...env,
    // Of all calls only this file may be written, whatever the flags of a later kind mean.
    KUBECONFIG: kubeconfig,
    KIND_EXPERIMENTAL_PROVIDER: 'docker',
    ...(!isChosen && endpoint.kind === 'socket' && { DOCKER_HOST: `unix://${endpoint.path}` }),
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** ` • Preparing nodes 📦   ...` and ` ✓ Preparing nodes 📦` are both `Preparing nodes`; other lines are not progress. */
export function progressOf(line: string): string | undefined {
  const text = /^\s*•\s+(.*)$/u.exec(line)?.[1]
  return text
    ?.replace(/\s*\.\.\.\s*$/, '')
    .replace(/[\p{Extended_Pictographic}\u{fe0f}\u{200d}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function lineWriter(onLine: (line: string) => void): Writable {
  let rest = ''
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') onLine(line.trimEnd())
      done()
    },
  })
}
