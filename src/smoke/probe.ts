import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Endpoint } from '../drivers/driver.ts'
import { checkGrpcHealth } from './grpc-health.ts'
import { lookup, networkFailure } from './network.ts'

/** A check that is made from outside; `exec` is the target's own. Ports are already numbers (in `Endpoint`). */
export type ProbeCheck =
  | {
      readonly kind: 'http'
      readonly scheme: 'http' | 'https'
      readonly path: string
      readonly headers: ReadonlyMap<string, string> | Readonly<Record<string, string>>
    }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'grpc'; readonly service: string | undefined }

/** `detail` says what was seen: `200`, `connected`, `503`, `connection refused`. */
export type ProbeResult =
  { readonly ok: true; readonly detail: string } | { readonly ok: false; readonly detail: string }

export interface ProbeOptions {
  /** Milliseconds for everything. */
  readonly timeout: number
  readonly signal?: AbortSignal
  /** PEM; the server's certificate must come from this authority. Absent: any certificate will do, as for Kubernetes. */
  readonly ca?: string
}

/** Starts a check, tells its end once and returns how to break it off. */
export type StartCheck = (at: Endpoint, done: (result: ProbeResult) => void) => () => void

/**
 * Makes one check over a connection of its own, as Kubernetes would: HTTP is healthy with a status from 200 to 399 and redirects
 * are not followed, TCP when it connects, gRPC when `grpc.health.v1` says SERVING. Never rejects.
 */
export function probe(check: ProbeCheck, at: Endpoint, options: ProbeOptions): Promise<ProbeResult> {
  const { timeout, signal } = options
  return new Promise((resolve) => {
    let breakOff: (() => void) | undefined
    const done = (result: ProbeResult): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      breakOff?.()
      resolve(result)
    }
    const cancel = (): void => done({ ok: false, detail: 'cancelled' })
    const late = (): void => done({ ok: false, detail: `no answer within ${timeout} ms` })
    const timer = setTimeout(late, timeout)
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted === true) cancel()
    else breakOff = starterOf(check, options)(at, done)
  })
}

function starterOf(check: ProbeCheck, { ca }: ProbeOptions): StartCheck {
  switch (check.kind) {
    case 'http':
      return (at, done) => startHttp(check, ca, at, done)
    case 'tcp':
      return startTcp
    case 'grpc':
      return checkGrpcHealth(check.service)
    default:
      return check satisfies never
  }
}

function startHttp(
  check: Extract<ProbeCheck, { kind: 'http' }>,
  ca: string | undefined,
  { host, port }: Endpoint,
  done: (result: ProbeResult) => void,
): () => void {
  const { scheme, path, headers } = check
  const request = (scheme === 'https' ? httpsRequest : httpRequest)({
    host,
    port,
    path,
    headers: { connection: 'close', ...recordOf(headers) },
    agent: false,
    lookup,
    ...(scheme === 'https' && { rejectUnauthorized: ca !== undefined }),
    ...(ca !== undefined && { ca }),
  })
  request.once('response', (response) => {
    const { statusCode = 0 } = response
    const result = { ok: statusCode >= 200 && statusCode < 400, detail: String(statusCode) }
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      // Who closes early makes servers log errors; who reads everything can be kept busy for ever.
      if (length > longestBody) done(result)
    })
    response.once('end', () => done(result))
    response.on('error', () => done(result))
  })
  request.on('error', (error) => done({ ok: false, detail: networkFailure(error) }))
  request.end()
  return () => request.destroy()
}

function recordOf(
  headers: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return headers instanceof Map
    ? (Object.fromEntries(headers) as Record<string, string>)
    : (headers as Readonly<Record<string, string>>)
}

/** Bytes. */
const longestBody = 64 * 1024

const startTcp: StartCheck = ({ host, port }, done) => {
  const socket = connect({ host, port, lookup })
  socket.once('connect', () => done({ ok: true, detail: 'connected' }))
  socket.on('error', (error) => done({ ok: false, detail: networkFailure(error) }))
  return () => socket.destroy()
}
