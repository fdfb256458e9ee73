import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertStore } from '../../src/content/certs.ts'
import { createRedactor } from '../../src/content/redact.ts'
import type { Cert, CertLeaf } from '../../src/resolve/resolved.ts'
import { probe } from '../../src/smoke/probe.ts'
import { from, memoryOf, stackOf } from './stack.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const day = 24 * 60 * 60 * 1000
const api: CertLeaf = {
  commonName: 'api',
  names: ['api', 'localhost', '*.todo.localhost'],
  ips: ['127.0.0.1', '::1'],
  usage: 'server',
}
const admin: CertLeaf = { commonName: 'admin, of (todo)', names: [], ips: [], usage: 'client' }
const peer: CertLeaf = { commonName: 'peer', names: ['peer'], ips: [], usage: 'both' }

function certOf(leaves: Readonly<Record<string, CertLeaf>>, days = 365): Cert {
  return { name: 'todo', leaves: new Map(Object.entries(leaves)), days, from }
}

function storeOf(cert: Cert, memory = memoryOf(), clock = { now: Date.now() }) {
  const redactor = createRedactor()
  const stack = stackOf({ certs: new Map([[cert.name, cert]]) })
  const store = createCertStore({ stack, memory, redactor, now: () => clock.now })
  const texts = async () =>
    Object.fromEntries(
      [...(await store.files('todo'))].map(([name, { bytes }]) => [name, new TextDecoder().decode(bytes)]),
    )
  return { store, memory, clock, redactor, texts }
}

function certificateIn(files: Readonly<Record<string, string>>, name: string): X509Certificate {
  return new X509Certificate(files[name] ?? '')
}

describe('S45: an authority and its leaves', () => {
  it('pass the check of openssl, each with its names and purpose', async () => {
    const files = await storeOf(certOf({ api, admin, peer })).texts()
    expect(Object.keys(files)).toEqual([
      'ca.crt',
      'api.crt',
      'api.key',
      'admin.crt',
      'admin.key',
      'peer.crt',
      'peer.key',
    ])
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const verify = (purpose: string, leaf: string) =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.crt', `${leaf}.crt`],
        { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      )
    expect(verify('sslserver', 'api')).toBe('api.crt: OK\n')
    expect(verify('sslclient', 'admin')).toBe('admin.crt: OK\n')
    expect(verify('sslclient', 'peer') + verify('sslserver', 'peer')).toBe('peer.crt: OK\npeer.crt: OK\n')
    expect(() => verify('sslserver', 'admin')).toThrow()

    const authority = certificateIn(files, 'ca.crt')
    expect(authority.ca && authority.verify(authority.publicKey)).toBe(true)
    for (const leaf of ['api', 'admin', 'peer']) {
      const certificate = certificateIn(files, `${leaf}.crt`)
      expect(certificate.ca).toBe(false)
      expect(certificate.verify(authority.publicKey) && certificate.checkIssued(authority)).toBe(true)
      const key = execFileSync('openssl', ['pkey', '-in', `${leaf}.key`, '-pubout'], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(certificate.publicKey.export({ type: 'spki', format: 'pem' })).toBe(key)
    }
    expect(certificateIn(files, 'api.crt').subjectAltName).toBe(
      'DNS:api, DNS:localhost, DNS:*.todo.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(certificateIn(files, 'admin.crt').subjectAltName).toBeUndefined()
    expect(certificateIn(files, 'admin.crt').subject).toBe('CN=admin\\, of (todo)')
    expect(
      execFileSync('openssl', ['x509', '-in', 'ca.crt', '-noout', '-ext', 'basicConstraints,keyUsage'], {
        cwd: folder,
        encoding: 'utf8',
      }),
    ).toMatchInlineSnapshot(`
      "X509v3 Basic Constraints: critical
          CA:TRUE, pathlen:0
      X509v3 Key Usage: critical
          Certificate Sign, CRL Sign
      "
    `)
  })

  it('are made once: a second run creates nothing', async () => {
    const first = storeOf(certOf({ api }))
    const files = await first.texts()
    const digests = await first.store.digests(['todo'], 'change')
    const second = storeOf(certOf({ api }), first.memory)
    const before = [...first.memory.values]
    expect(await second.texts()).toEqual(files)
    expect(await second.store.digests(['todo'], 'look')).toEqual(digests)
    expect([...first.memory.values]).toEqual(before)
  })

  it('are the same for consumers that ask at the same time', async () => {
    const { texts } = storeOf(certOf({ api }))
    const [one, other] = await Promise.all([texts(), texts()])
    expect(one).toEqual(other)
  })

  it('are not made to look', async () => {
    const { store, memory } = storeOf(certOf({ api }))
    expect(await store.digests(['todo'], 'look')).toEqual(new Map())
    expect(memory.values.size).toBe(0)
  })
})

describe('renewal', () => {
  it('comes when a third of the life is left, of the leaf alone', async () => {
    const { texts, clock, store } = storeOf(certOf({ api }, 90))
    const before = await texts()
    clock.now += 59 * day
    expect(await texts()).toEqual(before)
    clock.now += 2 * day
    expect(await store.digests(['todo'], 'look')).toEqual(new Map())
    const after = await texts()
    expect(after['ca.crt']).toBe(before['ca.crt'])
    expect(after['api.crt']).not.toBe(before['api.crt'])
    expect(Date.parse(certificateIn(after, 'api.crt').validTo)).toBeGreaterThan(clock.now + 89 * day)
  })

  it('comes with another declaration, for that leaf', async () => {
    const first = storeOf(certOf({ api, peer }))
    const before = await first.texts()
    const changed = storeOf(certOf({ api: { ...api, names: ['api', 'new'] }, peer }), first.memory)
    expect(await changed.store.digests(['todo'], 'look')).toEqual(new Map())
    const after = await changed.texts()
    expect(certificateIn(after, 'api.crt').subjectAltName).toMatch(/^DNS:api, DNS:new, IP/)
    expect(after['peer.crt']).toBe(before['peer.crt'])
    expect(await storeOf(certOf({ peer }), first.memory).texts()).not.toHaveProperty(['api.crt'])
  })

  it('of the authority takes all leaves along', async () => {
    const { texts, clock } = storeOf(certOf({ api }, 3650))
    const before = await texts()
    clock.now += 7 * 365 * day
    const after = await texts()
    expect(after['ca.crt']).not.toBe(before['ca.crt'])
    expect(certificateIn(after, 'api.crt').verify(certificateIn(after, 'ca.crt').publicKey)).toBe(true)
  })
})

it('S54: a key is never shown, a certificate may be', async () => {
  const { texts, redactor } = storeOf(certOf({ api }))
  const files = await texts()
  expect(redactor.redact(files['api.key'] ?? '')).toBe('***')
  expect(redactor.redact(files['api.crt'] ?? '')).toBe(files['api.crt'])
})

it('S47: a server with the leaf is trusted by whoever has the authority, and by nobody else', async () => {
  const files = await storeOf(certOf({ api })).texts()
  const server = createServer({ cert: files['api.crt'], key: files['api.key'] }, (_, response) =>
    response.end('ok'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const check = { kind: 'http', path: '/', port: 'https', scheme: 'https', headers: new Map() } as const
  const at = { host: '127.0.0.1', port }
  const other = await storeOf(certOf({ api })).texts()
  expect(await probe(check, at, { timeout: 5000, ca: files['ca.crt'] ?? '' })).toEqual({
    ok: true,
    detail: '200',
  })
  expect(await probe(check, at, { timeout: 5000, ca: other['ca.crt'] ?? '' })).toMatchObject({ ok: false })
  server.close()
})
