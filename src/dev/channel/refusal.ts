import type { FailedChange, FileChange, Refusal } from './channel.ts'
import { faultOfPath, isTooLong, pathBytes } from './path-bytes.ts'

/** The other end is there, understood what it was asked to do, and says why it did not. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** How the C library ends a message of these errors, in any case of letters (glibc, musl, Go and BusyBox agree). */
const endings: readonly (readonly [RegExp, Refusal])[] = [
  [/(permission denied|operation not permitted)$/i, 'permission'],
  [/read-only file system$/i, 'read-only'],
  [/(no space left on device|disk quota exceeded|disc quota exceeded|quota exceeded)$/i, 'no-space'],
  [/(is a directory|not a directory|file exists|directory not empty)$/i, 'wrong-kind'],
  [/file ?name too long$/i, 'too-long'],
]

/** Only the end of a message counts: before it stands a name, which may be any words. */
export function refusalOf(message: string): Refusal {
  return endings.find(([ending]) => ending.test(message.trimEnd()))?.[1] ?? 'other'
}

export function failedChange(change: FileChange, message: string): FailedChange {
  return { path: change.path, why: refusalOf(message), message }
}

/** What is wrong with a change as it was given, so that it is not sent at all. */
export function faultOf(change: FileChange): FailedChange | undefined {
  const { path } = change
  const message = faultOfPath(path)
  if (message !== undefined) return { path, why: 'other', message }
  if (isTooLong(pathBytes(path))) return { path, why: 'too-long', message: 'File name too long' }
  if (change.op !== 'link') return undefined
  if (change.target === '' || change.target.includes('\0'))
    return {
      path,
      why: 'other',
      message: 'a link leads to a name, which is not empty and holds no zero byte',
    }
  if (isTooLong(pathBytes(change.target))) return { path, why: 'too-long', message: 'File name too long' }
  return undefined
}
