import { createHash, createHmac } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { connectAws } from '../../../src/platform/aws/connection.ts'
import { clusterToken } from '../../../src/platform/aws/token.ts'
import { withKeys } from './local-aws.ts'

afterEach(() => vi.unstubAllEnvs())

const now = new Date('2026-01-31T12:00:00Z')

async function tokenIn(
  region: string,
): Promise<{ readonly url: URL; readonly expires: number; readonly token: string }> {
  // Tokens are signed for the region's own STS, whatever other endpoint there is.
  withKeys('http://127.0.0.1:9')
  const connection = connectAws({ region, profile: undefined })
  const { token, expires } = await clusterToken(connection, 'shop', AbortSignal.timeout(10_000), now)
  const url = Buffer.from(token.replace(/^k8s-aws-v1\./, ''), 'base64url').toString()
  return { url: new URL(url), expires, token }
}

test('a token is a question to STS that names the cluster, and is used for 14 minutes (S64, S170, G20)', async () => {
  const { url, expires, token } = await tokenIn('eu-west-1')
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
  expect(url.origin + url.pathname).toBe('https://sts.eu-west-1.amazonaws.com/')
  const query = Object.fromEntries([...url.searchParams].filter(([key]) => key !== 'X-Amz-Signature'))
  expect(query).toMatchInlineSnapshot(`
    {
      "Action": "GetCallerIdentity",
      "Version": "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sts/aws4_request",
      "X-Amz-Date": "20260131T120000Z",
      "X-Amz-Expires": "60",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    }
  `)
  expect(expires - now.getTime()).toBe(14 * 60_000)
})

test('the signature is what AWS would compute', async () => {
  const { url } = await tokenIn('eu-west-1')
  const pairs = [...url.searchParams].filter(([key]) => key !== 'X-Amz-Signature')
  const query = pairs
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const request = `GET\n/\n${query}\nhost:${url.host}\nx-k8s-aws-id:shop\n\nhost;x-k8s-aws-id\n${hash('')}`
  const scope = '20260131/eu-west-1/sts/aws4_request'
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), 'AWS4a-secret-that-nobody-may-see')
  const text = `AWS4-HMAC-SHA256\n20260131T120000Z\n${scope}\n${hash(request)}`
  expect(url.searchParams.get('X-Amz-Signature')).toBe(hmac(key, text).toString('hex'))
})

test('in China STS has another name', async () => {
  const { url } = await tokenIn('cn-north-1')
  expect(url.host).toBe('sts.cn-north-1.amazonaws.com.cn')
})
