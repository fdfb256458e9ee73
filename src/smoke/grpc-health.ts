import { connect, type ClientSessionOptions, type IncomingHttpHeaders } from 'node:http2'
import { hostInUrl, lookup, networkFailure } from './network.ts'
import type { ProbeResult, StartCheck } from './probe.ts'

/**
 * `grpc.health.v1.Health/Check` without TLS, as Kubernetes probes it. The two messages have one field each, so they are written
 * and read by hand. https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function checkGrpcHealth(service = ''): StartCheck {
  return ({ host, port }, done) => {
    const session = connect(`http://${hostInUrl(host)}:${port}`, { lookup } as ClientSessionOptions)
    const fail = (error: unknown): void => done({ ok: false, detail: networkFailure(error) })
    session.on('error', fail)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let status: string | undefined
    stream.once('response', (headers) => (status = textOf(headers['grpc-status'])))
    stream.once('trailers', (trailers: IncomingHttpHeaders) => (status ??= textOf(trailers['grpc-status'])))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', fail)
    stream.once('end', () => done(answerOf(status, Buffer.concat(chunks))))
    stream.end(requestFor(service))
    return () => session.destroy()
  }
}

/** A length-prefixed message, uncompressed, with the name of the service as field 1. */
function requestFor(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}

const servingStatus = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const okStatus = '0'
const notFoundStatus = '5'
const unimplementedStatus = '12'

/** Field 1 of the answer is the status; a message without it says UNKNOWN. */
function answerOf(status: string | undefined, bytes: Buffer): ProbeResult {
  if (status === undefined) return { ok: false, detail: 'the answer is not gRPC' }
  if (status === unimplementedStatus)
    return { ok: false, detail: 'the server does not implement grpc.health.v1' }
  if (status === notFoundStatus) return { ok: false, detail: 'the server does not know this service' }
  if (status !== okStatus) return { ok: false, detail: `gRPC status ${status}` }
  const message = bytes.subarray(5)
  const serving = servingStatus[message[0] === 0x08 ? (message[1] ?? 0) : 0] ?? 'UNKNOWN'
  return { ok: serving === 'SERVING', detail: serving }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
