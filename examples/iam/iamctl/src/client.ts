import { requestJson } from '../../common/src/json-client.ts'
import { audiences } from '../../common/src/names.ts'
import { signToken } from '../../common/src/token.ts'
import type { CtlConfig } from './config.ts'

/** A server answered, but not with a success. */
export class RefusedError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** How to prove who calls: a token, or without one the client certificate. */
export interface Credentials {
  readonly token?: string
}

export interface Client {
  /** RefusedError where the status is 400 or above. */
  api(method: string, path: string, body?: unknown, credentials?: Credentials): Promise<unknown>
  /** The same to the authz-server, signed with a secret. */
  authz(
    method: string,
    path: string,
    secret: { readonly id: string; readonly key: string },
    body?: unknown,
  ): Promise<unknown>
  /** Records of one user that the pump has written. */
  pumped(username: string): Promise<number>
}

export function createClient({ apiserver, authz, pump, tls, pumpKey }: CtlConfig): Client {
  const { ca, ...client } = tls
  return {
    async api(method, path, body, { token } = {}) {
      const proof = token === undefined ? { client } : { token }
      return succeed(await requestJson({ method, url: `${apiserver}${path}`, body, ca, ...proof }))
    },
    async authz(method, path, secret, body) {
      const token = signToken({
        subject: 'iamctl',
        audience: audiences.authz,
        keyId: secret.id,
        key: secret.key,
        lifetimeSeconds: 60,
      })
      return succeed(await requestJson({ method, url: `${authz}${path}`, body, ca, token }))
    },
    async pumped(username) {
      const url = `${pump}/v1/analytics/count?username=${encodeURIComponent(username)}`
      const answer = succeed(await requestJson({ method: 'GET', url, token: pumpKey }))
      return Number((answer as { count: unknown }).count)
    },
  }
}

function succeed({ status, body }: { readonly status: number; readonly body: unknown }): unknown {
  if (status < 400) return body
  const error = (body as { error?: { message?: string; details?: readonly string[] } } | undefined)?.error
  const details = error?.details === undefined ? '' : `: ${error.details.join('; ')}`
  throw new RefusedError(status, `${String(status)} ${error?.message ?? 'without a reason'}${details}`)
}
