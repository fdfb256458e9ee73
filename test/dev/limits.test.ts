import { expect, it } from 'vitest'
import { devLimits } from '../../src/dev/limits.ts'
import { resolvedStack } from '../resolve/stack.ts'

const stack = (dev: string): string => `
services:
  api:
    image: busybox:stable
    process: { run: sleep 10 }
    dev: ${dev}
`
const told = async (dev: string, profile: string) =>
  devLimits(await resolvedStack(stack(dev), { profile })).map(
    ({ span, message }) => `${span?.line ?? 0}:${span?.column ?? 0} ${message}`,
  )

it('names every wish about the dev loop that is not carried out, at its place', async () => {
  expect(
    await told(
      '{ sync: [{ from: ./a, to: /a }], exec: [{ on: a, run: b }], restart: none, debug: 9229 }',
      'compose',
    ),
  ).toMatchInlineSnapshot(`
    [
      "7:12 service api: dev.sync has no effect: the stack does not build its image, or gives it a tag of its own, so nothing is written into it",
      "7:43 service api: dev.exec has no effect: the stack does not build its image, or gives it a tag of its own, so nothing is written into it",
      "7:79 service api: dev.restart has no effect: the stack does not build its image, or gives it a tag of its own, so nothing is written into it",
    ]
  `)
})

it('honours a process that reloads itself, and says nothing where nothing was wished', async () => {
  expect(await told('{ restart: none }', 'process')).toEqual([])
  expect(await told('{ debug: 9229 }', 'process')).toEqual([
    '7:19 service api: dev.debug has no effect: the program listens on this machine anyway',
  ])
  expect(await told('{ sync: infer }', 'compose')).toEqual([])
})
