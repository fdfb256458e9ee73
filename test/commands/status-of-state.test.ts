import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { exitCodeOfState } from '../../src/commands/outcome.ts'
import { statusOfState } from '../../src/commands/status-of-state.ts'
import { publishedSchema } from '../../src/report/schemas.ts'
import { reduce } from '../../src/state/reduce.ts'
import { initialState } from '../../src/state/state.ts'
import { noon, pictureEvents } from '../tui/picture.ts'

const state = pictureEvents().reduce(reduce, initialState)

// S54
test('what a running dev knows is told as status tells it', () => {
  const { rows, smoke } = statusOfState(state, [])
  const lines = rows.map(({ resource, health, detail, replicas, drift }) =>
    [resource, health, detail, replicas && `${replicas.ready}/${replicas.wanted}`, drift]
      .filter((part) => part !== undefined)
      .join(' · '),
  )
  expect(lines).toMatchInlineSnapshot(`
    [
      "service/mariadb · ready · ready · 1/1",
      "service/redis · ready · ready · 1/1",
      "service/iam-authz · ready · ready · 2/2",
      "job/migrate · ready · completed",
      "service/iam-apiserver · starting · replace: src/users.ts changed · 1/2",
      "service/iam-pump · failed · exited 1, 3 times",
      "service/iamctl · absent · waiting for iam-pump: healthy",
    ]
  `)
  expect(smoke.map(({ check, outcome }) => `${check} ${outcome}`)).toMatchInlineSnapshot(`
    [
      "healthz passed",
      "login passed",
      "policy failed",
    ]
  `)
})

test('only what is named', () => {
  expect(statusOfState(state, ['redis']).rows.map(({ resource }) => resource)).toEqual(['service/redis'])
})

test('the published schema of results knows it', async () => {
  const { rows, smoke } = statusOfState(state, [])
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
  ajv.addSchema((await publishedSchema('results')) ?? {}, 'results')
  const validate = ajv.compile({ $ref: 'results#/definitions/status' })
  const text = JSON.stringify({ project: 'iam', target: 'kind', resources: rows, smoke })
  expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true)
})

test('the exit code of a first up, from what is known after it', () => {
  expect(exitCodeOfState(initialState, true)).toBe(0)
  const failed = reduce(initialState, {
    type: 'smoke.failed',
    at: noon,
    check: 'login',
    milliseconds: 1,
    failure: { kind: 'smoke', message: 'no', evidence: [] },
  })
  expect(exitCodeOfState(failed, true)).toBe(5)
  expect(exitCodeOfState(initialState, false)).toBe(4)
  const unbuilt = reduce(initialState, {
    type: 'step.failed',
    at: noon,
    step: 'build image/api',
    resource: 'image/api',
    op: 'build',
    failure: { kind: 'build', message: 'no', evidence: [] },
  })
  expect(exitCodeOfState(unbuilt, false)).toBe(3)
})
