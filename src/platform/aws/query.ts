import { callAws, type AwsConnection } from './connection.ts'
import { Sha256 } from './sha256.ts'

/** A service that speaks AWS's query protocol, and where. */
export interface QueryService {
  readonly name: 'ec2' | 'iam'
  /** Of its API: `2016-11-15`. */
  readonly version: string
  /** IAM is one for all regions, and signed for the first of them. */
  readonly region: string
  readonly host: string
}

/**
 * One signed question, answered in XML. For services of which we ask one thing: their clients would double what this program weighs.
 * Throws AwsError.
 */
export async function queryAws(
  connection: AwsConnection,
  service: QueryService,
  action: string,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const body = new URLSearchParams({ Action: action, Version: service.version, ...fields }).toString()
  return await callAws(connection, service.name, action, signal, async () => {
    const { url, init } = await signed(connection, service, body)
    const answer = await fetch(url, { ...init, signal })
    const text = await answer.text()
    if (answer.ok) return text
    throw refusalIn(text, answer.status)
  })
}

async function signed(
  connection: AwsConnection,
  service: QueryService,
  body: string,
): Promise<{ readonly url: string; readonly init: RequestInit }> {
  const url = new URL(endpointOf(service))
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const signer = new SignatureV4({
    credentials: await connection.credentials(),
    region: service.region,
    service: service.name,
    sha256: Sha256,
  })
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  })
  // Whoever sends it says the host.
  const { host: _host, ...sent } = headers
  return { url: url.href, init: { method: 'POST', headers: sent, body } }
}

/** As the SDK finds it: the address that the environment names for the service or for all, else AWS's own. */
function endpointOf({ name, host }: QueryService): string {
  return (
    process.env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] ??
    process.env['AWS_ENDPOINT_URL'] ??
    `https://${host}`
  )
}

/** In the form in which the SDK throws, so that one place knows what it means. */
function refusalIn(text: string, status: number): Error {
  const [, code = 'Unknown'] = /<Code>([^<]+)<\/Code>/.exec(text) ?? []
  const [, message = code] = /<Message>([^<]*)<\/Message>/.exec(text) ?? []
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } })
}
