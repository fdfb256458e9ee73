import { callAws, type AwsConnection } from './connection.ts'
import { Sha256 } from './sha256.ts'
import type { Tag } from './tagged.ts'

/** A disk of EBS that is there. */
export interface CloudVolume {
  /** `vol-0123456789abcdef0` */
  readonly id: string
  readonly gib: number
}

/** Of the query API of EC2. */
const version = '2016-11-15'

/**
 * Disks with a tag, as EC2 itself knows them. One signed request: the client of EC2 would double what this program loads and weighs,
 * for one question. Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html.
 */
export async function taggedVolumes(
  connection: AwsConnection,
  { key, value }: Tag,
  signal: AbortSignal,
): Promise<CloudVolume[]> {
  const found: CloudVolume[] = []
  let token: string | undefined
  do {
    const page = await describe(connection, { key, value }, token, signal)
    found.push(...volumesIn(page))
    token = /<nextToken>([^<]+)<\/nextToken>/.exec(page)?.[1]
  } while (token !== undefined)
  return found
}

async function describe(
  connection: AwsConnection,
  { key, value }: Tag,
  token: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const body = new URLSearchParams({
    Action: 'DescribeVolumes',
    Version: version,
    'Filter.1.Name': `tag:${key}`,
    'Filter.1.Value.1': value,
    ...(token !== undefined && { NextToken: token }),
  }).toString()
  return await callAws(connection, 'ec2', 'DescribeVolumes', signal, async () => {
    const [url, init] = await signed(connection, body)
    const answer = await fetch(url, { ...init, signal })
    const text = await answer.text()
    if (answer.ok) return text
    throw refusalIn(text, answer.status)
  })
}

async function signed(connection: AwsConnection, body: string): Promise<[string, RequestInit]> {
  const { region } = connection.options
  const url = new URL(endpointOf(region))
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const signer = new SignatureV4({
    credentials: await connection.credentials(),
    region,
    service: 'ec2',
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
  return [url.href, { method: 'POST', headers: sent, body }]
}

/** As the SDK finds it: the address that the environment names, else that of the region. */
function endpointOf(region: string): string {
  const { AWS_ENDPOINT_URL_EC2: own, AWS_ENDPOINT_URL: general } = process.env
  return own ?? general ?? `https://ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** `size` stands right behind the id of a volume, and not behind that of an attachment. */
function volumesIn(page: string): CloudVolume[] {
  const pattern = /<volumeId>(vol-[0-9a-f]+)<\/volumeId>\s*<size>(\d+)<\/size>/g
  return [...page.matchAll(pattern)].map(([, id = '', size]) => ({ id, gib: Number(size) }))
}

function refusalIn(text: string, status: number): Error {
  const [, code = 'Unknown'] = /<Code>([^<]+)<\/Code>/.exec(text) ?? []
  const [, message = code] = /<Message>([^<]*)<\/Message>/.exec(text) ?? []
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } })
}
