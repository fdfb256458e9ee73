import { callAws, type AwsConnection } from './connection.ts'
import { Sha256 } from './sha256.ts'

/** A token for the API server of an EKS cluster. A secret. */
export interface ClusterToken {
  readonly token: string
  /** Epoch milliseconds after which we no longer use it. */
  readonly expires: number
}

/** Seconds for which the signature is good; EKS takes a token for 15 minutes from its signing, whatever this says. */
const signatureSeconds = 60
/** Milliseconds: 15 minutes less one, for clocks that differ and requests on their way. */
const lifetime = 14 * 60_000

/**
 * Proves to a cluster who we are: a signed question to STS, which EKS asks in our place. No request is made here. Always signed for
 * STS of the region, never for another endpoint: EKS asks no other. Source: the token format of aws-iam-authenticator, "API
 * Authorization from Outside a Cluster".
 */
export async function clusterToken(
  connection: AwsConnection,
  cluster: string,
  signal: AbortSignal,
  now: Date = new Date(),
): Promise<ClusterToken> {
  const { region } = connection.options
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const credentials = await callAws(connection, 'sts', 'GetCallerIdentity', signal, connection.credentials)
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256 })
  const host = hostOf(region)
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    { expiresIn: signatureSeconds, signingDate: now },
  )
  const query = Object.entries(signed.query ?? {})
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
    .join('&')
  const url = `https://${host}/?${query}`
  const until = now.getTime() + lifetime
  return {
    token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`,
    // Credentials of a session may be over before the token is.
    expires: Math.min(until, credentials.expiration?.getTime() ?? until),
  }
}

function hostOf(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
