import { createServer, type Server, type Socket } from 'node:net'
import { StepError } from '../plan/step-error.ts'
import { describeOwner, isPortFree, ownerOfPort } from '../platform/process-ports.ts'

/** Where a forward is to listen on this machine. */
export interface LocalAddress {
  /** Undefined: any free one. */
  readonly port: number | undefined
  /** Somebody wrote this number down: another one would be of no use. */
  readonly isFixed: boolean
}

/** Only programs of this machine can reach it. */
export const localHost = '127.0.0.1'

/** How many numbers after the wanted one are tried. */
const nearby = 100

export interface Listener {
  readonly server: Server
  readonly port: number
  /** Why it is not the wanted port: who has that one. */
  readonly moved: string | undefined
}

/**
 * Listens on the wanted port. A taken one is a StepError that names who has it when somebody asked for just that number;
 * otherwise the next free one is taken.
 */
export async function listenLocally(
  { port, isFixed }: LocalAddress,
  serve: (client: Socket) => void,
): Promise<Listener> {
  if (port === undefined) {
    const server = await listen(0, serve)
    if (!server) throw new StepError('deploy', 'this machine has no free port left')
    return { server, port: portOf(server), moved: undefined }
  }
  const server = await listenIfFree(port, serve)
  if (server) return { server, port, moved: undefined }
  const owner = await ownerOfPort(port)
  const taken =
    owner === undefined && port < 1024
      ? `port ${port} is taken, or not for this user: it is below 1024`
      : describeOwner(port, owner)
  if (isFixed) {
    throw new StepError('deploy', taken, {
      hint: 'end that program, choose another port with `expose: { NAME: local:PORT }`, or leave the number out to get a free one',
    })
  }
  for (let next = port + 1; next <= Math.min(port + nearby, 65_535); next += 1) {
    const other = await listenIfFree(next, serve)
    if (other) return { server: other, port: next, moved: taken }
  }
  const any = await listen(0, serve)
  if (!any) throw new StepError('deploy', taken)
  return { server: any, port: portOf(any), moved: taken }
}

/** Asked first: macOS lets two programs listen on one port when one of them listens on every address. */
async function listenIfFree(port: number, serve: (client: Socket) => void): Promise<Server | undefined> {
  return (await isPortFree(port)) ? listen(port, serve) : undefined
}

/** Undefined when it is taken, or not for this user. */
function listen(port: number, serve: (client: Socket) => void): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, serve)
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    })
    server.listen({ port, host: localHost, backlog: 1024 }, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}
