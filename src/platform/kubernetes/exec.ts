import { Writable } from 'node:stream'
import { StepError } from '../../plan/step-error.ts'
import { openChannels, type ChannelEvents, type Channels } from './channels.ts'
import type { ExecOptions, Execution } from './client.ts'
import { fieldsOf, listOf, textOf } from './entries.ts'
import { statusError } from './errors.ts'
import { kinds } from './kinds.ts'
import { outputsOf, type Output } from './outputs.ts'
import { objectPath } from './paths.ts'
import type { Transport } from './transport.ts'

/** Channels of `remotecommand` (k8s.io/apimachinery/pkg/util/remotecommand). */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const
/** Version 5 (Kubernetes 1.30) is the first in which one side can end a stream. */
const closable = 'v5.channel.k8s.io'
const protocols = [closable, 'v4.channel.k8s.io']

/**
 * Runs a command in a running container. Reading slowly holds the command back; an output that nobody reads never does: its first
 * 1 MiB is kept and the rest dropped. Ending `stdin` ends the command's input from Kubernetes 1.30 on; older servers cannot be
 * told, and a command that waits for that waits on. The signal, and `kill`, let go of the command: what it does then, without a
 * terminal or somebody to write to, is its own affair.
 */
export async function openExecution(
  transport: Transport,
  namespace: string,
  pod: string,
  options: ExecOptions,
  signal: AbortSignal,
): Promise<Execution> {
  const session = await openChannels(
    transport,
    {
      path: objectPath(kinds.Pod, namespace, pod, 'exec'),
      query: {
        container: options.container,
        command: options.command,
        stdin: options.stdin,
        stdout: true,
        stderr: !options.tty,
        tty: options.tty,
      },
      protocols,
    },
    (channels) => sessionOver(channels, options, (error) => transport.failureOf(error, signal)),
    signal,
  )
  const { execution } = session
  const abort = () => {
    session.letGo(signal.reason)
  }
  const settled = () => {
    signal.removeEventListener('abort', abort)
  }
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  execution.exitCode.then(settled, settled)
  return execution
}

interface Session extends ChannelEvents {
  readonly execution: Execution
  letGo(reason: unknown): void
}

function sessionOver(
  channels: Channels,
  options: ExecOptions,
  explained: (error: unknown) => unknown,
): Session {
  const outputs = outputsOf(channels)
  const stdout = outputs.open()
  const stderr = options.tty ? undefined : outputs.open()
  const stdin = options.stdin ? inputOf(channels) : undefined
  let settle: (outcome: number | Error) => void = () => undefined
  const exitCode = new Promise<number>((resolve, reject) => {
    settle = (outcome) => {
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    }
  })
  // Nobody may ask for it; whoever does gets the error all the same.
  exitCode.catch(() => undefined)
  let isOver = false

  function finish(outcome: number | Error): void {
    if (isOver) return
    isOver = true
    settle(outcome)
    // What has come is there to be read, whatever the end was; the exit code tells which.
    stdout.end()
    stderr?.end()
    stdin?.destroy()
  }

  function letGo(reason: unknown): void {
    finish(reason instanceof Error ? reason : new Error(String(reason)))
    channels.terminate()
  }

  const receivers: Readonly<Record<number, Output | undefined>> = {
    [channel.stdout]: stdout,
    [channel.stderr]: stderr,
  }
  return {
    letGo,
    onMessage: (number, data) => {
      if (number !== channel.status) {
        receivers[number]?.receive(data)
        return
      }
      finish(outcomeOf(data))
      channels.close()
    },
    onClose: (error) => {
      const broken = explained(error ?? endedEarly())
      finish(broken instanceof Error ? broken : new Error(String(broken)))
    },
    execution: {
      stdin,
      stdout: stdout.stream,
      stderr: stderr?.stream,
      exitCode,
      resize: (columns, rows) => {
        const size = Buffer.from(JSON.stringify({ Width: columns, Height: rows }))
        // A size for a command that has just ended is of no use to anyone.
        channels.send(channel.resize, size, () => undefined)
      },
      kill: () => {
        letGo(new StepError('interrupted', 'the command was let go of before its end'))
      },
    },
  }
}

function inputOf(channels: Channels): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // What cannot be sent any more is lost with the command, and its exit code tells.
      channels.send(channel.stdin, chunk, () => {
        done()
      })
    },
    final: (done) => {
      if (channels.protocol === closable) channels.send(channel.close, Buffer.of(channel.stdin), () => done())
      else done()
    },
  })
}

/** The exit code, or why the command did not come to have one. */
function outcomeOf(data: Buffer): number | Error {
  let answer: unknown
  try {
    answer = JSON.parse(data.toString())
  } catch {
    // Older runtimes say it in plain words.
    return new StepError('deploy', `the command was not run: ${data.toString().trim()}`)
  }
  const { status, reason, details } = fieldsOf(answer)
  if (status === 'Success') return 0
  if (reason === 'NonZeroExitCode') {
    const causes = listOf(fieldsOf(details)['causes']).map(fieldsOf)
    const code = Number(textOf(causes.find((cause) => cause['reason'] === 'ExitCode')?.['message']))
    if (Number.isInteger(code)) return code
  }
  return statusError(answer, 500)
}

function endedEarly(): Error {
  return new StepError('deploy', 'the connection ended before the command did', { isTerminal: false })
}
