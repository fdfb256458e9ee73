import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { merged } from '../compose/merge.ts'
import type { LogLine, LogQuery } from '../driver.ts'
import { after, followedLines, writtenLines, type Position } from './container-log.ts'
import type { KubeContext } from './context.ts'
import { inTimeOrder } from './in-time-order.ts'
import { projectLabel } from './labels.ts'
import { containersOf, createNumbering, statusOf, uidOf, type PlacedContainer } from './pod-places.ts'

export type LogContext = Pick<KubeContext, 'stack' | 'project' | 'namespace' | 'client'>

/**
 * Lines of services and jobs in the order of time. With `follow`, pods that come later are read from their beginning, and those
 * that go to their end. `tail` counts the lines of all together, before those that follow.
 */
export async function* readLogs(
  context: LogContext,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const client = await context.client()
  if (!client) return
  const reading: Reading = {
    ...context,
    api: client,
    query,
    signal,
    numbering: createNumbering(context.stack),
  }
  const { items } = await client.list(kinds.Pod, listOptions(context), signal)
  const positions = new Map<string, Position>()
  yield* written(reading, items, positions)
  if (query.follow && !signal.aborted) yield* followed(reading, positions)
}

interface Reading extends LogContext {
  readonly api: KubeClient
  readonly query: LogQuery
  readonly numbering: ReturnType<typeof createNumbering>
  readonly signal: AbortSignal
}

async function* written(
  reading: Reading,
  pods: readonly KubeObject[],
  positions: Map<string, Position>,
): AsyncGenerator<LogLine> {
  const { api, namespace, query, signal } = reading
  const range = {
    previous: query.previous && !query.follow,
    since: query.since,
    // Who wants none must still know where the log ends.
    tail: query.tail === undefined ? undefined : Math.max(1, query.tail),
  }
  const sources = chosen(reading, pods).map((container) => {
    if (query.since !== undefined)
      positions.set(keyOf(container), { run: runOf(container), time: query.since, count: 0 })
    return noted(writtenLines(api, namespace, container, range, signal), container, positions)
  })
  const lines = inTimeOrder(sources)
  yield* query.tail === undefined ? lines : last(lines, query.tail)
}

/** Remembers how far each container was read. */
async function* noted(
  lines: AsyncIterable<LogLine>,
  container: PlacedContainer,
  positions: Map<string, Position>,
): AsyncGenerator<LogLine> {
  const run = runOf(container)
  const key = keyOf(container)
  for await (const line of lines) {
    positions.set(key, after(positions.get(key), run, line.time))
    yield line
  }
}

function runOf({ pod, name }: PlacedContainer): number {
  return statusOf(pod.object, name)?.restartCount ?? 0
}

async function* last(lines: AsyncIterable<LogLine>, count: number): AsyncGenerator<LogLine> {
  const kept: LogLine[] = []
  for await (const line of lines) {
    kept.push(line)
    if (kept.length > count) kept.shift()
  }
  yield* kept
}

async function* followed(
  reading: Reading,
  positions: ReadonlyMap<string, Position>,
): AsyncGenerator<LogLine> {
  const { api, namespace, signal } = reading
  const lines = merged<LogLine>(signal)
  const pods = new Map<string, KubeObject>()
  const known = new Set<string>()
  let change = nextChange()
  const tell = (): void => {
    const told = change
    change = nextChange()
    told.fire()
    for (const container of chosen(reading, [...pods.values()])) {
      const key = keyOf(container)
      if (known.has(key)) continue
      known.add(key)
      const { uid } = container.pod
      const sight = { object: () => pods.get(uid), changed: () => change.promise }
      lines.add(followedLines(api, namespace, container, sight, positions.get(key), signal))
    }
  }
  const watch = async (): Promise<void> => {
    for await (const event of api.watch(kinds.Pod, listOptions(reading), signal)) {
      if (event.type === 'listed') {
        pods.clear()
        for (const object of event.objects) pods.set(uidOf(object), object)
      } else if (event.type === 'deleted') pods.delete(uidOf(event.object))
      else pods.set(uidOf(event.object), event.object)
      tell()
    }
  }
  lines.run(watch())
  yield* lines.all()
}

function chosen({ stack, query, numbering }: Reading, pods: readonly KubeObject[]): PlacedContainer[] {
  return numbering
    .place(pods)
    .flatMap((pod) => containersOf(pod, stack))
    .filter(
      ({ service, isInit }) =>
        (query.services.length === 0 || query.services.includes(service)) && (query.init || !isInit),
    )
}

function keyOf({ pod, name }: PlacedContainer): string {
  return `${pod.uid}/${name}`
}

export function listOptions({ namespace, project }: Pick<KubeContext, 'namespace' | 'project'>) {
  return { namespace, labelSelector: `${projectLabel}=${project}` }
}

function nextChange(): { readonly promise: Promise<void>; readonly fire: () => void } {
  let fire: () => void = () => undefined
  const promise = new Promise<void>((resolve) => {
    fire = resolve
  })
  return { promise, fire }
}
