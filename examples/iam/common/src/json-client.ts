import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface JsonRequest {
  readonly method: string
  readonly url: string
  readonly body?: unknown
  readonly token?: string
  /** PEM text of the authority to trust instead of the system's. */
  readonly ca?: Buffer
  /** Client certificate and key, PEM. */
  readonly client?: { readonly cert: Buffer; readonly key: Buffer }
  /** Milliseconds; default 5000. */
  readonly timeout?: number
}

export interface JsonAnswer {
  readonly status: number
  /** Undefined where the answer had no body. */
  readonly body: unknown
}

/** One request; resolves for every status. Rejects where no answer came, or one that is not JSON. */
export async function requestJson({
  method,
  url,
  body,
  token,
  ca,
  client,
  timeout = 5000,
}: JsonRequest): Promise<JsonAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
  }
  const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = send(url, { method, headers, timeout, ...(ca && { ca }), ...client }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => void chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    request.on('timeout', () =>
      request.destroy(new Error(`no answer from ${url} within ${String(timeout)} ms`)),
    )
    request.on('error', reject)
    request.end(text)
  })
  return { status: answer.status, body: answer.text === '' ? undefined : parse(url, answer.text) }
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${url} answered with something that is not JSON`, { cause: error })
  }
}
