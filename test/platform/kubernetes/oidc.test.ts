import { createServer } from 'node:https'
import { expect, test } from 'vitest'
import { openCredentials } from '../../../src/platform/kubernetes/credentials.ts'
import { contextFor, failureOf } from './fake-api.ts'
import { listening, selfSigned } from './tls-server.ts'

/** A token that ends so many seconds from now. */
function tokenFor(seconds: number, name = 'x'): string {
  const payload = { exp: Math.floor(Date.now() / 1000) + seconds, name }
  return ['{}', JSON.stringify(payload), name]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
}

async function issuer() {
  const ours = await selfSigned('IP:127.0.0.1')
  if (!ours) return undefined
  const asked: string[] = []
  const server = createServer(ours, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = `https://${request.headers.host ?? ''}`
      if (request.url === '/realm/.well-known/openid-configuration') {
        response.end(JSON.stringify({ token_endpoint: `${url}/token` }))
        return
      }
      const form = Buffer.concat(chunks).toString()
      asked.push(`${request.headers.authorization ?? 'no password'} ${form}`)
      if (form.includes('refresh_token=stale')) {
        const refusal = { error: 'invalid_grant', error_description: 'Token is not active' }
        response.writeHead(400).end(JSON.stringify(refusal))
      } else response.end(JSON.stringify({ id_token: tokenFor(600, 'new'), refresh_token: 'second' }))
    })
  })
  const port = await listening(server)
  const config = {
    'idp-issuer-url': `https://127.0.0.1:${String(port)}/realm/`,
    'idp-certificate-authority-data': ours.cert.toString('base64'),
    'client-id': 'kube',
    'client-secret': 's',
  }
  return { asked, config }
}

async function credentialsOf(config: Record<string, string>) {
  const context = await contextFor('https://x', { 'auth-provider': { name: 'oidc', config } })
  return openCredentials(context, { isInteractive: false })
}

test('a token that is good is used as it is', async () => {
  const token = tokenFor(600)
  const { headers } = await (await credentialsOf({ 'id-token': token })).identity()
  expect(headers['Authorization']).toBe(`Bearer ${token}`)
})

test('one that has ended is renewed once, with the client’s password; a refusal renews it again', async ({
  skip,
}) => {
  const provider = await issuer()
  if (!provider) return skip('no openssl')
  const { asked, config } = provider
  const credentials = await credentialsOf({ ...config, 'id-token': tokenFor(-5), 'refresh-token': 'first' })
  const [one] = await Promise.all([credentials.identity(), credentials.identity()])
  expect(String(one.headers['Authorization'])).toContain(Buffer.from('new').toString('base64url'))
  await credentials.identity()
  const password = `Basic ${Buffer.from('kube:s').toString('base64')}`
  expect(asked).toEqual([`${password} grant_type=refresh_token&refresh_token=first`])
  await credentials.renew(one)
  expect(asked[1]).toBe(`${password} grant_type=refresh_token&refresh_token=second`)
})

test('a public client says who it is; a stale login is told, without its token', async ({ skip }) => {
  const provider = await issuer()
  if (!provider) return skip('no openssl')
  const { asked, config } = provider
  const login = { ...config, 'client-secret': '', 'id-token': tokenFor(-5), 'refresh-token': 'stale' }
  const said = await failureOf((await credentialsOf(login)).identity())
  expect(said).toMatchInlineSnapshot(`
    "StepError precondition: the login of user ann (context there) cannot be renewed: https://HOST:PORT says invalid_grant: Token is not active
      log in again with the tool that wrote the kubeconfig"
  `)
  expect(asked).toEqual(['no password grant_type=refresh_token&refresh_token=stale&client_id=kube'])
  const without = await failureOf((await credentialsOf({ 'id-token': tokenFor(-5) })).identity())
  expect(without).toMatchInlineSnapshot(`
    "StepError precondition: the login of user ann (context there) has ended, and the kubeconfig has no refresh token to get another one
      log in again with the tool that wrote the kubeconfig"
  `)
})
