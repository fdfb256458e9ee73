import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal, newAttempt, type Attempt, type Link } from './dial.ts'
import { beginsRequest, Exchange } from './exchange.ts'

export interface ConversationOptions {
  readonly client: Socket
  readonly dial: (attempt: Attempt, signal: AbortSignal) => Promise<Link | undefined>
  /** How long one request may wait for a pod that takes it, in milliseconds. */
  readonly patience: number
  /** How long a silent pod may still answer a client that has ended its side, in milliseconds. */
  readonly linger: number
  readonly onBytes: (direction: 'sent' | 'received', bytes: number) => void
  /** It waits for a pod, or no longer. */
  readonly onHeld: (isHeld: boolean) => void
  readonly onRefused: (refused: string) => void
}

/** Bytes of a request that are kept until they are answered; a longer one is not sent twice. */
const keptBytes = 64 * 1024
/**
 * A request that was cut off without an answer is sent again as often, each time after so many milliseconds: it may be what ends
 * the program, or all pods of a node are cut off for a moment.
 */
const pausesOfRepeats = [0, 100, 400, 1000]

/**
 * One client, and whichever pod serves it now. Bytes are passed as they are. As long as nothing was answered, a pod that refused
 * is replaced by another one; a connection of HTTP/1.1 at rest outlives its pod and goes on with the next request elsewhere.
 */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #client: Socket
  readonly #gone = new AbortController()
  readonly #exchange = new Exchange()
  #link: Link | undefined
  #isDialling = false
  /** The pod has said its last word, and the client was told. */
  #isOver = false
  #hasClientEnded = false
  /** What the client said since it was last answered. */
  #unanswered: Buffer[] = []
  #kept = 0
  #isAnswered = false
  #attempt: Attempt | undefined
  #repeats = 0
  #lingering: NodeJS.Timeout | undefined

  constructor(options: ConversationOptions) {
    const { client } = options
    this.#options = options
    this.#client = client
    client.on('data', (chunk: Buffer) => this.#hear(chunk))
    client.on('end', () => this.#hearEnd())
    // The close that follows says the same.
    client.on('error', () => client.destroy())
    client.once('close', () => {
      this.#gone.abort()
      clearTimeout(this.#lingering)
      this.#link?.stream.destroy()
    })
    // At once, not with the first byte: there are protocols in which the server speaks first.
    this.#redial()
  }

  #hear(chunk: Buffer): void {
    if (this.#isLeaving() && this.#exchange.isAtRest && beginsRequest(chunk)) this.#leave()
    if (this.#isAnswered) this.#beginRequest()
    this.#exchange.asked(chunk)
    this.#kept += chunk.length
    if (this.#kept <= keptBytes || !this.#link) this.#unanswered.push(chunk)
    else this.#unanswered = []
    if (this.#link) {
      this.#send(this.#link, chunk)
      return
    }
    if (this.#kept >= keptBytes) this.#client.pause()
    if (!this.#isDialling && !this.#isOver) this.#redial()
  }

  #hearEnd(): void {
    this.#hasClientEnded = true
    if (this.#exchange.isAtRest || (!this.#link && this.#kept === 0)) this.#client.destroySoon()
    else this.#linger()
  }

  /**
   * A pod cannot be told that a client has ended its side: the protocol has no word for it. So it may finish its answer, and when
   * it says nothing more the client is taken for gone.
   */
  #linger(): void {
    clearTimeout(this.#lingering)
    this.#lingering = setTimeout(() => this.#client.destroySoon(), this.#options.linger)
  }

  #beginRequest(): void {
    this.#isAnswered = false
    this.#unanswered = []
    this.#kept = 0
    this.#repeats = 0
    this.#attempt = undefined
  }

  #send({ stream }: Link, chunk: Buffer): void {
    this.#options.onBytes('sent', chunk.length)
    if (stream.write(chunk)) return
    this.#client.pause()
    stream.once('drain', () => this.#client.resume())
  }

  /** After a pause in milliseconds. */
  #redial(pause = 0): void {
    const { dial, patience, onHeld, onRefused } = this.#options
    const attempt = (this.#attempt ??= newAttempt(patience))
    this.#isDialling = true
    onHeld(true)
    void rest(pause)
      .then(() => dial(attempt, this.#gone.signal))
      .then((link) => {
        this.#isDialling = false
        onHeld(false)
        if (link && !this.#gone.signal.aborted) {
          this.#take(link)
          return
        }
        link?.stream.destroy()
        if (!this.#gone.signal.aborted) onRefused(attempt.why)
        this.#client.destroy()
      })
  }

  #take(link: Link): void {
    const { stream, pod } = link
    this.#link = link
    const leave = (): void => {
      if (this.#link === link) this.#leaveIfQuiet()
    }
    stream.on('data', (chunk: Buffer) => {
      if (this.#link === link) this.#answer(chunk, link)
    })
    stream.on('end', () => this.#lose(link, undefined))
    stream.on('error', (error: Error) => this.#lose(link, error))
    stream.once('close', () => {
      pod.left.removeEventListener('abort', leave)
      this.#lose(link, undefined)
      if (this.#isOver) this.#client.destroySoon()
    })
    pod.left.addEventListener('abort', leave, { once: true })
    if (stream.destroyed) {
      this.#lose(link, stream.errored ?? undefined)
      return
    }
    for (const chunk of this.#unanswered) this.#send(link, chunk)
    if (this.#kept > keptBytes) this.#unanswered = []
    this.#client.resume()
  }

  #answer(chunk: Buffer, { stream }: Link): void {
    this.#exchange.answered(chunk)
    this.#isAnswered = true
    this.#unanswered = []
    this.#options.onBytes('received', chunk.length)
    if (!this.#client.write(chunk)) {
      stream.pause()
      this.#client.once('drain', () => stream.resume())
    }
    if (this.#hasClientEnded) {
      if (this.#exchange.isAtRest) this.#client.destroySoon()
      else this.#linger()
    } else this.#leaveIfQuiet()
  }

  #isLeaving(): boolean {
    return this.#link?.pod.left.aborted === true && !this.#hasClientEnded
  }

  /** Nothing is under way and the pod is on its way out: the client need not hear of it. */
  #leaveIfQuiet(): void {
    if (!this.#isLeaving()) return
    if (this.#exchange.isAtRest) this.#leave()
    else if (this.#exchange.isFresh) {
      this.#leave()
      this.#redial()
    }
  }

  #leave(): void {
    const left = this.#link
    this.#link = undefined
    left?.stream.destroy()
    // It may have waited for that pod to take more.
    this.#client.resume()
  }

  /** The pod's side is over: by itself, or by an error. */
  #lose(link: Link, error: Error | undefined): void {
    if (this.#link !== link || this.#isOver) return
    if (this.#exchange.isAtRest && !this.#hasClientEnded) {
      // It ended what it took for idle; the next request begins another connection.
      this.#leave()
      return
    }
    const isUnheard = !this.#isAnswered && this.#kept <= keptBytes && !this.#gone.signal.aborted
    const isRefused = error !== undefined && isRefusal(error)
    const repeat = this.#exchange.mayBeRepeated ? pausesOfRepeats[this.#repeats] : undefined
    if (isUnheard && (isRefused || repeat !== undefined)) {
      if (!isRefused) this.#repeats += 1
      this.#attempt?.tried.add(link.pod.uid)
      if (error && this.#attempt) this.#attempt.why = error.message
      this.#leave()
      this.#redial(isRefused ? 0 : repeat)
      return
    }
    if (isUnheard && this.#exchange.mayBeRepeated)
      this.#options.onRefused(error?.message ?? 'the pod closed the connection without an answer')
    this.#isOver = true
    if (error) this.#client.destroy()
    else this.#client.end()
  }
}

async function rest(milliseconds: number): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds)
}
