import protobuf from 'protobufjs/minimal.js'

/**
 * The few BuildKit messages that we speak, on protobuf's wire. Written out because the bundle loads no `.proto` files; field
 * numbers are those of moby/buildkit: api/services/control/control.proto, session/auth/auth.proto, session/secrets/secrets.proto,
 * session/sshforward/ssh.proto.
 */

/** `moby.buildkit.v1.StatusResponse`: what changed since the one before. */
export interface StatusResponse {
  readonly vertexes: readonly Vertex[]
  readonly statuses: readonly VertexStatus[]
  readonly logs: readonly VertexLog[]
  readonly warnings: readonly VertexWarning[]
}

/** One step of the build. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  readonly isCached: boolean
  /** Epoch milliseconds, like every time here. */
  readonly started: number | undefined
  readonly completed: number | undefined
  readonly error: string
}

/** How far a part of a step is: a layer being pulled, the context being read. */
export interface VertexStatus {
  readonly id: string
  readonly vertex: string
  readonly current: number
  readonly total: number
}

export interface VertexLog {
  readonly vertex: string
  /** 1 is standard output, 2 standard error. */
  readonly stream: number
  readonly data: Uint8Array
}

export interface VertexWarning {
  readonly vertex: string
  readonly message: string
  readonly details: readonly string[]
  readonly url: string
  /** 1-based line of the Dockerfile. */
  readonly line: number | undefined
}

export function decodeStatus(bytes: Uint8Array): StatusResponse {
  const vertexes: Vertex[] = []
  const statuses: VertexStatus[] = []
  const logs: VertexLog[] = []
  const warnings: VertexWarning[] = []
  eachField(bytes, (field, reader) => {
    if (field === 1) vertexes.push(decodeVertex(reader.bytes()))
    else if (field === 2) statuses.push(decodeVertexStatus(reader.bytes()))
    else if (field === 3) logs.push(decodeLog(reader.bytes()))
    else if (field === 4) warnings.push(decodeWarning(reader.bytes()))
    else return false
    return true
  })
  return { vertexes, statuses, logs, warnings }
}

/** The first field of a request that is one text: Host of CredentialsRequest, ID of GetSecretRequest and CheckAgentRequest. */
export function decodeFirstText(bytes: Uint8Array): { readonly text: string } {
  let text = ''
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false
    text = reader.string()
    return true
  })
  return { text }
}

/** A message with one field of bytes: GetSecretResponse and sshforward's BytesMessage. */
export function encodeBytes(data: Uint8Array): Buffer {
  return Buffer.from(protobuf.Writer.create().uint32(10).bytes(data).finish())
}

export function decodeBytes(bytes: Uint8Array): Uint8Array {
  let data: Uint8Array = new Uint8Array()
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false
    data = reader.bytes()
    return true
  })
  return data
}

/** `CredentialsResponse`. An identity token goes without a user name. */
export function encodeCredentials(credentials: {
  readonly username: string
  readonly secret: string
}): Buffer {
  const writer = protobuf.Writer.create()
  if (credentials.username !== '') writer.uint32(10).string(credentials.username)
  if (credentials.secret !== '') writer.uint32(18).string(credentials.secret)
  return Buffer.from(writer.finish())
}

/** `grpc.health.v1.HealthCheckResponse` with status SERVING. */
export function encodeServing(): Buffer {
  return Buffer.from(protobuf.Writer.create().uint32(8).int32(1).finish())
}

function decodeVertex(bytes: Uint8Array): Vertex {
  const vertex = { digest: '', name: '', isCached: false, error: '' }
  let started: number | undefined
  let completed: number | undefined
  eachField(bytes, (field, reader) => {
    if (field === 1) vertex.digest = reader.string()
    else if (field === 3) vertex.name = reader.string()
    else if (field === 4) vertex.isCached = reader.bool()
    else if (field === 5) started = decodeTime(reader.bytes())
    else if (field === 6) completed = decodeTime(reader.bytes())
    else if (field === 7) vertex.error = reader.string()
    else return false
    return true
  })
  return { ...vertex, started, completed }
}

function decodeVertexStatus(bytes: Uint8Array): VertexStatus {
  const status = { id: '', vertex: '', current: 0, total: 0 }
  eachField(bytes, (field, reader) => {
    if (field === 1) status.id = reader.string()
    else if (field === 2) status.vertex = reader.string()
    else if (field === 4) status.current = Number(reader.int64())
    else if (field === 5) status.total = Number(reader.int64())
    else return false
    return true
  })
  return status
}

function decodeLog(bytes: Uint8Array): VertexLog {
  const log = { vertex: '', stream: 1, data: new Uint8Array() }
  eachField(bytes, (field, reader) => {
    if (field === 1) log.vertex = reader.string()
    else if (field === 3) log.stream = Number(reader.int64())
    else if (field === 4) log.data = new Uint8Array(reader.bytes())
    else return false
    return true
  })
  return log
}

function decodeWarning(bytes: Uint8Array): VertexWarning {
  const warning = { vertex: '', message: '', url: '' }
  const details: string[] = []
  let line: number | undefined
  eachField(bytes, (field, reader) => {
    if (field === 1) warning.vertex = reader.string()
    else if (field === 3) warning.message = reader.string()
    else if (field === 4) details.push(reader.string())
    else if (field === 5) warning.url = reader.string()
    else if (field === 7) line ??= decodeLine(reader.bytes())
    else return false
    return true
  })
  return { ...warning, details, line }
}

/** `pb.Range`: the line of its start, whose first field is the line. */
function decodeLine(range: Uint8Array): number | undefined {
  let line: number | undefined
  eachField(decodeBytes(range), (field, reader) => {
    if (field !== 1) return false
    line = reader.int32()
    return true
  })
  return line
}

function decodeTime(bytes: Uint8Array): number {
  let milliseconds = 0
  eachField(bytes, (field, reader) => {
    if (field === 1) milliseconds += Number(reader.int64()) * 1000
    else if (field === 2) milliseconds += reader.int32() / 1e6
    else return false
    return true
  })
  return milliseconds
}

/** Hands each field to `take`, and passes over those it leaves: newer engines send more. */
function eachField(bytes: Uint8Array, take: (field: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (!take(tag >>> 3, reader)) reader.skipType(tag & 7)
  }
}
