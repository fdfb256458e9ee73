import { ChannelError, type FailedChange, type FileChange, type InnerProcess } from './channel.ts'
import { piecesOf, UnreadableError } from './content.ts'
import { answerReader, frame, linkFrame, protocolVersion, writeFrame, type AgentAnswer } from './frames.ts'
import { signalName, type InsideChannel } from './inside.ts'
import { folderOf, pathBytes } from './path-bytes.ts'
import { createPeer, type Peer } from './peer.ts'
import { failedChange, faultOf, RefusedError } from './refusal.ts'
import { createTurns, unlessAborted } from './turns.ts'

/** What is to be run inside, with its input open, to speak to the agent at `path`. */
export function agentCommand(path: string): readonly string[] {
  return [path, 'serve']
}

/** Speaks to an agent that was just started. Throws ChannelError when it is none, or one of another version. */
export async function openAgentChannel(process: InnerProcess, signal: AbortSignal): Promise<InsideChannel> {
  const peer = createPeer(process, answerReader())
  try {
    return await unlessAborted(signal, greeted(peer))
  } catch (error) {
    peer.lose('it was never opened')
    throw error
  }
}

async function greeted(peer: Peer<AgentAnswer>): Promise<InsideChannel> {
  await peer.send(frame('hello'))
  const hello = await peer.answer()
  if (hello.kind !== 'hello' || hello.version !== String(protocolVersion))
    throw new ChannelError(
      `the agent inside speaks version ${hello.kind === 'hello' ? hello.version : '?'} of the protocol, not ${protocolVersion}`,
    )
  const turn = createTurns()
  const folders = new Set<string>()
  const ask = async (question: Buffer): Promise<void> => {
    await peer.send(question)
    const answer = await peer.answer()
    if (answer.kind === 'refused') throw new RefusedError(answer.message)
  }
  return {
    by: 'agent',
    closed: peer.closed,
    close: () => peer.lose('it was closed'),
    apply: (changes, signal) => turn(signal, () => applyAll(peer, folders, changes, signal)),
    signalInside: (name, signal) =>
      turn(signal, () => ask(frame('signal', Buffer.from(signalName(name) ?? name)))),
    ...(hello.abilities.includes('run') && {
      restart: (signal: AbortSignal) => turn(signal, () => ask(frame('restart'))),
    }),
  }
}

/** Sends without waiting for answers, so that a batch costs one way there and back, whatever its size. */
async function applyAll(
  peer: Peer<AgentAnswer>,
  folders: Set<string>,
  changes: readonly FileChange[],
  signal: AbortSignal,
): Promise<FailedChange[]> {
  const failures = new Map<number, FailedChange>()
  const settled: Promise<unknown>[] = []
  let lost: Error | undefined
  try {
    for (const [index, change] of changes.entries()) {
      if (signal.aborted) break
      const fault = faultOf(change)
      if (fault) {
        failures.set(index, fault)
        continue
      }
      const state = { isSettled: false }
      settled.push(
        peer.answer().then(
          (answer) => {
            state.isSettled = true
            if (answer.kind === 'refused') failures.set(index, failedChange(change, answer.message))
          },
          (error: unknown) => (lost = asError(error)),
        ),
      )
      const unreadable = await sendChange(peer, folders, change, () => state.isSettled || signal.aborted)
      if (unreadable) failures.set(index, unreadable)
    }
  } catch (error) {
    lost ??= asError(error)
    // Nobody is to wait for answers to what was not sent.
    peer.lose(asError(error).message)
  }
  await Promise.all(settled)
  if (lost) throw lost
  signal.throwIfAborted()
  return [...failures.entries()].sort(([a], [b]) => a - b).map(([, failure]) => failure)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** `isOver`: the rest of the content is of no use any more. */
async function sendChange(
  peer: Peer<AgentAnswer>,
  folders: Set<string>,
  change: FileChange,
  isOver: () => boolean,
): Promise<FailedChange | undefined> {
  const path = pathBytes(change.path)
  switch (change.op) {
    case 'write':
      return await sendContent(
        peer,
        change,
        writeFrame(path, change.mode, isFresh(folders, change.path)),
        isOver,
      )
    case 'link':
      await peer.send(linkFrame(path, pathBytes(change.target), isFresh(folders, change.path)))
      return undefined
    case 'folder':
      await peer.send(frame('folder', path))
      return undefined
    case 'remove':
      await peer.send(frame('remove', path))
      return undefined
    default:
      return change satisfies never
  }
}

async function sendContent(
  peer: Peer<AgentAnswer>,
  change: FileChange & { readonly op: 'write' },
  begin: Buffer,
  isOver: () => boolean,
): Promise<FailedChange | undefined> {
  let head: readonly Buffer[] = [begin]
  try {
    for await (const { data, isLast } of piecesOf(change.read)) {
      if (isOver()) break
      if (isLast) {
        await peer.send(...head, frame('chunk', data), frame('end'))
        return undefined
      }
      await peer.send(...head, frame('chunk', data))
      head = []
    }
    await peer.send(...head, frame('abandon'))
    return undefined
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    await peer.send(...head, frame('abandon'))
    return error.of(change)
  }
}

function isFresh(folders: Set<string>, path: string): boolean {
  const folder = folderOf(path)
  if (folders.has(folder)) return false
  folders.add(folder)
  return true
}
