import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChannelError, type FailedChange, type FileChange, type InnerProcess } from './channel.ts'
import { signalName, type InsideChannel } from './inside.ts'
import { createPeer } from './peer.ts'
import { failedChange, faultOf, RefusedError } from './refusal.ts'
import { shellAnswerReader, type ShellAnswer } from './shell-answers.ts'
import { sendChange, type Conversation } from './shell-changes.ts'
import { shellProgram } from './shell-program.ts'
import { createTurns, unlessAborted } from './turns.ts'

/** What is to be run inside, with its input open, where there is a shell. */
export function shellCommand(): readonly string[] {
  return ['sh', '-c', shellProgram, 'iamstack-channel']
}

/** Speaks to a shell that was just started. Throws ChannelError when it does not answer, or lacks a program that it needs. */
export async function openShellChannel(process: InnerProcess, signal: AbortSignal): Promise<InsideChannel> {
  const token = randomBytes(8).toString('hex')
  const reader = shellAnswerReader(token)
  const peer = createPeer(process, reader.read, reader.rest)
  let sequence = 0
  try {
    return await unlessAborted(signal, greeted())
  } catch (error) {
    peer.lose('it was never opened')
    throw error
  }

  async function greeted(): Promise<InsideChannel> {
    await peer.send(Buffer.from(`${token}\n`))
    const { words } = await peer.answer()
    const [bytes, run, ...missing] = words.filter((word) => word !== '')
    if (missing.length > 0)
      throw new ChannelError(`there is a shell, but no ${missing.join(', no ')} beside it`)
    return channelOf(
      {
        ask,
        more: (...parts) => peer.send(...parts),
        token,
        hasExactBytes: bytes === 'exact',
        folders: new Set(),
      },
      run === 'run',
    )
  }

  async function ask(operation: string, ...rest: (string | Uint8Array)[]): Promise<ShellAnswer> {
    sequence += 1
    const [words, ...content] = rest
    const header = `${operation} ${sequence} ${typeof words === 'string' ? words : ''}\n`
    await peer.send(
      Buffer.from(header),
      ...content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
    )
    const answer = await peer.answer()
    if (answer.sequence !== sequence) peer.lose('the shell inside answered something else than it was asked')
    return answer
  }

  function channelOf(conversation: Conversation, canRestart: boolean): InsideChannel {
    const turn = createTurns()
    return {
      by: 'shell',
      closed: peer.closed,
      close: () => peer.lose('it was closed'),
      apply: (changes, until) => turn(until, () => applyAll(conversation, changes, until)),
      signalInside: (name, until) =>
        turn(until, async () => {
          const known = signalName(name)
          if (known === undefined) throw new RefusedError(`${name} is no name of a signal`)
          accepted(await ask('signal', known))
        }),
      ...(canRestart && { restart: (until: AbortSignal) => turn(until, () => restart(conversation, until)) }),
    }
  }
}

async function applyAll(
  conversation: Conversation,
  changes: readonly FileChange[],
  signal: AbortSignal,
): Promise<FailedChange[]> {
  const failures: FailedChange[] = []
  for (const change of changes) {
    signal.throwIfAborted()
    const failure = faultOf(change) ?? (await changed(conversation, change, signal))
    if (failure) failures.push(failure)
  }
  signal.throwIfAborted()
  return failures
}

async function changed(
  conversation: Conversation,
  change: FileChange,
  signal: AbortSignal,
): Promise<FailedChange | undefined> {
  const outcome = await sendChange(conversation, change, signal)
  if ('path' in outcome) return outcome
  return outcome.words[0] === '+' ? undefined : failedChange(change, outcome.text)
}

/** Between looks at whether the new process is there. */
const pollMilliseconds = 5

async function restart({ ask }: Conversation, signal: AbortSignal): Promise<void> {
  const [, run = '', before] = accepted(await ask('run', '[1-9]*')).words
  accepted(await ask('again', run))
  for (;;) {
    const [, , now] = accepted(await ask('run', run)).words
    if (now !== before && Number(now) > 0) return
    if (now !== before) throw new RefusedError('the process of the service could not be started again')
    await sleep(pollMilliseconds, undefined, { signal })
  }
}

function accepted(answer: ShellAnswer): ShellAnswer {
  if (answer.words[0] === '+') return answer
  throw new RefusedError(
    answer.text === '' ? 'nothing inside restarts the process of the service' : answer.text,
  )
}
