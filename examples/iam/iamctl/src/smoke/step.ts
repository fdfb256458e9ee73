import type { Client } from '../client.ts'

/** What the steps of one run hand on; names are unique, so that runs do not meet. */
export interface Story {
  readonly client: Client
  readonly adminPassword: string
  readonly username: string
  readonly password: string
  adminToken: string
  userToken: string
  secret: { readonly id: string; readonly key: string }
}

export interface Step {
  readonly name: string
  /** Throws with what was expected and what came. */
  readonly run: (story: Story) => Promise<void>
}

export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what} should be ${should}, not ${is}`)
}

/** The values of these keys of an answer, in that order. */
export function pick(answer: unknown, ...keys: readonly string[]): unknown[] {
  const map =
    typeof answer === 'object' && answer !== null ? (answer as Readonly<Record<string, unknown>>) : {}
  return keys.map((key) => map[key])
}
