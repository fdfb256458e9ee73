import { addAbortSignal, pipeline, type Duplex, type Readable } from 'node:stream'
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { StepError } from '../../plan/step-error.ts'
import { refusal, textOf, valueOf } from './answer.ts'
import { openConnection, type Connection } from './connection.ts'
import { codeOf } from './docker-config.ts'
import type { EngineEndpoint } from './endpoint.ts'
import { EngineError, unreachable } from './errors.ts'
import type { UpgradeRequest } from './upgrade.ts'

/** Docker 20.10. */
const oldestApiVersion = '1.41'
/** Docker 27: the newest whose changes we have read. */
const newestApiVersion = '1.47'

export interface EngineRequest {
  /** Undefined values are left out; lists repeat the key. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is; the only kind of body that cannot be sent twice. */
  readonly body?: { readonly type: string; readonly content: Readable | Uint8Array }
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * The Engine API of one engine. Answers are JSON values, or undefined for an empty one. A refusal is an EngineError, an engine
 * that cannot be reached a StepError, an abort the signal's reason. Source of paths and fields: docs.docker.com/reference/api/engine.
 */
export interface Engine {
  readonly endpoint: EngineEndpoint
  /** Negotiated once, at the first use, unless it was given. */
  apiVersion(): Promise<string>
  get(path: string, request?: EngineRequest): Promise<unknown>
  post(path: string, request?: EngineRequest): Promise<unknown>
  put(path: string, request?: EngineRequest): Promise<unknown>
  delete(path: string, request?: EngineRequest): Promise<unknown>
  /** The headers alone, of a HEAD request. */
  head(path: string, request?: EngineRequest): Promise<IncomingMessage['headers']>
  /** The answer as it comes. Whoever reads it ends it, by reading to the end or destroying it. */
  stream(method: 'GET' | 'POST', path: string, request?: EngineRequest): Promise<IncomingMessage>
  /** Turns a POST into a raw connection in both directions; `end()` closes our half alone. */
  upgrade(path: string, request?: Omit<UpgradeRequest, 'path'>): Promise<Duplex>
  /** What to throw for an error met while reading a stream of this engine: connection errors explained, an abort's reason. */
  failureOf(error: unknown, signal?: AbortSignal): unknown
  /** Closes idle connections. */
  close(): void
}

export interface OpenEngineOptions {
  /** What chose this engine, for messages: `how` of the lookup. */
  readonly how?: string | undefined
  /** Spoken as it is, without negotiation: DOCKER_API_VERSION. */
  readonly apiVersion?: string | undefined
  /** Remembered from an earlier run; saves a request, and is negotiated anew if the engine no longer takes it. */
  readonly knownApiVersion?: string | undefined
}

/** A client of the engine at `endpoint`. Connects at the first request. */
export function openEngine(endpoint: EngineEndpoint, options: OpenEngineOptions = {}): Engine {
  let opened: Promise<Connection> | undefined
  const connect = () => (opened ??= openConnection(endpoint))
  const given = options.apiVersion ?? options.knownApiVersion
  let version = given === undefined ? undefined : Promise.resolve(given)

  async function send(method: string, path: string, request: EngineRequest): Promise<IncomingMessage> {
    try {
      return await exchange(await connect(), method, path, request)
    } catch (error) {
      throw request.signal?.aborted === true ? request.signal.reason : explained(error)
    }
  }

  function explained(error: unknown): unknown {
    // A TypeError is a mistake of ours in the call.
    return error instanceof StepError || error instanceof EngineError || error instanceof TypeError
      ? error
      : unreachable(endpoint, options.how, error)
  }

  async function negotiate(): Promise<string> {
    const ping = await send('GET', '/_ping', {})
    // To the end, so that its connection is free for what comes next: over ssh a second one costs a login.
    await textOf(ping, undefined)
    const offered = ping.headers['api-version']
    const theirs = typeof offered === 'string' ? offered : oldestApiVersion
    if (isOlder(theirs, oldestApiVersion)) {
      throw new StepError(
        'precondition',
        `the Docker engine speaks API ${theirs}, and ${oldestApiVersion} is needed`,
        {
          hint: 'update Docker to 20.10 or newer',
        },
      )
    }
    return isOlder(theirs, newestApiVersion) ? theirs : newestApiVersion
  }

  function apiVersion(): Promise<string> {
    version ??= negotiate().catch((error: unknown) => {
      // The next request asks again: the engine may have been started meanwhile.
      version = undefined
      throw error
    })
    return version
  }

  async function stream(method: string, path: string, request: EngineRequest = {}): Promise<IncomingMessage> {
    const response = await send(method, `/v${await apiVersion()}${path}`, request)
    if (isSuccess(response)) return response
    const error = await refusal(response, method, path)
    const isResendable = request.body === undefined || request.body.content instanceof Uint8Array
    if (options.apiVersion !== undefined || !isVersionRefusal(error) || !isResendable) throw error
    version = undefined
    const again = await send(method, `/v${await apiVersion()}${path}`, request)
    if (isSuccess(again)) return again
    throw await refusal(again, method, path)
  }

  async function json(method: string, path: string, request: EngineRequest = {}): Promise<unknown> {
    const response = await stream(method, path, request)
    try {
      return valueOf(await textOf(response, request.signal))
    } catch (error) {
      throw request.signal?.aborted === true ? request.signal.reason : explained(error)
    }
  }

  return {
    endpoint,
    apiVersion,
    get: (path, request) => json('GET', path, request),
    post: (path, request) => json('POST', path, request),
    put: (path, request) => json('PUT', path, request),
    delete: (path, request) => json('DELETE', path, request),
    stream,
    head: async (path, request) => {
      const response = await stream('HEAD', path, request)
      response.resume()
      return response.headers
    },
    upgrade: async (path, request) => {
      const [{ upgrade }, connection, spoken] = await Promise.all([
        import('./upgrade.ts'),
        connect(),
        apiVersion(),
      ])
      try {
        return await upgrade(connection, { path: `/v${spoken}${path}`, ...request })
      } catch (error) {
        throw explained(error)
      }
    },
    failureOf: (error, signal) => {
      if (signal?.aborted === true) return signal.reason as unknown
      return codeOf(error) === undefined ? error : explained(error)
    },
    close: () => {
      void opened?.then((connection) => {
        connection.close()
      })
    },
  }
}

async function exchange(
  connection: Connection,
  method: string,
  path: string,
  request: EngineRequest,
  isRetry = false,
): Promise<IncomingMessage> {
  const { headers, content } = payloadOf(request)
  const started = connection.start({
    method,
    path: connection.basePath + path + queryOf(request.query),
    headers,
    ...(request.signal && { signal: request.signal }),
  })
  try {
    const response = await responseTo(started, content)
    return request.signal ? addAbortSignal(request.signal, response) : response
  } catch (error) {
    // A kept connection that the engine closed meanwhile: what only reads can safely be asked again.
    const isStale = started.reusedSocket && codeOf(error) === 'ECONNRESET'
    if (isRetry || !isStale || (method !== 'GET' && method !== 'HEAD')) throw error
    return await exchange(connection, method, path, request, true)
  }
}

function responseTo(request: ClientRequest, content: Payload['content']): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    // Stays for good: an engine that answers early may break off the rest of the body, and its answer is what counts.
    request.on('error', reject)
    if (content === undefined || content instanceof Uint8Array) {
      request.end(content)
    } else {
      pipeline(content, request, (error) => {
        if (error) reject(error)
      })
    }
  })
}

interface Payload {
  readonly headers: OutgoingHttpHeaders
  readonly content: Readable | Uint8Array | undefined
}

function payloadOf(request: EngineRequest): Payload {
  const type = request.body?.type ?? (request.json === undefined ? undefined : 'application/json')
  const content =
    request.body?.content ??
    (request.json === undefined ? undefined : Buffer.from(JSON.stringify(request.json)))
  return {
    content,
    headers: {
      ...request.headers,
      ...(type !== undefined && { 'Content-Type': type }),
      ...(content instanceof Uint8Array && { 'Content-Length': content.byteLength }),
    },
  }
}

function queryOf(query: EngineRequest['query']): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    for (const each of typeof value === 'object' ? value : [value]) parameters.append(key, String(each))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

/** 304 is the engine's "already so" (start, stop), which is what the caller wanted. */
function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0
  return (status >= 200 && status < 300) || status === 304
}

function isVersionRefusal(error: EngineError): boolean {
  return error.status === 400 && /client version \S+ is too (new|old)/.test(error.message)
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
