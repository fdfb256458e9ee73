import type { FailedChange, FileChange } from './channel.ts'
import { piecesOf, UnreadableError } from './content.ts'
import { folderOf, pathBytes } from './path-bytes.ts'
import type { ShellAnswer } from './shell-answers.ts'

/** What is known of the shell inside, and how to speak to it: one operation at a time, the next one after its answer. */
export interface Conversation {
  readonly ask: (operation: string, ...rest: (string | Uint8Array)[]) => Promise<ShellAnswer>
  /** Sends something that is not answered. */
  readonly more: (...parts: readonly Uint8Array[]) => Promise<void>
  readonly token: string
  /** Whether bytes are taken off its input exactly, so that a line may follow them. */
  readonly hasExactBytes: boolean
  /** Folders that were written to, which hold nothing of an earlier run any more. */
  readonly folders: Set<string>
}

/** Reading lines costs the shell a system call for each byte; above this, a program that takes bytes is cheaper (measured). */
const longestLines = 256
const mostLines = 16

const newline = Buffer.from('\n')
const closing = Buffer.from('.\n')
const nothing = Buffer.alloc(0)

/** Sends one change: the shell's answer, or what kept us from sending it. */
export async function sendChange(
  conversation: Conversation,
  change: FileChange,
  signal: AbortSignal,
): Promise<ShellAnswer | FailedChange> {
  const { ask } = conversation
  const path = pathBytes(change.path)
  switch (change.op) {
    case 'write':
      return await sendContent(conversation, change, signal)
    case 'link': {
      const target = pathBytes(change.target)
      const words = `${linesOf(path)} ${freshness(conversation, change.path)} ${linesOf(target)}`
      return await ask('link', words, path, newline, target, newline)
    }
    case 'folder':
    case 'remove':
      return await ask(change.op, String(linesOf(path)), path, newline)
    default:
      return change satisfies never
  }
}

async function sendContent(
  conversation: Conversation,
  change: FileChange & { readonly op: 'write' },
  signal: AbortSignal,
): Promise<ShellAnswer | FailedChange> {
  const { ask } = conversation
  let isBegun = false
  try {
    for await (const { data, isLast } of piecesOf(change.read)) {
      if (signal.aborted) break
      const answer = isBegun
        ? await sendMore(conversation, data, isLast)
        : await sendFirst(conversation, change, data, isLast)
      isBegun = true
      if (isLast || answer.words[0] !== '+') return answer
    }
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    if (isBegun) await ask('drop')
    return error.of(change)
  }
  // Only an abort ends the pieces before the last one.
  if (isBegun) await ask('drop')
  throw signal.reason
}

async function sendFirst(
  conversation: Conversation,
  { path, mode }: FileChange & { readonly op: 'write' },
  data: Buffer,
  isLast: boolean,
): Promise<ShellAnswer> {
  const name = pathBytes(path)
  const words = [linesOf(name), ...modeWords(mode), freshness(conversation, path)]
  if (isLast && data.length <= longestLines && !data.includes(0) && linesOf(data) <= mostLines)
    return await conversation.ask(
      'write',
      [...words, 'lines', linesOf(data), 1].join(' '),
      name,
      newline,
      data,
      newline,
    )
  const header = [...words, kindOf(conversation), data.length, Number(isLast)].join(' ')
  return await inStep(
    conversation,
    await conversation.ask('write', header, name, newline, data, tailOf(conversation)),
  )
}

async function sendMore(conversation: Conversation, data: Buffer, isLast: boolean): Promise<ShellAnswer> {
  const header = [kindOf(conversation), data.length, Number(isLast)].join(' ')
  return await inStep(conversation, await conversation.ask('more', header, data, tailOf(conversation)))
}

/** After a failure in the middle of the content, the shell reads on until it is told where operations begin again. */
async function inStep(conversation: Conversation, answer: ShellAnswer): Promise<ShellAnswer> {
  if (answer.words[0] === '!') await conversation.more(Buffer.from(`\n${conversation.token} again\n`))
  return answer
}

const kindOf = ({ hasExactBytes }: Conversation): string => (hasExactBytes ? 'exact' : 'bytes')

const tailOf = ({ hasExactBytes }: Conversation): Buffer => (hasExactBytes ? closing : nothing)

/**
 * The mask that makes a new file of that mode; and the mode itself where a mask cannot, because a shell's files are not made to
 * run, or because more of the content is still to be written to it.
 */
function modeWords(mode: number): [string, string] {
  const octal = (bits: number): string => `0${bits.toString(8)}`
  const isPlain = (mode & 0o7111) === 0 && (mode & 0o200) !== 0
  // Nobody else is to see the content before its mode is set.
  return isPlain ? [octal(0o666 & ~mode), '-'] : [octal(0o177), octal(mode & 0o7777)]
}

function linesOf(bytes: Buffer): number {
  let lines = 1
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1
  return lines
}

function freshness({ folders }: Conversation, path: string): 0 | 1 {
  const folder = folderOf(path)
  if (folders.has(folder)) return 0
  folders.add(folder)
  return 1
}
