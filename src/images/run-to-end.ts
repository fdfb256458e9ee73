import { randomUUID } from 'node:crypto'
import {
  createContainer,
  removeContainer,
  startContainer,
  waitContainer,
} from '../platform/engine/containers.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { logs } from '../platform/engine/logs.ts'

const keptLines = 20

/** Runs a command in a throw-away container of an image and keeps the end of what it wrote. */
export async function runToEnd(
  engine: Engine,
  image: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly exitCode: number; readonly lastLines: readonly string[] }> {
  const spec = { Image: image, Cmd: [...command], Labels: { 'dev.iamstack.role': 'image-test' } }
  const { id } = await createContainer(engine, `iamstack-test-${randomUUID().slice(0, 8)}`, spec, { signal })
  try {
    await startContainer(engine, id, signal)
    const exitCode = await waitContainer(engine, id, 'not-running', signal)
    const lines: string[] = []
    for await (const { line } of logs(engine, id, { tail: keptLines }, signal)) lines.push(line)
    return { exitCode, lastLines: lines }
  } finally {
    await removeContainer(engine, id, { force: true, volumes: true })
  }
}
