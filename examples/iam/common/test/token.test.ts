import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bearerOf, isSameSecret, readToken, signToken, whyInvalid } from '../src/token.ts'

const now = 1_700_000_000
const request = {
  subject: 'peter',
  audience: 'iam-apiserver',
  keyId: 'login',
  key: 'secret',
  lifetimeSeconds: 60,
  now,
}

function verdict(text: string, at = now, key = 'secret', audience = 'iam-apiserver'): string {
  const token = readToken(text)
  return token ? (whyInvalid(token, key, audience, at) ?? 'good') : 'no token'
}

function forged(header: object, claims: object, key: string): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

describe('tokens', () => {
  const good = signToken(request)
  const claims = { sub: 'admin', aud: 'iam-apiserver', iat: now, exp: now + 60 }
  const [head = '', payload = '', signature = ''] = good.split('.')

  test('name their key and their subject', () => {
    expect(readToken(good)).toMatchObject({
      keyId: 'login',
      claims: { sub: 'peter', aud: 'iam-apiserver', iat: now, exp: now + 60 },
    })
  })

  test.each([
    ['fresh', good, now, 'good'],
    ['at its last second', good, now + 59, 'good'],
    ['expired', good, now + 60, 'the token has expired'],
    ['from a clock that is ahead', good, now - 30, 'good'],
    ['from the future', good, now - 31, 'the token is from the future'],
    ['without signature', `${head}.${payload}.`, now, 'the signature of the token is wrong'],
    ['with a part too many', `${good}.x`, now, 'no token'],
    ['not base64', 'a.b.c', now, 'no token'],
    ['empty', '', now, 'no token'],
    [
      'signed by another',
      forged({ alg: 'HS256', kid: 'login' }, claims, 'guess'),
      now,
      'the signature of the token is wrong',
    ],
    ['alg none', forged({ alg: 'none', kid: 'login' }, claims, ''), now, 'no token'],
    ['without key id', forged({ alg: 'HS256' }, claims, 'secret'), now, 'no token'],
    [
      'claims of another type',
      forged({ alg: 'HS256', kid: 'x' }, { ...claims, exp: 'never' }, 'secret'),
      now,
      'no token',
    ],
    [
      'claims exchanged',
      `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`,
      now,
      'the signature of the token is wrong',
    ],
  ])('%s', (_, text, at, expected) => expect(verdict(text, at)).toBe(expected))

  test('are for one audience and one key', () => {
    expect(verdict(good, now, 'secret', 'iam-authz-server')).toBe('the token is not for iam-authz-server')
    expect(verdict(good, now, 'Secret')).toBe('the signature of the token is wrong')
  })

  test('stand after Bearer', () => {
    expect(bearerOf('Bearer a.b.c')).toBe('a.b.c')
    expect(bearerOf('Basic a.b.c')).toBeUndefined()
    expect(bearerOf(undefined)).toBeUndefined()
  })
})

test('secrets of any length compare', () => {
  expect(isSameSecret('abc', 'abc')).toBe(true)
  expect(isSameSecret('', 'abc')).toBe(false)
  expect(isSameSecret('abcd', 'abc')).toBe(false)
})
