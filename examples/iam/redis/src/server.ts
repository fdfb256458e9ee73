import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { reasonOf } from '../../common/src/log.ts'
import {
  createRespParser,
  encodeReply,
  encodeSimple,
  RespError,
  type RespValue,
} from '../../common/src/resp.ts'
import { runCommand } from './commands.ts'
import { createStore, type Store } from './store.ts'

export interface RedisServer {
  readonly port: number
  close(): Promise<void>
}

/** Listens for the commands of Redis that the example uses. Port 0: any free one. */
export async function startRedisServer(
  host: string,
  port: number,
  store: Store = createStore(),
): Promise<RedisServer> {
  const sockets = new Set<Socket>()
  const channels = new Map<string, Set<Socket>>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      for (const subscribers of channels.values()) subscribers.delete(socket)
    })
    const parse = createRespParser((value) => void socket.write(reply({ store, channels, socket }, value)))
    socket.on('data', (chunk: Buffer) => {
      try {
        parse(chunk)
      } catch (error) {
        socket.end(encodeReply(new RespError(reasonOf(error))))
      }
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

interface Session {
  readonly store: Store
  readonly channels: Map<string, Set<Socket>>
  readonly socket: Socket
}

function reply(session: Session, value: RespValue): string {
  if (!Array.isArray(value)) return encodeReply(new RespError('ERR Protocol error: expected an array'))
  const [name = '', ...words] = (value as readonly RespValue[]).map(String)
  try {
    if (/^subscribe$/i.test(name)) return subscribe(session, words)
    if (/^publish$/i.test(name)) return encodeReply(publish(session, words))
    const answer = runCommand(session.store, [name, ...words])
    return isSimple(answer) ? encodeSimple(answer.simple) : encodeReply(answer)
  } catch (error) {
    return encodeReply(new RespError(reasonOf(error)))
  }
}

function subscribe({ channels, socket }: Session, names: readonly string[]): string {
  const own = (): number => [...channels.values()].filter((subscribers) => subscribers.has(socket)).length
  return names
    .map((name) => {
      const subscribers = channels.get(name) ?? new Set()
      channels.set(name, subscribers.add(socket))
      return encodeReply(['subscribe', name, own()])
    })
    .join('')
}

function publish({ channels }: Session, [channel = '', message = '']: readonly string[]): number {
  const subscribers = channels.get(channel) ?? new Set<Socket>()
  for (const subscriber of subscribers) subscriber.write(encodeReply(['message', channel, message]))
  return subscribers.size
}

function isSimple(
  answer: ReturnType<typeof runCommand>,
): answer is Extract<typeof answer, { simple: string }> {
  return typeof answer === 'object' && answer !== null && 'simple' in answer
}
