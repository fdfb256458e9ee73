import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { openEngine } from '../../../src/platform/engine/engine.ts'
import { run } from '../../../src/platform/run.ts'
import { refusalOf, temporaryFolder } from './fake-engine.ts'

/** A certificate for 127.0.0.1 that is its own authority, with its key; undefined where there is no openssl to make one. */
async function selfSigned(): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  const folder = await temporaryFolder()
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const form = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=engine',
  ]
  const made = await run([
    'openssl',
    'req',
    '-x509',
    ...form,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    cert,
  ]).catch(() => undefined)
  return made?.exitCode === 0 ? { cert: await readFile(cert), key: await readFile(key) } : undefined
}

test('an engine behind TLS: client certificate, verified authority, and the refusal of a stranger', async ({
  skip,
}) => {
  const ours = await selfSigned()
  if (ours === undefined) return skip('no openssl')
  const clients: unknown[] = []
  const server = createServer(
    { ...ours, ca: ours.cert, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { socket } = request
      clients.push(socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined)
      response.writeHead(200, { 'Api-Version': '1.45' }).end('[]')
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = {
    kind: 'tcp',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    basePath: '',
  } as const

  const engine = openEngine({ ...at, tls: { ...ours, ca: ours.cert, isVerified: true } })
  expect(await engine.get('/networks')).toEqual([])
  engine.close()
  expect(clients).toEqual(['engine', 'engine'])

  const unverified = openEngine({ ...at, tls: { ...ours, isVerified: false } })
  expect(await unverified.get('/networks')).toEqual([])
  unverified.close()

  const stranger = openEngine({ ...at, tls: { ...ours, isVerified: true } })
  expect((await refusalOf(stranger.get('/networks'))).replace(/:\d+ /, ':PORT ')).toMatchInlineSnapshot(`
    "StepError: the Docker engine at tcp://127.0.0.1:PORT cannot be reached: self-signed certificate
      if it speaks TLS, check DOCKER_TLS_VERIFY and the files in DOCKER_CERT_PATH"
  `)
})
