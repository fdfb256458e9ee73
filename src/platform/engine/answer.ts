import type { IncomingMessage } from 'node:http'
import { EngineError } from './errors.ts'

/** The engine's no as an error, in its own words. */
export async function refusal(response: IncomingMessage, method: string, path: string): Promise<EngineError> {
  const status = response.statusCode ?? 0
  const text = await textOf(response, undefined)
  const value = valueOf(text)
  const message =
    typeof value === 'object' && value !== null && 'message' in value ? String(value.message) : text
  return new EngineError(
    status,
    message.trim() || (response.statusMessage ?? `status ${String(status)}`),
    method,
    path,
  )
}

export async function textOf(response: IncomingMessage, signal: AbortSignal | undefined): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  signal?.throwIfAborted()
  return Buffer.concat(chunks).toString()
}

/** A JSON value, undefined for nothing, plain words as they are. */
export function valueOf(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // `_ping` and some refusals are plain words.
    return text
  }
}
