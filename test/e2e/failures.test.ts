import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  describeRun,
  fixedPorts,
  isDockerWanted,
  sandbox,
  targets,
  type Ended,
  type Options,
  type Sandbox,
} from './cli.ts'
import { containersOf } from './machine.ts'
import type { SomeEvent } from './program.ts'
import { writeServer } from './small-stack.ts'

/** Fails the run itself when it did not end as it should, and gives what the failed step said. */
async function failureOf(box: Sandbox, target: string, code: number, options?: Options) {
  const words = ['up', '--profile', target, '--progress', 'json']
  const ended = await box.run(words, options)
  expect(ended.code, describeRun(words, ended)).toBe(code)
  const [first] = failedSteps(ended)
  if (!first) throw new Error(describeRun(words, ended))
  // Every cause is at its line of the stack file.
  expect(first.failure.span?.file).toBe(`${box.folder}/iamstack.yaml`)
  const line = box.read('iamstack.yaml').split('\n')[(first.failure.span?.line ?? 0) - 1] ?? ''
  return { resource: first.resource, ...first.failure, line: line.trim(), ended }
}

function failedSteps({ events }: Ended): SomeEvent<'step.failed'>[] {
  return events.filter((event): event is SomeEvent<'step.failed'> => event.type === 'step.failed')
}

describe.each(targets)('%s', (target) => {
  test('a service that ends again and again fails the step with its last words, and what needs it is not started', async () => {
    const box = sandbox()
    writeServer(box, 'needs: { broken: healthy }', '')
    const script = 'echo cannot open the door; exit 3'
    box.edit(
      'iamstack.yaml',
      'services:',
      `services:
  broken:
    image: busybox:stable
    command: [sh, -c, '${script}']
    process: { run: [sh, -c, '${script}'], inputs: [] }
    ports: { http: 8000 }
    health: { http: /, port: http }`,
    )
    const failure = await failureOf(box, target, 4)
    expect(failure).toMatchObject({ resource: 'service/broken', line: 'broken:' })
    expect(failure.message).toMatch(/^service broken exited .*3/)
    expect(failure.evidence).toContain('cannot open the door')
    expect(failure.ended.events.find(({ type }) => type === 'step.cancelled')).toMatchObject({
      resource: 'service/web',
    })
  })

  test('a failing migration stops the run with its log, and says so once', async () => {
    const box = sandbox()
    const script = 'echo no such column: colour >&2; exit 9'
    writeServer(
      box,
      'needs: { migrate: completed }',
      `jobs:
  migrate:
    image: busybox:stable
    command: [sh, -c, '${script}']
    process: { run: [sh, -c, '${script}'], inputs: [] }`,
    )
    const failure = await failureOf(box, target, 4)
    expect(failure).toMatchObject({
      resource: 'job/migrate',
      line: 'migrate:',
      evidence: ['no such column: colour'],
    })
    expect(failure.message).toContain('9')
    expect(failedSteps(failure.ended)).toHaveLength(1)
  })

  test('a port that is taken is named with the program that has it', async () => {
    const box = sandbox()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    writeServer(box)
    box.edit('iamstack.yaml', 'expose: { http: local }', `expose: { http: "local:${String(port)}" }`)
    try {
      const failure = await failureOf(box, target, 4, { env: fixedPorts })
      expect(failure.message).toContain(String(port))
      expect(failure.message).toContain(`process ${String(process.pid)}`)
    } finally {
      await new Promise((resolve) => taken.close(resolve))
    }
    await box.succeed(['up', '--profile', target], { env: fixedPorts })
  })
})

test.runIf(isDockerWanted)("an image that cannot be had fails at once with the engine's reason", async () => {
  const box = sandbox()
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
services:
  web: { image: "localhost:5001/nobody/${box.name}:1" }
`,
  })
  const failure = await failureOf(box, 'compose', 4)
  expect(failure.message).toContain(`nobody/${box.name}:1`)
  expect(containersOf(box.name).size).toBe(0)
})

test.runIf(isDockerWanted)(
  'a program that its image does not have is a failed step, not a wait',
  async () => {
    const box = sandbox()
    box.write({
      'iamstack.yaml': `version: 1
name: ${box.name}
services:
  web: { image: "busybox:stable", command: [no-such-program] }
`,
    })
    const failure = await failureOf(box, 'compose', 4)
    expect(failure.message).toContain('no-such-program')
  },
)
