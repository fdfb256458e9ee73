import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { HttpError } from '../../common/src/http-error.ts'
import { signToken } from '../../common/src/token.ts'
import { createCache } from '../src/cache.ts'
import { authzRoutes } from '../src/routes.ts'

const policy = {
  name: 'p',
  effect: 'allow',
  subjects: ['*'],
  actions: ['read'],
  resources: ['*'],
  conditions: {},
} as const
const snapshot = {
  secrets: [
    { id: 'one', owner: 'anna', key: 'k1', expiresAt: '' },
    { id: 'two', owner: 'bert', key: 'k2', expiresAt: '' },
    { id: 'old', owner: 'anna', key: 'k3', expiresAt: '2020-01-01T00:00:00.000Z' },
  ],
  policies: [{ owner: 'anna', policy }],
}
const body = { subject: 's', action: 'read', resource: 'r' }

async function ask(
  keyId: string,
  key: string,
  asked: unknown = body,
  isLoaded = true,
): Promise<{ answer: unknown; recorded: unknown[] }> {
  const recorded: unknown[] = []
  const cache = createCache()
  if (isLoaded) cache.replace(snapshot)
  const routes = authzRoutes(cache, {
    record: (entry) => void recorded.push(entry),
    close: () => Promise.resolve(),
  })
  const token = signToken({ subject: 'x', audience: 'iam-authz-server', keyId, key, lifetimeSeconds: 60 })
  const raw = { headers: { authorization: `Bearer ${token}` } } as unknown as IncomingMessage
  try {
    const answer = await routes['POST /v1/authz']?.({
      raw,
      parameters: {},
      query: new URLSearchParams(),
      body: asked,
    })
    return { answer: answer?.body, recorded }
  } catch (error) {
    if (error instanceof HttpError)
      return { answer: [error.status, error.message, ...error.details], recorded }
    throw error
  }
}

test('decisions follow the policies of the owner of the secret, and are recorded under his name', async () => {
  expect(await ask('one', 'k1')).toEqual({
    answer: { allowed: true, reason: 'allowed by policy p' },
    recorded: [{ username: 'anna', ...body, allowed: true, reason: 'allowed by policy p' }],
  })
  expect((await ask('two', 'k2')).answer).toEqual({ allowed: false, reason: 'no policy matches' })
})

test('whoever cannot prove who he is gets no decision, and leaves no record', async () => {
  expect(await ask('one', 'k2')).toEqual({
    answer: [401, 'the signature of the token is wrong'],
    recorded: [],
  })
  expect((await ask('three', 'k1')).answer).toEqual([401, 'the token names no secret that is known here'])
  expect((await ask('old', 'k3')).answer).toEqual([401, 'the secret has expired'])
  expect((await ask('one', 'k1', body, false)).answer).toEqual([
    503,
    'policies and secrets are not loaded yet',
  ])
})

test('all that is wrong with a request is said at once', async () => {
  expect((await ask('one', 'k1', { subject: '', context: { ip: 'here' }, extra: 1 })).answer).toEqual([
    400,
    'the request is not valid',
    'extra is not a known field',
    'subject must be a text of 1 to 1024 characters',
    'action is missing',
    'resource is missing',
    'context.ip must be an address such as 10.1.2.3',
  ])
})
