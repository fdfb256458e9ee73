import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { lookup, networkFailure } from './network.ts'

export interface Question {
  readonly method: string
  readonly url: URL
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | undefined
  readonly tls: Tls
  /** The service that the address stands for: its name is as good in a certificate as the address itself. */
  readonly service: string | undefined
}

/** All PEM. */
export interface Tls {
  readonly ca: string | undefined
  readonly client: { readonly cert: string; readonly key: string } | undefined
  readonly insecure: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** At most `longestBody` of it. */
  readonly body: string
  readonly isCut: boolean
}

/** The connection failed before an answer was complete; the message says how, in words. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
}

/** Bytes. A smoke test looks at an answer, it does not download one. */
export const longestBody = 1024 * 1024

/** One request over a connection of its own. Redirects are answers like any other. Rejects with ExchangeError or the abort's reason. */
export function exchange(question: Question, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const { url, body } = question
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, optionsOf(question))
    const abort = (): void => {
      reject(signal.reason as Error)
      request.destroy()
    }
    signal.addEventListener('abort', abort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', abort))
    request.on('error', (error) => reject(new ExchangeError(networkFailure(error))))
    request.once('response', (response) => {
      read(response).then(resolve, (error: unknown) => reject(new ExchangeError(networkFailure(error))))
    })
    request.end(body)
  })
}

function optionsOf({ method, url, headers, body, tls, service }: Question): RequestOptions {
  const host = headerNamed(headers, 'host')
  // The name that the server is to answer for: as a browser would say it, then as the stack does.
  const names = [host?.replace(/:\d+$/, ''), url.hostname.replace(/^\[|\]$/g, ''), service].filter(
    (name) => name !== undefined,
  )
  const servername = names.find((name) => isIP(name) === 0)
  return {
    method,
    agent: false,
    lookup,
    headers: {
      connection: 'close',
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      ...Object.fromEntries(headers),
    },
    ...(url.protocol === 'https:' && {
      rejectUnauthorized: !tls.insecure,
      servername: servername ?? '',
      checkServerIdentity: (_: string, certificate: PeerCertificate) => identityProblem(names, certificate),
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...tls.client,
    }),
  }
}

/** Undefined when the certificate is for any of the names. */
function identityProblem(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const problems = names.map((name) => checkServerIdentity(name, certificate))
  return problems.includes(undefined)
    ? undefined
    : new Error(
        `the certificate is for ${certificate.subjectaltname ?? 'no name'}, and neither for ${names.join(' nor for ')}`,
      )
}

export function headerNamed(headers: ReadonlyMap<string, string>, name: string): string | undefined {
  for (const [key, value] of headers) if (key.toLowerCase() === name) return value
  return undefined
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > longestBody) break
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).subarray(0, longestBody).toString('utf8'),
    isCut: length > longestBody,
  }
}
