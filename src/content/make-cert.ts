import { randomBytes, webcrypto } from 'node:crypto'
import type { CertLeaf } from '../resolve/resolved.ts'
import { loadX509, type X509 } from './x509.ts'

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000
/** Days an authority lives. */
export const authorityDays = 3650
/** Clocks of machines and containers differ; a certificate made just now must be valid everywhere. */
const tolerance = 60 * 60 * 1000

/** An authority that may sign leaves and no further authorities. `now` is epoch milliseconds. */
export async function makeAuthority(name: string, now: number): Promise<KeyPair> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`${name} authority`] }],
    notBefore: new Date(now - tolerance),
    notAfter: new Date(now + authorityDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pem(certificate), key: await keyPem(x509, keys) }
}

/** A certificate with exactly the names of its declaration, signed by an authority that outlives it. */
export async function makeLeaf(
  authority: KeyPair,
  leaf: CertLeaf,
  days: number,
  now: number,
): Promise<KeyPair> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const issuer = new x509.X509Certificate(authority.cert)
  const names = [
    ...leaf.names.map((value) => ({ type: 'dns', value }) as const),
    ...leaf.ips.map((value) => ({ type: 'ip', value }) as const),
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [leaf.commonName] }],
    issuer: issuer.subject,
    notBefore: new Date(now - tolerance),
    notAfter: new Date(Math.min(now + days * day, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await privateKeyOf(x509, authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(purposesOf(x509, leaf)),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { cert: pem(certificate), key: await keyPem(x509, keys) }
}

function purposesOf(x509: X509, { usage }: CertLeaf): string[] {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage
  switch (usage) {
    case 'server':
      return [serverAuth]
    case 'client':
      return [clientAuth]
    case 'both':
      return [serverAuth, clientAuth]
    default:
      return usage satisfies never
  }
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function privateKeyOf(x509: X509, key: string): Promise<webcrypto.CryptoKey> {
  const bytes = x509.PemConverter.decodeFirst(key)
  return webcrypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign'])
}

async function keyPem(x509: X509, { privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', privateKey)
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`
}

function pem(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem')}\n`
}

/** RFC 5280 §4.1.2.2: positive, at most 20 bytes. The first byte keeps it so without a leading zero. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}
