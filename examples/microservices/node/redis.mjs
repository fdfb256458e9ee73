import { connect } from 'node:net'

/**
 * A client for one Redis server: one connection, made when it is first needed and again after it was lost. Commands are answered
 * in the order they were sent; those under way when the connection is lost fail.
 */
export class Redis {
  #address
  #socket
  #waiting = []
  #rest = Buffer.alloc(0)

  constructor(host, port) {
    this.#address = { host, port }
  }

  /** The answer to one command: a text, a number or null. */
  send(...words) {
    return new Promise((resolve, reject) => {
      const socket = (this.#socket ??= this.#open())
      this.#waiting.push({ resolve, reject })
      const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`)
      socket.write(`*${words.length}\r\n${parts.join('')}`)
    })
  }

  close() {
    this.#socket?.end()
  }

  #open() {
    const socket = connect(this.#address)
    let reason = new Error('redis: the connection was closed')
    socket.on('error', (error) => (reason = error))
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('close', () => {
      this.#socket = undefined
      this.#rest = Buffer.alloc(0)
      for (const { reject } of this.#waiting.splice(0)) reject(reason)
    })
    return socket
  }

  #read(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let reply = parse(this.#rest); reply; reply = parse(this.#rest)) {
      this.#rest = this.#rest.subarray(reply.length)
      const { resolve, reject } = this.#waiting.shift()
      if (reply.error === undefined) resolve(reply.value)
      else reject(new Error(`redis: ${reply.error}`))
    }
  }
}

/** The first reply in these bytes and how long it is; undefined where it is not complete. Arrays are not asked for here. */
export function parse(bytes) {
  const end = bytes.indexOf('\r\n')
  if (end === -1) return undefined
  const line = bytes.toString('utf8', 1, end)
  const start = end + 2
  switch (String.fromCharCode(bytes[0])) {
    case '+':
      return { value: line, length: start }
    case ':':
      return { value: Number(line), length: start }
    case '-':
      return { error: line, length: start }
    case '$': {
      const size = Number(line)
      if (size === -1) return { value: null, length: start }
      if (bytes.length < start + size + 2) return undefined
      return { value: bytes.toString('utf8', start, start + size), length: start + size + 2 }
    }
    default:
      return { error: `unknown reply ${bytes.toString('utf8', 0, end)}`, length: start }
  }
}
