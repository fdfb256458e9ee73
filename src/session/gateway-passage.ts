import type { Socket } from 'node:net'

/** One connection to a replica, made for a client of ours. Until bytes are passed by `passBytes` it counts as busy. */
export class Passage {
  readonly socket: Socket
  readonly slot: number
  /** The replica spoke last. */
  isAnswered = false
  /** Its replica is about to end. */
  isLeaving = false
  /**
   * An HTTP/1.1 connection that both sides mean to keep. Between two requests it holds nothing, so the next one can go to another
   * replica and the client notices no change. Any other protocol may have said something that only its replica remembers.
   */
  isMovable = false
  lastMove = Date.now()

  constructor(socket: Socket, slot: number) {
    this.socket = socket
    this.slot = slot
  }

  isAtRest(milliseconds: number): boolean {
    return this.socket.destroyed || (this.isAnswered && Date.now() - this.lastMove >= milliseconds)
  }

  /** From now on a movable one takes its next request elsewhere; another ends as soon as it is at rest. */
  leave(restAfter: number): void {
    this.isLeaving = true
    if (!this.isMovable && this.isAtRest(restAfter)) this.socket.destroy()
  }

  note(chunk: Buffer, from: 'client' | 'replica'): void {
    this.lastMove = Date.now()
    this.isAnswered = from === 'replica'
    const head = headOf(chunk)
    if (head === undefined) return
    if (from === 'client' && !/upgrade:/i.test(head)) this.isMovable = true
    if (/\r\n(?:connection: *close|upgrade:)/i.test(head)) this.isMovable = false
  }
}

/** The head of a request or response of HTTP/1.1, if a chunk begins with one. */
function headOf(chunk: Buffer): string | undefined {
  const start = chunk.toString('latin1', 0, 4096)
  if (!/^(?:[A-Z]+ \S+ HTTP\/1\.1\r\n|HTTP\/1\.1 )/.test(start)) return undefined
  const end = start.indexOf('\r\n\r\n')
  return end === -1 ? start : start.slice(0, end)
}

/** Passes bytes both ways until both sides said all; an end of one side is told to the other as it is. */
export async function passBytes(client: Socket, open: () => Promise<Passage | undefined>): Promise<void> {
  client.on('error', () => client.destroy())
  const first = await open()
  if (!first || client.destroyed) {
    first?.socket.destroy()
    client.destroy()
    return
  }
  let present = attach(first)

  function attach(passage: Passage): Passage {
    const { socket } = passage
    passage.isAnswered = true
    socket.on('data', (chunk: Buffer) => {
      passage.note(chunk, 'replica')
      if (!client.write(chunk)) {
        socket.pause()
        client.once('drain', () => socket.resume())
      }
    })
    socket.on('end', () => {
      if (isIdleFarewell(passage)) socket.destroy()
      else client.end()
    })
    socket.on('close', () => {
      if (present === passage && !isIdleFarewell(passage)) client.destroySoon()
    })
    return passage
  }

  /** A replica that ends says goodbye to connections at rest, too; the client need not hear of it. */
  function isIdleFarewell(passage: Passage): boolean {
    return passage.isLeaving && passage.isMovable && passage.isAnswered
  }

  async function move(): Promise<boolean> {
    const next = await open()
    if (!next || client.destroyed) {
      next?.socket.destroy()
      client.destroy()
      return false
    }
    present.socket.destroy()
    present = attach(next)
    return true
  }

  client.on('data', (chunk: Buffer) => {
    client.pause()
    void (async () => {
      if (isIdleFarewell(present) && !(await move())) return
      const { socket } = present
      present.note(chunk, 'client')
      if (socket.write(chunk)) client.resume()
      else socket.once('drain', () => client.resume())
    })()
  })
  client.on('end', () => present.socket.end())
  client.on('close', () => present.socket.destroy())
  client.resume()
}
