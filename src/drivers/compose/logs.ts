import { inspectContainer } from '../../platform/engine/containers.ts'
import { logs, type ContainerLine, type ContainerLogQuery } from '../../platform/engine/logs.ts'
import type { LogLine, LogQuery } from '../driver.ts'
import type { Context } from './context.ts'
import { label } from './labels.ts'
import { look, type SeenContainer } from './observe/look.ts'
import { merged } from './merge.ts'

/**
 * Lines of services, in the order of time. With `follow`, containers that start later are read from their beginning, so nothing
 * is missed when one replaces another.
 */
export async function* readLogs(
  context: Context,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  if (query.follow) yield* followed(context, query, signal)
  else yield* finished(context, query, signal)
}

async function* finished(context: Context, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const containers = chosen(await look(context.engine, context.stack, { signal }), query)
  const all: LogLine[] = []
  await Promise.all(
    containers.map(async (container) => {
      const until = query.previous ? await startOf(context, container) : undefined
      const range = { ...rangeOf(query), ...(until !== undefined && { until }) }
      for await (const line of linesOf(context, container, range, signal)) all.push(line)
    }),
  )
  all.sort((one, other) => one.time - other.time)
  yield* query.tail === undefined ? all : all.slice(Math.max(0, all.length - query.tail))
}

const nanosecondsPerMillisecond = 1_000_000

/** How long before the start is told a program may have begun to write, in milliseconds. */
const longestStart = 1000

async function* followed(context: Context, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const lines = merged<LogLine>(signal)
  const known = new Map<string, SeenContainer>()
  const follow = (container: SeenContainer, range: Range): void => {
    known.set(container.id, container)
    lines.add(linesOf(context, container, { ...range, follow: true }, signal))
  }
  const followNew = async (): Promise<void> => {
    for (const container of chosen(await look(context.engine, context.stack, { signal }), query)) {
      // What is made and not started has no output, and its start is told.
      if (!known.has(container.id) && container.state !== 'created') follow(container, {})
    }
  }
  const ends = new Map<string, number>()
  const stop = context.bus.listen(({ Action, Actor, timeNano }) => {
    const time = timeNano / nanosecondsPerMillisecond
    if (Action === 'die') ends.set(Actor.ID, time)
    if (Action !== 'start') return
    const again = known.get(Actor.ID)
    // A program may write before its start is told, but not before the former one ended.
    if (again) follow(again, { since: ends.get(Actor.ID) ?? time - longestStart })
    else lines.run(followNew())
  })
  try {
    for (const container of chosen(await look(context.engine, context.stack, { signal }), query)) {
      if (container.state !== 'created') follow(container, rangeOf(query))
    }
    yield* lines.all()
  } finally {
    stop()
  }
}

function chosen(containers: readonly SeenContainer[], { services, init }: LogQuery): SeenContainer[] {
  return containers.filter(
    ({ role, service }) =>
      (services.length === 0 || services.includes(service)) &&
      (role === 'replica' || role === 'job' || (init && role === 'init')),
  )
}

type Range = Pick<ContainerLogQuery, 'follow' | 'since' | 'until' | 'tail'>

function rangeOf({ since, tail }: LogQuery): Range {
  return { ...(since !== undefined && { since }), ...(tail !== undefined && { tail }) }
}

/** A container keeps the output of its earlier runs; the present one begins here. Epoch milliseconds. */
async function startOf({ engine }: Context, { id }: SeenContainer): Promise<number> {
  return Date.parse((await inspectContainer(engine, id)).State.StartedAt)
}

async function* linesOf(
  { engine }: Context,
  container: SeenContainer,
  range: Range,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  for await (const line of logs(engine, container.id, range, signal)) yield lineOf(container, line)
}

function lineOf(
  { service, number, role, labels }: SeenContainer,
  { time, stream, line }: ContainerLine,
): LogLine {
  const init = role === 'init' ? labels[label.init] : undefined
  return {
    time,
    stream,
    service: init === undefined ? service : `${service}/${init}`,
    replica: number,
    text: line,
  }
}
