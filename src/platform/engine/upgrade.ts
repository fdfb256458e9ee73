import { inspect } from 'node:util'
import type { Duplex } from 'node:stream'
import { StepError } from '../../plan/step-error.ts'
import type { Connection } from './connection.ts'
import { EngineError } from './errors.ts'
import { switchProtocol } from './switch-protocol.ts'

/** A request after which the connection belongs to us: an exec, an attachment, a build session. */
export interface UpgradeRequest {
  /** With version, without query. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly json?: unknown
  /** A list becomes one header line each. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** What is spoken afterwards; default: Docker's raw stream. */
  readonly protocol?: 'h2c'
}

/** The part of dockerode's modem that upgrades a connection; its own types leave it open. */
interface Modem {
  dial(
    options: {
      readonly method: 'POST'
      readonly path: string
      readonly hijack: true
      readonly headers: Record<string, string | readonly string[]>
      readonly options: { readonly _body: unknown; readonly _query: unknown }
      readonly statusCodes: Readonly<Record<number, true>>
    },
    callback: (error: unknown, socket: Duplex) => void,
  ): void
}

/**
 * Sends a request that turns the connection into a raw stream in both directions, through dockerode, which is imported here
 * and nowhere else because that costs 100 ms and more. Throws EngineError, or the connection's own error.
 */
export async function upgrade(connection: Connection, request: UpgradeRequest): Promise<Duplex> {
  if (request.protocol !== undefined) return await switchProtocol(connection, request.protocol, request)
  const modem = await openModem(connection)
  return await new Promise((resolve, reject) => {
    modem.dial(
      {
        method: 'POST',
        // With a question mark the modem takes the query out of `_query`, without one it takes none.
        path: connection.basePath + request.path + (request.query ? '?' : ''),
        hijack: true,
        headers: { ...request.headers },
        // An empty body is what the modem leaves out.
        options: { _body: request.json ?? {}, _query: request.query ?? {} },
        // Nothing but an upgrade is a success: every plain answer comes back as an error with its status.
        statusCodes: {},
      },
      (error, socket) => {
        if (error === null || error === undefined) resolve(socket)
        else reject(errorOf(error, request.path))
      },
    )
  })
}

async function openModem(connection: Connection): Promise<Modem> {
  const { default: Dockerode } = await import('dockerode')
  const { target, agent } = connection
  // The modem prints its options in full for a debug log that nobody reads; an agent holds every open socket.
  Object.assign(agent, { [inspect.custom]: () => 'Agent' })
  // dockerode's own types do not know `agent`, which its modem takes.
  const options = {
    agent,
    protocol: target.protocol === 'https:' ? ('https' as const) : ('http' as const),
    // An empty host keeps the one of DOCKER_HOST out, which the modem would put before our socket.
    ...(target.socketPath ? { host: '', socketPath: target.socketPath } : { host: target.host ?? '' }),
    ...(target.port ? { port: target.port } : {}),
  }
  try {
    const docker = new Dockerode(options)
    return docker.modem as Modem
  } catch (cause) {
    // It reads DOCKER_CERT_PATH by itself, and insists on all three files.
    throw new StepError('precondition', 'the TLS files of the engine are not complete', {
      hint: 'DOCKER_CERT_PATH must hold ca.pem, cert.pem and key.pem',
      cause,
    })
  }
}

function errorOf(error: unknown, path: string): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const { statusCode, json } = error as { statusCode?: number; json?: { message?: string } }
  if (statusCode === undefined) return error
  const message = json?.message ?? error.message.trim()
  return new EngineError(statusCode, message, 'POST', path.replace(/^\/v[\d.]+/, ''))
}
