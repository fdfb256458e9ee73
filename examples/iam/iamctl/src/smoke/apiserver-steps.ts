import { RefusedError } from '../client.ts'
import { expectEqual, pick, type Step, type Story } from './step.ts'

export const policyName = 'smoke'
export const resource = 'resources:articles:ladon-introduction'

const policy = {
  name: policyName,
  effect: 'allow',
  subjects: ['users:peter'],
  actions: ['read'],
  resources: ['resources:articles:*'],
}

export const login: Step = {
  name: 'login as administrator',
  async run(story) {
    const body = { username: 'admin', password: story.adminPassword }
    story.adminToken = tokenOf(await story.client.api('POST', '/login', body))
  },
}

export const createUser: Step = {
  name: 'create a user',
  async run(story) {
    const { username: name, password } = story
    const body = { name, password, email: `${name}@example.com` }
    const user = await story.client.api('POST', '/v1/users', body, { token: story.adminToken })
    expectEqual('the user', pick(user, 'name', 'isAdmin'), [name, false])
    story.userToken = tokenOf(await story.client.api('POST', '/login', { username: name, password }))
  },
}

export const createSecret: Step = {
  name: 'create a secret',
  async run(story) {
    const secret = await own(story, 'POST', '/v1/secrets', { name: 'smoke', description: 'made by a test' })
    const [id, key] = pick(secret, 'id', 'key')
    story.secret = { id: String(id), key: String(key) }
  },
}

export const createPolicy: Step = {
  name: 'create a policy',
  async run(story) {
    await own(story, 'POST', '/v1/policies', policy)
  },
}

export const readBack: Step = {
  name: 'read them back',
  async run(story) {
    const { username } = story
    const user = await own(story, 'GET', `/v1/users/${username}`)
    expectEqual('the user', pick(user, 'name', 'email'), [username, `${username}@example.com`])
    const secret = await own(story, 'GET', '/v1/secrets/smoke')
    expectEqual('the secret', pick(secret, 'id', 'owner', 'key'), [story.secret.id, username, undefined])
    const { items } = (await own(story, 'GET', '/v1/policies')) as { items: unknown[] }
    expectEqual(
      'the policies',
      items.map((item) => pick(item, 'name', 'owner', 'subjects')),
      [[policyName, username, policy.subjects]],
    )
  },
}

export const update: Step = {
  name: 'update them',
  async run(story) {
    const user = await own(story, 'PUT', `/v1/users/${story.username}`, { email: 'smoke@example.org' })
    expectEqual('the user', pick(user, 'email'), ['smoke@example.org'])
    const secret = await own(story, 'PUT', '/v1/secrets/smoke', { description: 'changed by a test' })
    expectEqual('the secret', pick(secret, 'description'), ['changed by a test'])
    const changed = await own(story, 'PUT', `/v1/policies/${policyName}`, {
      ...policy,
      actions: ['read', 'list'],
    })
    expectEqual('the policy', pick(changed, 'actions'), [['read', 'list']])
  },
}

export const deleteAll: Step = {
  name: 'delete all',
  async run(story) {
    const { client, username, adminToken: token } = story
    await own(story, 'DELETE', `/v1/policies/${policyName}`)
    await own(story, 'DELETE', '/v1/secrets/smoke')
    await client.api('DELETE', `/v1/users/${username}`, undefined, { token })
    await expectRefusal(404, client.api('GET', `/v1/users/${username}`, undefined, { token }))
  },
}

export const wrongPassword: Step = {
  name: 'a wrong password is refused',
  run: ({ client, adminPassword }) =>
    expectRefusal(401, client.api('POST', '/login', { username: 'admin', password: `not ${adminPassword}` })),
}

/** After a failure: what the run has made must not stay. */
export async function removeTraces({ client, username }: Story): Promise<void> {
  await client.api('DELETE', `/v1/users/${username}`).catch((error: unknown) => {
    if (!(error instanceof RefusedError)) throw error
  })
}

async function expectRefusal(status: number, request: Promise<unknown>): Promise<void> {
  const outcome: unknown = await request.catch((error: unknown) => error)
  if (outcome instanceof Error && !(outcome instanceof RefusedError)) throw outcome
  expectEqual('the status', outcome instanceof RefusedError ? outcome.status : 'a success', status)
}

function own(
  { client, userToken: token }: Story,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return client.api(method, path, body, { token })
}

function tokenOf(answer: unknown): string {
  const [token] = pick(answer, 'token')
  if (typeof token === 'string') return token
  throw new Error('the answer holds no token')
}
