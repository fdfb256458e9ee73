import { setTimeout as sleep } from 'node:timers/promises'
import { KubeError, type KubeClient, type KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { LogLine } from '../driver.ts'
import { statusOf, uidOf, type PlacedContainer } from './pod-places.ts'

/** How far a log was read: its last line, and how many lines of that very millisecond were among those read. */
export interface Position {
  /** The container's `restartCount` while it wrote them. */
  readonly run: number
  readonly time: number
  readonly count: number
}

export interface LogRange {
  readonly previous: boolean
  /** Epoch milliseconds. */
  readonly since?: number | undefined
  readonly tail?: number | undefined
}

/** What a container has written so far. Nothing when it has not begun, or is gone. */
export async function* writtenLines(
  client: Pick<KubeClient, 'logs'>,
  namespace: string,
  container: PlacedContainer,
  { previous, since, tail }: LogRange,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const options = {
    container: container.name,
    follow: false,
    previous,
    ...(since !== undefined && { since }),
    ...(tail !== undefined && { tail }),
  }
  try {
    for await (const { time, text } of client.logs(namespace, container.pod.name, options, signal))
      yield lineOf(container, time, text)
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

/** How its pod is, for whoever reads a log; undefined when the pod is gone. */
export interface PodSight {
  readonly object: () => KubeObject | undefined
  /** Comes back at the next change, or when the reading is over. */
  readonly changed: () => Promise<void>
  /** It is not started anew, so the reading is over when it has ended. */
  readonly isOnce?: true
}

/**
 * A container's log from `position` on, through its restarts, until its pod is gone. A connection that breaks is taken up where it
 * broke; when the container is started anew, what the former one still wrote is read first.
 */
export async function* followedLines(
  client: Pick<KubeClient, 'logs' | 'get'>,
  namespace: string,
  container: PlacedContainer,
  sight: PodSight,
  begin: Position | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let position = begin
  /** The run whose end was seen. */
  let ended = -1
  const read = async function* (previous: boolean, run: number): AsyncGenerator<LogLine> {
    const from = position?.run === run ? position : undefined
    for await (const line of linesAfter(client, namespace, container, previous, from, signal)) {
      position = after(position, run, line.time)
      yield lineOf(container, line.time, line.text)
    }
  }
  for (let object = sight.object(); object && !signal.aborted; object = sight.object()) {
    const status = statusOf(object, container.name)
    const run = status?.restartCount ?? -1
    const isBegun =
      status && [status.state.running, status.state.terminated, status.lastState.terminated].some(Boolean)
    if (!isBegun || run <= ended) {
      await sight.changed()
      continue
    }
    const former = position?.run
    if (former === run - 1 && former > ended) yield* unbroken(read(true, former))
    const isBroken = yield* unbroken(read(false, run))
    const now = await client.get(kinds.Pod, namespace, container.pod.name, signal)
    if (!now || uidOf(now) !== container.pod.uid) return
    const present = statusOf(now, container.name)
    const isOver = present !== undefined && (present.restartCount > run || !present.state.running)
    if (isOver && !isBroken) {
      if (sight.isOnce) return
      ended = run
    } else await sleep(pause, undefined, { signal }).catch(() => undefined)
  }
}

/** The position behind one more line. */
export function after(before: Position | undefined, run: number, time: number): Position {
  const isSame = before?.run === run && before.time === time
  return { run, time, count: isSame ? before.count + 1 : 1 }
}

/** Milliseconds until a broken connection is tried again. */
const pause = 300

/** The lines; the result is whether the reading broke off. */
async function* unbroken(lines: AsyncGenerator<LogLine>): AsyncGenerator<LogLine, boolean> {
  try {
    yield* lines
    return false
  } catch (error) {
    if (isAbsent(error)) return false
    if (error instanceof KubeError && error.status < 500 && error.status !== 429) throw error
    return true
  }
}

/** Without those of the last millisecond that were read before. */
async function* linesAfter(
  client: Pick<KubeClient, 'logs'>,
  namespace: string,
  container: PlacedContainer,
  previous: boolean,
  from: Position | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly time: number; readonly text: string }> {
  const options = {
    container: container.name,
    follow: !previous,
    previous,
    ...(from && { since: from.time }),
  }
  let skip = from?.count ?? 0
  for await (const line of client.logs(namespace, container.pod.name, options, signal)) {
    if (from && line.time < from.time) continue
    if (from && line.time === from.time && skip > 0) skip -= 1
    else yield line
  }
}

/** Not begun yet (400), or its pod or its former run are gone (404). */
function isAbsent(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 400 || error.status === 404)
}

/** The node keeps both streams as one. */
function lineOf({ label, pod }: PlacedContainer, time: number, text: string): LogLine {
  return { time, service: label, replica: pod.replica, stream: 'stdout', text }
}
