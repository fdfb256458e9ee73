import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { afterAll } from 'vitest'
import { createContainer, removeContainer, startContainer } from '../../../src/platform/engine/containers.ts'
import type { ContainerSpec } from '../../../src/platform/engine/container-spec.ts'
import { openEngine, type Engine } from '../../../src/platform/engine/engine.ts'
import { isNotFound } from '../../../src/platform/engine/errors.ts'
import { findEngine } from '../../../src/platform/engine/find.ts'

/** The engine of this machine, and a prefix for the names of what the file makes in it. Call it once, at the top. */
export async function realEngine() {
  const lookup = await findEngine(process.env)
  if (lookup.kind === 'absent') throw new Error(lookup.why)
  const engine: Engine = openEngine(lookup.endpoint, { how: lookup.how })
  const prefix = `iamstack-test-${randomBytes(4).toString('hex')}`
  const undo: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const each of undo.reverse()) {
      await each().catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
    engine.close()
  })
  return {
    engine,
    prefix,
    endpoint: lookup.endpoint,
    /** Runs when the file's tests are over, last first; what is gone already is fine. */
    afterwards: (action: () => Promise<unknown>) => {
      undo.push(action)
    },
    /** A container that is removed afterwards. */
    create: async (name: string, spec: ContainerSpec) => {
      undo.push(() => removeContainer(engine, `${prefix}-${name}`))
      return (await createContainer(engine, `${prefix}-${name}`, spec)).id
    },
    /** A running busybox, by default one that does nothing until it is stopped. */
    running: async (name: string, spec: Partial<ContainerSpec> = {}) => {
      undo.push(() => removeContainer(engine, `${prefix}-${name}`))
      const idle = ['sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait']
      const { id } = await createContainer(engine, `${prefix}-${name}`, {
        Image: 'busybox:stable',
        Cmd: idle,
        ...spec,
      })
      await startContainer(engine, id)
      return id
    },
  }
}

/** A stream that remembers what was written to it. */
export function memory(): Writable & { text(): string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      done()
    },
  })
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() })
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of source) all.push(each)
  return all
}
