import { connect } from 'node:net'
import { status, type ServerDuplexStream, type handleUnaryCall } from '@grpc/grpc-js'
import { asError, method, type BuildService, type Unanswered } from './build-service.ts'
import { decodeBytes, decodeFirstText, encodeBytes, encodeCredentials, encodeServing } from './build-wire.ts'
import { fileSyncService, type SyncedFolder } from './file-sync.ts'
import type { RegistryCredentials } from './registry-credentials.ts'

/** What BuildKit may ask of us while it builds. */
export interface BuildProvisions {
  /** By BuildKit's id. A value is fetched when a step asks for it, and not before. */
  readonly secrets: ReadonlyMap<string, () => Promise<Uint8Array>>
  /** For the registry that BuildKit names (`https://index.docker.io/v1/` for Docker Hub). */
  readonly credentials?: ((registry: string) => Promise<RegistryCredentials | undefined>) | undefined
  /** Path of an ssh agent's socket that `RUN --mount=type=ssh` may use. */
  readonly sshAgent?: string | undefined
  /** By the names that its Dockerfile frontend gives them: `context` and `dockerfile`. */
  readonly folders?: ReadonlyMap<string, SyncedFolder> | undefined
}

/** An empty message. gRPC takes a falsy one for none, and then answers "not implemented". */
type Nothing = Readonly<Record<string, never>>
const nothing: Nothing = {}

/** Docker Hub's registry answers under one name, and its logins are kept under another. */
const hubHost = 'registry-1.docker.io'
const hubRegistry = 'https://index.docker.io/v1/'

/** The services that a build session offers to BuildKit, by its protocol's names. */
export function buildServices(provisions: BuildProvisions, unanswered: Unanswered): BuildService[] {
  const services = [
    healthService(),
    secretsService(provisions.secrets, unanswered),
    authService(provisions.credentials, unanswered),
  ]
  if (provisions.sshAgent !== undefined) services.push(sshService(provisions.sshAgent))
  if (provisions.folders !== undefined) services.push(fileSyncService(provisions.folders, unanswered))
  return services
}

/** BuildKit ends a session that does not answer this one. */
function healthService(): BuildService {
  return {
    definition: { Check: method('/grpc.health.v1.Health/Check', () => nothing, encodeServing) },
    implementation: {
      Check: ((_call, callback) => {
        callback(null, nothing)
      }) satisfies handleUnaryCall<Nothing, Nothing>,
    },
  }
}

function secretsService(secrets: BuildProvisions['secrets'], unanswered: Unanswered): BuildService {
  const getSecret: handleUnaryCall<{ text: string }, Uint8Array> = ({ request: { text: id } }, callback) => {
    const fetch = secrets.get(id)
    if (fetch === undefined) {
      unanswered.unknownSecrets.add(id)
      callback({ code: status.NOT_FOUND, details: `secret ${id}: not found` })
      return
    }
    fetch().then(
      (value) => {
        callback(null, value)
      },
      (error: unknown) => {
        unanswered.failures.push(asError(error))
        callback({ code: status.INTERNAL, details: `secret ${id}: no value` })
      },
    )
  }
  return {
    definition: {
      GetSecret: method('/moby.buildkit.secrets.v1.Secrets/GetSecret', decodeFirstText, encodeBytes),
    },
    implementation: { GetSecret: getSecret },
  }
}

/**
 * Only Credentials: without GetTokenAuthority BuildKit fetches registry tokens by itself, and falls back to that as soon as
 * the method is not implemented (moby/buildkit, util/resolver/authorizer.go).
 */
function authService(credentials: BuildProvisions['credentials'], unanswered: Unanswered): BuildService {
  const getCredentials: handleUnaryCall<{ text: string }, { username: string; secret: string }> = (
    { request: { text: host } },
    callback,
  ) => {
    const found = credentials?.(host === hubHost ? hubRegistry : host) ?? Promise.resolve(undefined)
    found.then(
      (known) => {
        const proof = known?.reveal()
        if (proof === undefined) callback(null, { username: '', secret: '' })
        else if (proof.kind === 'password')
          callback(null, { username: proof.username, secret: proof.password })
        else callback(null, { username: '', secret: proof.token })
      },
      (error: unknown) => {
        unanswered.failures.push(asError(error))
        callback({ code: status.INTERNAL, details: `no credentials for ${host}` })
      },
    )
  }
  return {
    definition: {
      Credentials: method('/moby.filesync.v1.Auth/Credentials', decodeFirstText, encodeCredentials),
    },
    implementation: { Credentials: getCredentials },
  }
}

function sshService(socket: string): BuildService {
  const forward = (call: ServerDuplexStream<Uint8Array, Uint8Array>): void => {
    const agent = connect(socket)
    agent.on('data', (data) => call.write(data))
    agent.once('close', () => call.end())
    agent.on('error', (error) => call.destroy(error))
    call.on('data', (data: Uint8Array) => agent.write(data))
    call.once('end', () => agent.end())
    call.once('cancelled', () => agent.destroy())
  }
  return {
    definition: {
      CheckAgent: method(
        '/moby.sshforward.v1.SSH/CheckAgent',
        () => nothing,
        () => Buffer.alloc(0),
      ),
      ForwardAgent: method('/moby.sshforward.v1.SSH/ForwardAgent', decodeBytes, encodeBytes, true),
    },
    implementation: {
      CheckAgent: ((_call, callback) => {
        callback(null, nothing)
      }) satisfies handleUnaryCall<Nothing, Nothing>,
      ForwardAgent: forward,
    },
  }
}
