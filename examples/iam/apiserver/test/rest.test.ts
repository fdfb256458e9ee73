import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { serve, type CloseServer } from '../../common/src/http-server.ts'
import { requestJson, type JsonAnswer } from '../../common/src/json-client.ts'
import { createLog } from '../../common/src/log.ts'
import { createMetrics } from '../../common/src/metrics.ts'
import { signToken } from '../../common/src/token.ts'
import { freePort } from '../../common/test/free-port.ts'
import { createAuthenticator } from '../src/authenticate.ts'
import type { Context } from '../src/context.ts'
import { migrate, readMigrations } from '../src/database/migrate.ts'
import { openSqlite } from '../src/database/sqlite.ts'
import { loginRoutes } from '../src/routes/login.ts'
import { policyRoutes } from '../src/routes/policies.ts'
import { secretRoutes } from '../src/routes/secrets.ts'
import { snapshotRoutes } from '../src/routes/snapshot.ts'
import { userRoutes } from '../src/routes/users.ts'
import { ensureAdmin } from '../src/users.ts'

let folder = ''
let url = ''
let close: CloseServer
const announced: string[] = []
const tokens: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-rest-'))
  const database = await openSqlite(join(folder, 'iam.db'))
  await migrate(database, await readMigrations(fileURLToPath(new URL('../../schema', import.meta.url))))
  await ensureAdmin(database, 'admin password')
  const log = createLog('test', 'error')
  const context: Context = {
    database,
    log,
    tokenKey: 'token key',
    serviceKey: 'service key',
    authenticate: createAuthenticator(database, 'token key'),
    announce: (kind) => void announced.push(kind),
  }
  const port = await freePort()
  url = `http://127.0.0.1:${String(port)}`
  const routes = [loginRoutes, userRoutes, secretRoutes, policyRoutes, snapshotRoutes].map((each) =>
    each(context),
  )
  const requests = createMetrics().counter('requests_total', 'Requests.')
  close = await serve({ host: '127.0.0.1', port, routes: Object.assign({}, ...routes), log, requests })
  tokens['admin'] = await login('admin', 'admin password')
  for (const name of ['anna', 'bert']) {
    await ask('admin', 'POST', '/v1/users', {
      name,
      email: `${name}@example.com`,
      password: `${name} password`,
    })
    tokens[name] = await login(name, `${name} password`)
  }
})
afterAll(async () => {
  await close()
  await rm(folder, { recursive: true })
})
beforeEach(() => void announced.splice(0))

function ask(who: string, method: string, path: string, body?: unknown): Promise<JsonAnswer> {
  return requestJson({
    method,
    url: `${url}${path}`,
    body,
    ...(tokens[who] !== undefined && { token: tokens[who] }),
  })
}

async function login(username: string, password: string): Promise<string> {
  const { body } = await ask('', 'POST', '/login', { username, password })
  return (body as { token: string }).token
}

async function status(who: string, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await ask(who, method, path, body)
  const message = (answer.body as { error?: { message: string } } | undefined)?.error?.message
  return `${String(answer.status)}${message === undefined ? '' : ` ${message}`}`
}

const policy = {
  name: 'p',
  effect: 'allow',
  subjects: ['*'],
  actions: ['*'],
  resources: ['*'],
  conditions: {},
}

test('whoever does not prove who he is gets nothing', async () => {
  expect(await status('', 'POST', '/login', { username: 'anna', password: 'wrong' })).toBe(
    '401 user name or password is wrong',
  )
  expect(await status('', 'POST', '/login', { username: 'nobody', password: 'wrong' })).toBe(
    '401 user name or password is wrong',
  )
  expect(await status('', 'GET', '/v1/users')).toBe(
    '401 a bearer token is missing: POST /login hands one out',
  )
  tokens['forger'] = signToken({
    subject: 'admin',
    audience: 'iam-apiserver',
    keyId: 'login',
    key: 'guess',
    lifetimeSeconds: 9,
  })
  expect(await status('forger', 'GET', '/v1/users')).toBe('401 the signature of the token is wrong')
})

test('users see themselves; administrators see all', async () => {
  const names = async (who: string): Promise<string[]> => {
    const { body } = await ask(who, 'GET', '/v1/users')
    return (body as { items: { name: string }[] }).items.map(({ name }) => name)
  }
  expect([await names('admin'), await names('anna')]).toEqual([['admin', 'anna', 'bert'], ['anna']])
  expect(await status('anna', 'GET', '/v1/users/bert')).toBe('403 this is somebody else')
  expect(await status('anna', 'POST', '/v1/users', {})).toBe('403 only an administrator may do this')
  expect(await status('anna', 'DELETE', '/v1/users/anna')).toBe('403 only an administrator may do this')
  expect(await status('admin', 'DELETE', '/v1/users/admin')).toBe('400 the administrator cannot be deleted')
  expect(await status('admin', 'GET', '/v1/users/nobody')).toBe('404 there is no user nobody')
})

test('no answer holds a hash, and the key of a secret is shown once', async () => {
  const { body: user } = await ask('anna', 'PUT', '/v1/users/anna', { email: 'anna@example.org' })
  expect(Object.keys(user as object)).toEqual(['name', 'email', 'isAdmin', 'createdAt', 'updatedAt'])
  const { body: created } = await ask('anna', 'POST', '/v1/secrets', { name: 's', expiresAt: '2999-12-31' })
  expect(created).toMatchObject({
    owner: 'anna',
    name: 's',
    expiresAt: '2999-12-31T00:00:00.000Z',
    key: expect.stringMatching(/^[\w-]{43}$/) as string,
  })
  const { body: read } = await ask('anna', 'GET', '/v1/secrets/s')
  expect(read).not.toHaveProperty('key')
  expect(announced).toEqual(['secrets'])
})

test('secrets and policies belong to who made them; an administrator names the owner', async () => {
  expect(await status('anna', 'POST', '/v1/policies', policy)).toBe('201')
  expect(await status('anna', 'POST', '/v1/policies', policy)).toBe('409 policy p exists already')
  expect(await status('bert', 'POST', '/v1/policies', policy)).toBe('201')
  expect(await status('bert', 'GET', '/v1/policies/p?owner=anna')).toBe('403 this belongs to somebody else')
  expect(await status('bert', 'DELETE', '/v1/secrets/s?owner=anna')).toBe('403 this belongs to somebody else')
  expect(await status('admin', 'GET', '/v1/policies/p')).toBe('404 admin has no policy p')
  expect(await status('admin', 'GET', '/v1/policies/p?owner=anna')).toBe('200')
  const { body } = await ask('admin', 'GET', '/v1/policies?limit=1&offset=1')
  expect(body).toMatchObject({ items: [{ ...policy, owner: 'bert' }] })
  expect(announced).toEqual(['policies', 'policies'])
})

test('a policy is replaced as a whole and keeps its name', async () => {
  expect(await status('anna', 'PUT', '/v1/policies/p', { ...policy, name: 'q' })).toBe(
    '400 a policy keeps its name',
  )
  const { body } = await ask('anna', 'PUT', '/v1/policies/p', { ...policy, effect: 'deny' })
  expect(body).toMatchObject({ effect: 'deny', owner: 'anna' })
})

test('bad input is refused with everything that is wrong with it', async () => {
  expect(
    (
      await ask('admin', 'POST', '/v1/users', {
        name: 'A b',
        email: 'nowhere',
        password: 'short',
        admin: true,
      })
    ).body,
  ).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "bad-request",
        "details": [
          "admin is not a known field",
          "name must be 1 to 64 lower-case letters, digits, dots, dashes and underscores",
          "email must be an address such as someone@example.com",
          "password must be a text of 8 to 1024 characters",
        ],
        "message": "the request is not valid",
      },
    }
  `)
  expect((await ask('anna', 'GET', '/v1/secrets?limit=0&offset=x')).body).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "bad-request",
        "details": [
          "limit must be a whole number from 1 to 1000",
          "offset must be a whole number from 0 to 1000000",
        ],
        "message": "the request is not valid",
      },
    }
  `)
  expect((await ask('anna', 'POST', '/v1/secrets', { name: 'x', expiresAt: 'tomorrow' })).body)
    .toMatchInlineSnapshot(`
    {
      "error": {
        "code": "bad-request",
        "details": [
          "expiresAt must be a time such as 2030-01-31T12:00:00Z",
        ],
        "message": "the request is not valid",
      },
    }
  `)
})

test('only the service key opens the snapshot', async () => {
  const sign = (keyId: string, key: string): string =>
    signToken({ subject: 'x', audience: 'iam-apiserver', keyId, key, lifetimeSeconds: 9 })
  tokens['service'] = sign('service', 'service key')
  tokens['impostor'] = sign('login', 'service key')
  const { body } = await ask('service', 'GET', '/v1/snapshot')
  expect(body).toMatchObject({
    secrets: [{ owner: 'anna' }],
    policies: [{ owner: 'anna' }, { owner: 'bert' }],
  })
  expect(await status('admin', 'GET', '/v1/snapshot')).toBe('401 no service token')
  expect(await status('impostor', 'GET', '/v1/snapshot')).toBe('401 no service token')
})

test('a user who is deleted takes everything along, and is out at once', async () => {
  expect(await status('admin', 'DELETE', '/v1/users/bert')).toBe('204')
  expect(await status('bert', 'GET', '/v1/policies')).toBe('401 the user does not exist any more')
  expect((await ask('admin', 'GET', '/v1/policies?owner=bert')).body).toEqual({ items: [] })
  expect(announced).toEqual(['secrets', 'policies'])
})
