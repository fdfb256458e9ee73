import { setTimeout as sleep } from 'node:timers/promises'
import { RefusedError } from '../client.ts'
import { policyName, resource } from './apiserver-steps.ts'
import { expectEqual, pick, type Step, type Story } from './step.ts'

/** How long, in milliseconds, news may take from one program to the next. */
const patience = 20_000
const pause = 100

export const awaitPolicy: Step = {
  name: 'the policy reaches the authz-server',
  run: ({ client, secret }) =>
    until(async () => {
      try {
        const { items } = (await client.authz('GET', '/v1/policies', secret)) as { items: { name: string }[] }
        return items.some(({ name }) => name === policyName)
      } catch (error) {
        // The secret is news, too.
        if (error instanceof RefusedError && error.status === 401) return false
        throw error
      }
    }),
}

export const allowed: Step = {
  name: 'an allowed decision',
  run: (story) => expectDecision(story, 'read', [true, `allowed by policy ${policyName}`]),
}

export const denied: Step = {
  name: 'a denied decision',
  run: (story) => expectDecision(story, 'delete', [false, 'no policy matches']),
}

export const pumped: Step = {
  name: 'both decisions were pumped',
  run: ({ client, username }) => until(async () => (await client.pumped(username)) === 2),
}

async function expectDecision({ client, secret }: Story, action: string, expected: unknown): Promise<void> {
  const body = { subject: 'users:peter', action, resource, context: { ip: '127.0.0.1' } }
  const decision = await client.authz('POST', '/v1/authz', secret, body)
  expectEqual('the decision', pick(decision, 'allowed', 'reason'), expected)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${String(patience / 1000)} s`)
    await sleep(pause)
  }
}
