import { Agent, request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pack } from 'tar-stream'
import { engineSocket } from './engine-socket.ts'

/** The cheapest way to the engine, for floors: Node's own HTTP over the socket, connections kept open, no library. */
export interface EngineApi {
  call(method: string, path: string, body?: object): Promise<unknown>
  /** Sends files as a tar and reads the answer to its end. */
  sendFiles(method: string, path: string, files: Readonly<Record<string, string | Buffer>>): Promise<string>
  /** Starts a command in a container and stays connected with it. */
  exec(container: string, command: readonly string[]): Promise<Duplex>
  close(): void
}

export async function openEngineApi(): Promise<EngineApi> {
  const socketPath = await engineSocket()
  const agent = new Agent({ keepAlive: true })

  const exchange = (method: string, path: string, type: string, body: string | Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': type }
      const sent = request({ socketPath, agent, method, path, headers }, (response) => {
        readText(response).then((text) => {
          if ((response.statusCode ?? 500) < 400) resolve(text)
          else reject(new Error(`${method} ${path}: ${String(response.statusCode)} ${text}`))
        }, reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })

  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const text = await exchange(method, path, 'application/json', body ? JSON.stringify(body) : '')
    return text === '' ? undefined : JSON.parse(text)
  }

  return {
    call,
    sendFiles: async (method, path, files) => {
      const tar = pack()
      for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
      tar.finalize()
      const chunks: Buffer[] = []
      for await (const chunk of tar) chunks.push(chunk as Buffer)
      return exchange(method, path, 'application/x-tar', Buffer.concat(chunks))
    },
    exec: async (container, command) => {
      const spec = { Cmd: command, AttachStdin: true, AttachStdout: true, AttachStderr: true }
      const { Id } = (await call('POST', `/containers/${container}/exec`, spec)) as { Id: string }
      return new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', connection: 'Upgrade', upgrade: 'tcp' }
        const sent = request({ socketPath, method: 'POST', path: `/exec/${Id}/start`, headers })
        sent.on('upgrade', (_response, socket) => resolve(socket))
        sent.on('response', (response) => reject(new Error(`exec: ${String(response.statusCode)}`)))
        sent.on('error', reject)
        sent.end(JSON.stringify({ Detach: false, Tty: false }))
      })
    },
    close: () => agent.destroy(),
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) text += (chunk as Buffer).toString()
  return text
}
