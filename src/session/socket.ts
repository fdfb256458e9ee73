import type { Socket } from 'node:net'

/** One end of a conversation in JSON Lines. */
export interface Line<In, Out> {
  send(message: Out): void
  /** Called for each message; a line that is not JSON ends the conversation. */
  onMessage(listener: (message: In) => void): void
  /** Called once, when the other side is gone or said something unreadable. */
  onClose(listener: () => void): void
  /** Sends what is left and says that no more will come. */
  end(): void
  destroy(): void
}

/** No message of ours comes near it; without a limit a stranger could fill the memory. */
const longestMessage = 64 * 1024 * 1024

export function lineOver<In, Out>(socket: Socket): Line<In, Out> {
  const listeners: ((message: In) => void)[] = []
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestMessage) socket.destroy()
    for (const line of lines) {
      try {
        const message = JSON.parse(line) as In
        for (const listener of listeners) listener(message)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        socket.destroy()
      }
    }
  })
  // Tells nothing that the close which follows does not tell.
  socket.on('error', () => socket.destroy())
  return {
    send: (message) => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
    },
    onMessage: (listener) => listeners.push(listener),
    onClose: (listener) => socket.once('close', listener),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  }
}
