import { createServer, request } from 'node:http'
import type { Socket } from 'node:net'

export interface CountingProxy {
  /** Value for DOCKER_HOST. */
  readonly host: string
  /** `GET /v1.45/containers/json`, in their order, without the query. */
  readonly calls: readonly string[]
  reset(): void
  close(): Promise<void>
}

/** Stands before the engine's socket and counts requests. A no-op makes plain calls only: connections that are upgraded do not pass. */
export async function openCountingProxy(file: string, engineSocket: string): Promise<CountingProxy> {
  const calls: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, answer) => {
    const { method = '', url = '', headers } = incoming
    calls.push(`${method} ${url.split('?')[0] ?? ''}`)
    const outgoing = request({ socketPath: engineSocket, method, path: url, headers, agent: false })
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(file, resolve)
  })
  return {
    host: `unix://${file}`,
    calls,
    reset: () => calls.splice(0),
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Asking which API version the engine speaks is not counted: it is cached from run to run. */
export const isVersionCall = (call: string): boolean =>
  /^(GET|HEAD) (\/v[\d.]+)?\/(_ping|version)$/.test(call)
