import { StepError } from '../../plan/step-error.ts'
import { codeOf } from './docker-config.ts'
import { describeEndpoint, type EngineEndpoint } from './endpoint.ts'

/** The engine answered, and said no. `message` is in the engine's own words. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  /** HTTP status. */
  readonly status: number
  readonly method: string
  /** Without version and query. */
  readonly path: string

  constructor(status: number, message: string, method: string, path: string) {
    super(message)
    this.status = status
    this.method = method
    this.path = path
  }
}

/** True where the engine says that the thing asked for is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404
}

/** True where the engine says that the state of the thing forbids this: name taken, in use, running. */
export function isConflict(error: unknown): boolean {
  return error instanceof EngineError && error.status === 409
}

/** What to tell a person when a connection to the engine fails. `how` says what chose the engine. */
export function unreachable(endpoint: EngineEndpoint, how: string | undefined, cause: unknown): StepError {
  const place = describeEndpoint(endpoint) + (how === undefined ? '' : ` (${how})`)
  const { why, hint } = explain(endpoint, cause)
  return new StepError('precondition', `the Docker engine at ${place} ${why}`, {
    hint,
    cause,
    isTerminal: false,
  })
}

function explain(endpoint: EngineEndpoint, cause: unknown): { readonly why: string; readonly hint: string } {
  const code = codeOf(cause)
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        why: 'refuses this user: permission denied on its socket',
        hint: 'join the docker group: sudo usermod -aG docker "$USER", then log in again (or: newgrp docker)',
      }
    case 'ENOENT':
      return endpoint.kind === 'ssh'
        ? {
            why: 'cannot be reached: ssh is not installed',
            hint: 'install an ssh client, or choose another engine',
          }
        : {
            why: 'does not answer: there is no such socket',
            hint: 'start Docker, or point DOCKER_HOST elsewhere',
          }
    case 'ECONNREFUSED':
      return {
        why: 'does not answer: connection refused',
        hint: 'start Docker: its engine is not running there',
      }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        why: 'does not answer: its host name is not known',
        hint: 'check the name, and this machine’s network',
      }
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        why: `does not answer: ${code}`,
        hint: 'check the address, the network and any firewall between',
      }
    case 'ECONNRESET':
    case 'EPIPE':
      return { why: 'broke the connection', hint: 'it was restarted, or ended; look at its log' }
    default: {
      const words = cause instanceof Error ? cause.message.trim() : String(cause)
      return {
        why: `cannot be reached: ${words}`,
        hint:
          endpoint.kind === 'ssh'
            ? 'the command "docker system dial-stdio" must work there: try it with ssh by hand'
            : 'if it speaks TLS, check DOCKER_TLS_VERIFY and the files in DOCKER_CERT_PATH',
      }
    }
  }
}
