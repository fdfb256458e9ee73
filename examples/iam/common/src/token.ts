import { createHmac, timingSafeEqual } from 'node:crypto'

/** Claims of our tokens; times are seconds since 1970. */
export interface Claims {
  /** Name of the user, or of the program that calls. */
  readonly sub: string
  /** Who may accept it; a token for one server is none for another. */
  readonly aud: string
  readonly iat: number
  readonly exp: number
}

export interface Token {
  /** Id of the key that it claims to be signed with. Nothing is proven before `verifyToken`. */
  readonly keyId: string
  readonly claims: Claims
  readonly signed: string
  readonly signature: Buffer
}

/** Clocks of two machines differ. */
const toleratedSkewSeconds = 30

export interface TokenRequest {
  readonly subject: string
  readonly audience: string
  readonly keyId: string
  readonly key: string
  readonly lifetimeSeconds: number
  /** Seconds since 1970; default: now. */
  readonly now?: number
}

/** A JSON Web Token signed with HS256 (RFC 7519). */
export function signToken({
  subject,
  audience,
  keyId,
  key,
  lifetimeSeconds,
  now = seconds(),
}: TokenRequest): string {
  const claims: Claims = { sub: subject, aud: audience, iat: now, exp: now + lifetimeSeconds }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: keyId })}.${encode(claims)}`
  return `${signed}.${hmac(signed, key).toString('base64url')}`
}

/** Reads a token without believing it. Undefined where it is none of ours; `alg: none` and its kin are none. */
export function readToken(text: string): Token | undefined {
  const [header = '', payload = '', signature = '', ...more] = text.split('.')
  const head = decode(header)
  const claims = decode(payload)
  if (more.length > 0 || head?.['alg'] !== 'HS256' || !claims) return undefined
  const { kid } = head
  const { sub, aud, iat, exp } = claims
  if (typeof kid !== 'string' || typeof sub !== 'string' || typeof aud !== 'string') return undefined
  if (typeof iat !== 'number' || typeof exp !== 'number') return undefined
  const signed = `${header}.${payload}`
  return {
    keyId: kid,
    claims: { sub, aud, iat, exp },
    signed,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Undefined where the token is good; else why not, in words that help its owner and no one else. */
export function whyInvalid(token: Token, key: string, audience: string, now = seconds()): string | undefined {
  const expected = hmac(token.signed, key)
  if (token.signature.length !== expected.length || !timingSafeEqual(token.signature, expected))
    return 'the signature of the token is wrong'
  if (token.claims.aud !== audience) return `the token is not for ${audience}`
  if (token.claims.exp <= now) return 'the token has expired'
  if (token.claims.iat > now + toleratedSkewSeconds) return 'the token is from the future'
  return undefined
}

/** The text after `Bearer ` in an Authorization header. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer ([\w.-]+)$/i.exec(header ?? '')?.[1]
}

/** Compares secrets in a time that does not depend on where they differ. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'comparison').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function hmac(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
