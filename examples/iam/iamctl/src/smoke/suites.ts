import { randomBytes } from 'node:crypto'
import { reasonOf } from '../../../common/src/log.ts'
import type { Client } from '../client.ts'
import * as apiserver from './apiserver-steps.ts'
import * as authz from './authz-steps.ts'
import type { Step, Story } from './step.ts'

const { login, createUser, createSecret, createPolicy, readBack, update, deleteAll, wrongPassword } =
  apiserver
const { awaitPolicy, allowed, denied, pumped } = authz
const made = [login, createUser, createSecret, createPolicy]
const decided = [...made, awaitPolicy, allowed, denied]

const suites: Readonly<Record<string, readonly Step[]>> = {
  'iam::test::apiserver': [...made, readBack, update, deleteAll, wrongPassword],
  'iam::test::authz': [...decided, deleteAll],
  'iam::test::pump': [...decided, pumped, deleteAll],
  'iam::test::smoke': [
    ...made,
    readBack,
    update,
    awaitPolicy,
    allowed,
    denied,
    pumped,
    deleteAll,
    wrongPassword,
  ],
}

export const suiteNames: readonly string[] = Object.keys(suites)

/** Runs the steps in order up to the first that fails; says each; resolves with whether all passed. */
export async function runSuite(
  name: string,
  client: Client,
  adminPassword: string,
  say: (line: string) => void,
): Promise<boolean> {
  const story = newStory(client, adminPassword)
  for (const step of suites[name] ?? []) {
    const started = performance.now()
    try {
      await step.run(story)
    } catch (error) {
      say(`failed  ${step.name}: ${reasonOf(error)}`)
      await apiserver
        .removeTraces(story)
        .catch((left: unknown) => say(`user ${story.username} stays: ${reasonOf(left)}`))
      return false
    }
    say(`ok      ${step.name} (${String(Math.round(performance.now() - started))} ms)`)
  }
  say(`congratulations, ${name.replace('iam::test::', '')} test passed!`)
  return true
}

function newStory(client: Client, adminPassword: string): Story {
  return {
    client,
    adminPassword,
    username: `smoke-${randomBytes(4).toString('hex')}`,
    password: randomBytes(12).toString('base64url'),
    adminToken: '',
    userToken: '',
    secret: { id: '', key: '' },
  }
}
