import { once } from 'node:events'
import { expect, test } from 'vitest'
import { outputsOf } from '../../../src/platform/kubernetes/outputs.ts'

const tick = () => new Promise((resolve) => setImmediate(resolve))

function setUp() {
  let isPaused = false
  const outputs = outputsOf({
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
    },
  })
  return { stdout: outputs.open(), stderr: outputs.open(), isPaused: () => isPaused }
}

test('a slow reader holds the connection, and lets it go when it reads on', async () => {
  const { stdout, isPaused } = setUp()
  const readable = once(stdout.stream, 'readable')
  stdout.receive(Buffer.alloc(100_000))
  await readable
  expect(isPaused()).toBe(true)
  expect((stdout.stream.read() as Buffer).byteLength).toBe(100_000)
  await tick()
  expect(isPaused()).toBe(false)
})

test('an output that nobody reads keeps its first MiB and holds nobody', async () => {
  const { stdout, stderr, isPaused } = setUp()
  const seen: string[] = []
  stderr.stream.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
  for (let sent = 0; sent < 32; sent += 1) stdout.receive(Buffer.alloc(65_536, sent))
  stderr.receive(Buffer.from('still heard'))
  await tick()
  expect(isPaused()).toBe(false)
  expect(seen).toEqual(['still heard'])
  stdout.end()
  let kept = 0
  for await (const chunk of stdout.stream as AsyncIterable<Buffer>) kept += chunk.byteLength
  expect(kept).toBe(1_048_576)
})

test('a reader that goes away in the middle lets the connection go', async () => {
  const { stdout, isPaused } = setUp()
  const readable = once(stdout.stream, 'readable')
  stdout.receive(Buffer.alloc(100_000))
  await readable
  stdout.stream.destroy()
  await tick()
  expect(isPaused()).toBe(false)
  stdout.receive(Buffer.alloc(100_000))
  expect(isPaused()).toBe(false)
})
