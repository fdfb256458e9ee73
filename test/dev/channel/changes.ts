import { Readable } from 'node:stream'
import type { FailedChange, FileChange } from '../../../src/dev/channel/channel.ts'
import type { InsideChannel } from '../../../src/dev/channel/inside.ts'

export const never = new AbortController().signal

export function write(path: string, content: string | Buffer, mode = 0o644): FileChange {
  return { op: 'write', path, mode, read: () => Readable.from([Buffer.from(content)]) }
}

export async function apply(
  channel: InsideChannel,
  ...changes: readonly FileChange[]
): Promise<readonly FailedChange[]> {
  return await channel.apply(changes, never)
}
