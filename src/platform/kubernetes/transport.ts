import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { StepError } from '../../plan/step-error.ts'
import { KubeError, type ContextName } from './client.ts'
import type { Connection, Use } from './connection.ts'
import type { Credentials, Identity } from './credentials.ts'
import { refusalOf, unreachable } from './errors.ts'
import { canAskAgain, isTrouble, pauseBefore } from './retry.ts'

/** Milliseconds without a byte after which an ordinary request is given up. Admission webhooks may take 30 s. */
const silence = 60_000
/** Milliseconds after its last trouble in which a server counts as coming back. */
const comeback = 30_000

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Without the server's base path. */
  readonly path: string
  /** Undefined values are left out; lists repeat the key. */
  readonly query?: Query
  /** Sent as JSON, under `contentType`. */
  readonly json?: unknown
  /** Default: `application/json`. */
  readonly contentType?: string
  /** Default: `application/json`. */
  readonly accept?: string
  /** Doing it twice is as good as once: it is sent again when the connection breaks. Default: only for GET. */
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal
}

/** One API server, as one user: sends, retries, renews credentials, and explains what goes wrong. */
export interface Transport {
  readonly context: ContextName
  /** Opened at the first use. */
  connect(): Promise<Connection>
  readonly credentials: Credentials
  /** The answer's JSON; its text where it is none; undefined for an empty one. */
  call(request: KubeRequest): Promise<unknown>
  /** The answer as it comes. Whoever takes it ends it, by reading to the end or destroying it. */
  stream(request: KubeRequest): Promise<IncomingMessage>
  /** What to throw for an error met on the way: an abort's reason, connection errors explained, anything else as it is. */
  failureOf(error: unknown, signal: AbortSignal | undefined): unknown
  close(): void
}

export interface TransportParts {
  readonly context: ContextName
  readonly open: () => Promise<Connection>
  readonly credentials: Credentials
  /** Deprecations and the like, in the server's words (the `Warning` header). */
  readonly onWarning?: (text: string) => void
}

export function openTransport({ context, open, credentials, onWarning }: TransportParts): Transport {
  let opened: Promise<Connection> | undefined
  const connect = () => (opened ??= open())
  /** A server that has answered once is restarting when it does not; one that never has is not there. */
  let hasAnswered = false
  /** When it was in trouble last, by `performance.now()`. */
  let troubled = Number.NEGATIVE_INFINITY
  let isClosed = false

  async function once(request: KubeRequest, use: Use): Promise<IncomingMessage> {
    for (let isRenewed = false; ; isRenewed = true) {
      request.signal?.throwIfAborted()
      if (isClosed) throw new StepError('precondition', `the connection to ${context.server} was closed`)
      const identity = await credentials.identity()
      const response = await exchange(await connect(), identity, request, use)
      hasAnswered = true
      warn(response, onWarning)
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) return response
      const refusal = refusalOf(status, response.statusMessage ?? '', await textOf(response))
      if (status !== 401) throw withPause(refusal, response)
      if (isRenewed || !(await credentials.renew(identity))) throw await credentials.refusal()
    }
  }

  async function repeated<T>(request: KubeRequest, attempt: () => Promise<T>): Promise<T> {
    // One signal may end any number of requests.
    if (request.signal) setMaxListeners(0, request.signal)
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt()
      } catch (error) {
        const isRepeatable = request.isRepeatable ?? request.method === 'GET'
        const isComingBack = performance.now() - troubled < comeback
        const isAborted = request.signal?.aborted
        if (isAborted !== true && isTrouble(error)) troubled = performance.now()
        const pause = canAskAgain(error, { isRepeatable, hasAnswered, isComingBack, isAborted })
          ? pauseBefore(tries, error)
          : undefined
        if (pause === undefined) throw failureOf(error, request.signal)
        await sleep(pause, undefined, { signal: request.signal }).catch(() => {
          throw failureOf(error, request.signal)
        })
      }
    }
  }

  function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason as unknown
    if (error instanceof StepError || error instanceof KubeError || error instanceof TypeError) return error
    return unreachable(context, error)
  }

  return {
    context,
    connect,
    credentials,
    failureOf,
    call: (request) => repeated(request, async () => valueOf(await textOf(await once(request, 'request')))),
    stream: (request) => repeated(request, () => once(request, 'stream')),
    close: () => {
      isClosed = true
      // One that could not be opened was told about where it was needed.
      void opened?.then(
        (connection) => connection.close(),
        () => undefined,
      )
    },
  }
}

async function exchange(
  connection: Connection,
  identity: Identity,
  request: KubeRequest,
  use: Use,
): Promise<IncomingMessage> {
  const content = request.json === undefined ? undefined : Buffer.from(JSON.stringify(request.json))
  const started = connection.start(identity, {
    method: request.method,
    path: request.path + queryText(request.query),
    use,
    headers: {
      Accept: request.accept ?? 'application/json',
      'User-Agent': 'iamstack',
      ...(content && {
        'Content-Type': request.contentType ?? 'application/json',
        'Content-Length': String(content.byteLength),
      }),
    },
    ...(request.signal && { signal: request.signal }),
  })
  if (use === 'request') limitSilence(started)
  return await new Promise((resolve, reject) => {
    started.once('response', resolve)
    // Stays for good: an error after the answer comes from the answer's own stream, too.
    started.on('error', reject)
    started.end(content)
  })
}

function limitSilence(request: ClientRequest): void {
  request.setTimeout(silence, () => {
    const error = new Error(`no answer within ${String(silence)} ms`)
    request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
  })
}

/** The server's own wish travels with its refusal. */
function withPause(error: KubeError, response: IncomingMessage): KubeError {
  const seconds = Number(response.headers['retry-after'])
  return Number.isFinite(seconds) ? Object.assign(error, { retryAfter: seconds * 1000 }) : error
}

/** `299 - "text"` (RFC 7234), several of them joined by commas. */
function warn(response: IncomingMessage, onWarning: ((text: string) => void) | undefined): void {
  const header = response.headers['warning']
  if (typeof header !== 'string' || !onWarning) return
  for (const [, text = ''] of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    onWarning(text.replace(/\\(.)/g, '$1'))
  }
}

export function queryText(query: Query | undefined): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    for (const each of typeof value === 'object' ? value : [value]) parameters.append(key, String(each))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function valueOf(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // `/readyz` and `/healthz` answer in words.
    return text
  }
}
