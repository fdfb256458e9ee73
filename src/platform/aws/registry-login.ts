import { StepError } from '../../plan/step-error.ts'
import { RegistryCredentials } from '../engine/registry-credentials.ts'
import { callAws, type AwsConnection } from './connection.ts'

/** The image registry of an account in a region, and what it takes as proof. */
export interface RegistryLogin {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com` */
  readonly host: string
  /** It speaks TLS. */
  readonly isSecure: boolean
  readonly credentials: RegistryCredentials
  /** Epoch milliseconds; AWS gives twelve hours. */
  readonly expires: number
}

/** Milliseconds where an answer does not say: far less than AWS gives. */
const usualLife = 3_600_000

export async function registryLogin(connection: AwsConnection, signal: AbortSignal): Promise<RegistryLogin> {
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr')
  const client = new ECRClient(connection.config)
  try {
    const { authorizationData } = await callAws(
      connection,
      'ecr',
      'GetAuthorizationToken',
      signal,
      async () => await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: signal }),
    )
    const [{ authorizationToken = '', proxyEndpoint = '', expiresAt } = {}] = authorizationData ?? []
    const [username, password] = splitOnce(Buffer.from(authorizationToken, 'base64').toString())
    if (password === undefined || !URL.canParse(proxyEndpoint))
      throw new StepError('deploy', 'ECR gave no login that a registry takes', {
        hint: 'run the command again; if it stays so, see the health dashboard of AWS',
      })
    const { host, protocol } = new URL(proxyEndpoint)
    return {
      host,
      isSecure: protocol === 'https:',
      credentials: new RegistryCredentials(host, { kind: 'password', username, password }),
      expires: expiresAt?.getTime() ?? Date.now() + usualLife,
    }
  } finally {
    client.destroy()
  }
}

/** `AWS:SECRET`; a secret may hold colons itself. */
function splitOnce(text: string): readonly [string, string | undefined] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}
