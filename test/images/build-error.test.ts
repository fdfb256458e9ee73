import { expect, test } from 'vitest'
import { buildError } from '../../src/images/build-error.ts'

const failed = { name: '[2/3] RUN make', error: '', lastLines: ['cc: not found'] }

test.each([
  [
    'dockerfile parse error on line 12: unknown instruction: RUNN',
    undefined,
    12,
    'the build failed: dockerfile parse error on line 12: unknown instruction: RUNN',
  ],
  [
    'dockerfile parse error line 3: FROM requires one argument',
    undefined,
    3,
    'the build failed: dockerfile parse error line 3: FROM requires one argument',
  ],
  [
    'failed to solve with frontend dockerfile.v0: failed to create LLB definition: no build stage',
    undefined,
    undefined,
    'the build failed: failed to create LLB definition: no build stage',
  ],
  [
    'process "/bin/sh -c make" did not complete successfully: exit code: 2',
    failed,
    undefined,
    '[2/3] RUN make: exit code 2',
  ],
  [
    'failed to compute cache key: failed to calculate checksum of ref a::b: "/app": not found',
    failed,
    undefined,
    '[2/3] RUN make: "/app": not found',
  ],
  [
    'r.example/a:1: failed to resolve source metadata for r.example/a:1: r.example/a:1: not found',
    undefined,
    undefined,
    'the base image r.example/a:1 cannot be had: not found',
  ],
  [
    'secret npm: not found',
    failed,
    undefined,
    '[2/3] RUN make requires the build secret "npm", which is not declared',
  ],
])('%s', (words, vertex, line, message) => {
  const error = buildError(words, vertex)
  expect([error.message, error.line, error.kind]).toEqual([message, line, 'build'])
})

test('the last lines of the failed step are the evidence', () => {
  expect(buildError('exit code: 2', failed).evidence).toEqual(['cc: not found'])
})

test('a secret that could not be asked for is named after its mount', () => {
  const mounted = { ...failed, name: '[2/2] RUN --mount=type=secret,target=/x,id=token,required=true make' }
  expect(buildError('no active sessions', mounted).message).toMatch(
    /requires the build secret "token", which is not declared$/,
  )
})
