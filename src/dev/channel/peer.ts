import { ChannelError, type InnerProcess } from './channel.ts'

/** How much of what the other end said beside the protocol is kept for the words of its failure. */
const longestComplaint = 2000
/** Milliseconds for the last words of one that takes nothing more. */
const longestFarewell = 500

/** The other end of a channel: what is sent to it, and its answers in their order. */
export interface Peer<Answer> {
  /** Comes back when there is room for more. Throws ChannelError when the other end is gone. */
  send(...parts: readonly Uint8Array[]): Promise<void>
  /** The next answer that nobody else waits for. Throws ChannelError when it will not come. */
  answer(): Promise<Answer>
  /** Ends the channel from this side; the words are for those who still wait. */
  lose(why: string): void
  readonly closed: Promise<string>
}

/** Takes answers out of what arrives. Throws ChannelError for what is none. */
export type Reader<Answer> = (data: Buffer) => readonly Answer[]

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: ChannelError) => void
}

/** `rest` gives what came on its output and was no answer. */
export function createPeer<Answer>(
  process: InnerProcess,
  read: Reader<Answer>,
  rest: () => string = () => '',
): Peer<Answer> {
  const answers: Answer[] = []
  const waiting: Waiting<Answer>[] = []
  let lost: ChannelError | undefined
  let tellClosed: (why: string) => void = () => undefined
  const closed = new Promise<string>((resolve) => (tellClosed = resolve))

  function lose(why: string): void {
    if (lost) return
    lost = new ChannelError(why)
    process.close()
    for (const { reject } of waiting.splice(0)) reject(lost)
    tellClosed(why)
  }

  async function listen(): Promise<void> {
    let complaint = ''
    try {
      for await (const { stream, data } of process.output) {
        if (stream === 'stderr') complaint = (complaint + data.toString()).slice(-longestComplaint)
        else take(read(data))
      }
      const said = [rest(), complaint.trim()].filter((text) => text !== '').join(' ')
      lose(
        said === '' ? 'the other end has ended' : `the other end has ended: ${said.slice(-longestComplaint)}`,
      )
    } catch (error) {
      lose(messageOf(error))
    }
  }

  function take(arrived: readonly Answer[]): void {
    for (const answer of arrived) {
      const next = waiting.shift()
      if (next) next.resolve(answer)
      else answers.push(answer)
    }
  }

  async function send(...parts: readonly Uint8Array[]): Promise<void> {
    if (lost) throw lost
    const [only] = parts
    const hasRoom = process.input.write(parts.length === 1 && only ? only : Buffer.concat(parts))
    if (!hasRoom) await Promise.race([drained(process.input), closed])
    // It may have been lost meanwhile, which the compiler cannot know.
    if (isLost()) throw new ChannelError(await closed)
  }

  const isLost = (): boolean => lost !== undefined

  process.input.on('error', (error: Error) => {
    // A reader that has ended has more to say about why than the pipe to it.
    const losing = setTimeout(
      () => lose(`the other end takes nothing more: ${error.message}`),
      longestFarewell,
    )
    void closed.then(() => clearTimeout(losing))
  })
  void listen()
  return {
    send,
    answer: () => {
      const ready = answers.shift()
      if (ready !== undefined) return Promise.resolve(ready)
      if (lost) return Promise.reject(lost)
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    lose,
    closed,
  }
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
