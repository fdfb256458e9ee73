/**
 * What is known of the HTTP/1.1 conversation on one connection: just enough to tell when it is at rest, when its next request may
 * go to another pod, and when a request may be sent a second time. Whatever it does not understand makes it `opaque` for good,
 * and an opaque connection is passed on as bytes and nothing else.
 */
export class Exchange {
  #state: 'fresh' | 'asked' | 'answering' | 'rest' | 'opaque' = 'fresh'
  #method = ''
  /** The head of a response, until it is whole. */
  #head = ''
  /** Bytes that are still to come; `chunked` until the last chunk was seen. */
  #body: number | 'chunked' = 0
  /** The last bytes of a chunked body. */
  #tail = ''

  /** Both sides said all they had to say, and mean to go on. */
  get isAtRest(): boolean {
    return this.#state === 'rest'
  }

  /** Nobody has said a word. */
  get isFresh(): boolean {
    return this.#state === 'fresh'
  }

  /** RFC 9110 §9.2.2: a request that changes nothing may be sent again when its connection broke before an answer. */
  get mayBeRepeated(): boolean {
    return this.#state === 'asked' && this.#head === '' && safeMethods.has(this.#method)
  }

  asked(chunk: Buffer): void {
    switch (this.#state) {
      case 'fresh':
      case 'rest': {
        const head = requestHead.exec(chunk.toString('latin1', 0, longestHead))
        const isUpgrade = head !== null && /\r\nupgrade:/i.test(head[0])
        this.#method = head?.[0].length === chunk.length ? (head[1] ?? '') : 'POST'
        this.#head = ''
        this.#tail = ''
        this.#state = head === null || isUpgrade ? 'opaque' : 'asked'
        return
      }
      case 'asked':
        // The rest of a request with a body, which is nothing to be sent twice.
        this.#method = 'POST'
        return
      case 'answering':
        // Either the rest of its body or, without waiting for the answer, the next request: no way to tell.
        this.#state = 'opaque'
        return
      case 'opaque':
        return
      default:
        this.#state satisfies never
    }
  }

  answered(chunk: Buffer): void {
    switch (this.#state) {
      case 'asked':
        this.#readHead(chunk.toString('latin1'))
        return
      case 'answering':
        this.#readBody(chunk.toString('latin1'))
        return
      case 'fresh':
      case 'rest':
        this.#state = 'opaque'
        return
      case 'opaque':
        return
      default:
        this.#state satisfies never
    }
  }

  #readHead(text: string): void {
    this.#head += text
    const end = this.#head.indexOf('\r\n\r\n')
    if (end === -1) {
      if (this.#head.length > longestHead) this.#state = 'opaque'
      return
    }
    const head = this.#head.slice(0, end)
    const rest = this.#head.slice(end + 4)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    if (Number.isNaN(status) || status === 101 || /\r\nconnection: *close/i.test(head)) {
      this.#state = 'opaque'
      return
    }
    if (status < 200) {
      // `100 Continue` and the like: the answer itself is still to come.
      this.#head = ''
      if (rest !== '') this.#readHead(rest)
      return
    }
    const body = this.#bodyOf(head, status)
    if (body === undefined) {
      this.#state = 'opaque'
      return
    }
    this.#body = body
    this.#state = 'answering'
    this.#readBody(rest)
  }

  /** Undefined where only the end of the connection tells. */
  #bodyOf(head: string, status: number): number | 'chunked' | undefined {
    if (this.#method === 'HEAD' || status === 204 || status === 304) return 0
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) return 'chunked'
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    return length === undefined ? undefined : Number(length)
  }

  #readBody(text: string): void {
    if (this.#body === 'chunked') {
      this.#tail = (this.#tail + text).slice(-lastChunk.length)
      if (this.#tail.endsWith(lastChunk) || this.#tail === lastChunk.slice(2)) this.#state = 'rest'
      return
    }
    this.#body -= text.length
    if (this.#body === 0) this.#state = 'rest'
    if (this.#body < 0) this.#state = 'opaque'
  }
}

/** Whether a chunk of a connection at rest begins another request. */
export function beginsRequest(chunk: Buffer): boolean {
  return requestHead.test(chunk.toString('latin1', 0, longestHead))
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
const longestHead = 64 * 1024
const requestHead = /^([A-Z]+) \S+ HTTP\/1\.1\r\n[^]*?\r\n\r\n/
const lastChunk = '\r\n0\r\n\r\n'
