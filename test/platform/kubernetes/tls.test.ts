import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { connect, createServer as createTcp, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import { contextFor, failureOf } from './fake-api.ts'
import { listening, selfSigned } from './tls-server.ts'

const version: RequestListener = (_request, response) => {
  response.end('{"major":"1","minor":"34+","gitVersion":"v1.34.4-eks"}')
}

test('client certificates, the kubeconfig’s authority, a server name of TLS, and strangers', async ({
  skip,
}) => {
  const ours = await selfSigned('DNS:kubernetes')
  if (!ours) return skip('no openssl')
  const seen: unknown[] = []
  const port = await listening(
    createServer({ ...ours, ca: ours.cert, requestCert: true }, (request, response) => {
      const { socket } = request
      seen.push(socket instanceof TLSSocket && socket.getPeerCertificate().subject.CN)
      version(request, response)
    }),
  )
  const server = `https://127.0.0.1:${String(port)}`
  const base64 = (bytes: Buffer) => bytes.toString('base64')
  const user = { 'client-certificate-data': base64(ours.cert), 'client-key-data': base64(ours.key) }
  const asked = async (cluster: Record<string, unknown>) => {
    const client = createKubeClient(await contextFor(server, user, cluster))
    onTestFinished(() => client.close())
    return client.version()
  }
  const ca = { 'certificate-authority-data': base64(ours.cert) }
  expect(await asked({ ...ca, 'tls-server-name': 'kubernetes' })).toEqual({
    major: 1,
    minor: 34,
    text: 'v1.34.4-eks',
  })
  expect(await asked({ 'insecure-skip-tls-verify': true })).toMatchObject({ minor: 34 })
  expect(seen).toEqual(['ann', 'ann'])
  expect(await failureOf(asked(ca))).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) shows a certificate of another host
      the address belongs to another server now, or the kubeconfig needs tls-server-name"
  `)
  expect(await failureOf(asked({}))).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) shows a certificate that the kubeconfig’s authority did not sign (DEPTH_ZERO_SELF_SIGNED_CERT)
      the cluster was made anew, or another one answers there: fetch its kubeconfig again"
  `)
  expect(await failureOf(asked({ 'certificate-authority-data': 'AAAA' }))).toMatchInlineSnapshot(`
    "StepError precondition: the kubeconfig’s certificate authority of cluster c is not a certificate
      fetch the kubeconfig again"
  `)
})

test('nobody there, and somebody who speaks something else', async () => {
  const port = await listening(createHttp(version))
  const asked = async (server: string) => {
    const client = createKubeClient(await contextFor(server))
    onTestFinished(() => client.close())
    return failureOf(client.version())
  }
  expect(await asked(`https://127.0.0.1:${String(port)}`)).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) does not speak TLS
      check scheme and port of the server in the kubeconfig"
  `)
  const closed = createTcp()
  const free = await listening(closed)
  closed.close()
  expect(await asked(`https://127.0.0.1:${String(free)}`)).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) does not answer: connection refused
      is the cluster running? On Docker Desktop: Settings, Kubernetes; a restarted kind cluster may have a new port"
  `)
  expect(await asked('https://api.invalid:6443')).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://api.invalid:6443 (context there) does not answer: its host name is not known
      the cluster may be gone; else check VPN and DNS"
  `)
})

test('a server that takes the connection and says nothing is told about', { timeout: 20_000 }, async () => {
  const port = await listening(createTcp())
  const client = createKubeClient(await contextFor(`https://127.0.0.1:${String(port)}`))
  onTestFinished(() => client.close())
  expect(await failureOf(client.version())).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) does not answer (ETIMEDOUT)
      check the address, VPN, proxy (HTTPS_PROXY, NO_PROXY) and any firewall between"
  `)
})

test('proxies: of the kubeconfig, with a password, and one that refuses', async ({ skip }) => {
  const ours = await selfSigned('IP:127.0.0.1')
  if (!ours) return skip('no openssl')
  const port = await listening(createServer(ours, version))
  const connects: unknown[] = []
  const proxy = createHttp()
  proxy.on('connect', (request, socket, head) => {
    connects.push([request.url?.replace(/\d+$/, 'PORT'), request.headers['proxy-authorization']])
    if (request.headers['proxy-authorization'] === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
  })
  const proxyPort = await listening(proxy)
  const asked = async (login: string) => {
    const context = await contextFor(
      `https://127.0.0.1:${String(port)}`,
      {},
      {
        'certificate-authority-data': ours.cert.toString('base64'),
        'proxy-url': `http://${login}127.0.0.1:${String(proxyPort)}`,
      },
    )
    const client = createKubeClient(context)
    onTestFinished(() => client.close())
    return client.version()
  }
  expect(await asked('ann:p%40w@')).toMatchObject({ major: 1 })
  expect(connects).toEqual([['127.0.0.1:PORT', `Basic ${Buffer.from('ann:p@w').toString('base64')}`]])
  expect(await failureOf(asked(''))).toMatchInlineSnapshot(`
    "StepError precondition: the Kubernetes API at https://HOST:PORT (context there) cannot be reached: the proxy HOST:PORT refuses to connect there: 407 Proxy Authentication Required
      check the server in the kubeconfig"
  `)
})

test('proxies: SOCKS', async ({ skip }) => {
  const ours = await selfSigned('IP:127.0.0.1')
  if (!ours) return skip('no openssl')
  const port = await listening(createServer(ours, version))
  const destinations: string[] = []
  const proxy = createTcp((near: Socket) => {
    // RFC 1928: greeting without a password, then CONNECT to an address of four bytes.
    near.once('data', () => {
      near.write(Buffer.of(5, 0))
      near.once('data', (request: Buffer) => {
        destinations.push([...request.subarray(4, 8)].join('.'))
        const far = connect(port, '127.0.0.1', () => {
          near.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
          far.pipe(near).pipe(far)
        })
      })
    })
  })
  const cluster = {
    'certificate-authority-data': ours.cert.toString('base64'),
    'proxy-url': `socks5://127.0.0.1:${String(await listening(proxy))}`,
  }
  const client = createKubeClient(await contextFor(`https://127.0.0.1:${String(port)}`, {}, cluster))
  expect(await client.version()).toMatchObject({ major: 1 })
  client.close()
  expect(destinations).toEqual(['127.0.0.1'])
})
