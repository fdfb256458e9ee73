import { expect, test } from 'vitest'
import { parsePolicy } from '../src/policy.ts'

test('a policy is read as it is', () => {
  const policy = {
    name: 'office',
    effect: 'allow',
    subjects: ['users:*'],
    actions: ['read', 'list'],
    resources: ['articles:*'],
    conditions: { ip: '10.0.0.0/8' },
  }
  expect(parsePolicy(policy)).toEqual({ policy, problems: [] })
})

test('all that is wrong with a policy is said at once', () => {
  const { problems } = parsePolicy({
    name: 'Not A Name',
    effekt: 'allow',
    effect: 'perhaps',
    subjects: [],
    actions: ['read', 7],
    conditions: { ip: '10.0.0.0/33', time: 'noon' },
  })
  expect(problems).toMatchInlineSnapshot(`
    [
      "effekt is not a known field",
      "conditions.time is not a known field",
      "name must be 1 to 64 lower-case letters, digits, dots, dashes and underscores",
      "effect must be one of allow, deny",
      "subjects must be a list of 1 to 64 texts",
      "actions must hold texts of 1 to 255 characters",
      "resources must be a list of 1 to 64 texts",
      "conditions.ip must be an address range such as 10.0.0.0/8",
    ]
  `)
})

test.each([undefined, null, 'text', [1], 7])('%j is no policy', (data) => {
  expect(parsePolicy(data).problems[0]).toBe('the whole must be an object')
})
