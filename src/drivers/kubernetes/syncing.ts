import type { InsideChannel } from '../../dev/channel/inside.ts'
import { agentPath } from '../../dev/agent-place.ts'
import type { InnerProcess } from '../../dev/channel/channel.ts'
import type { Life } from '../../plan/resource.ts'
import type { Execution, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { Syncing } from '../syncing.ts'
import { textSink } from '../text-sink.ts'
import { connected, type KubeContext } from './context.ts'
import { runIn } from './exec-streams.ts'
import { livesByService } from './lives.ts'
import { listOptions } from './logs.ts'

/**
 * Edits go into a pod through one exec of the API server, as the container's own user: it offers no other. A container that is
 * started anew loses them, so nothing here does that; our agent starts the program alone.
 */
export function kubernetesSyncing(context: KubeContext): Syncing {
  const placeOf = (service: string, { name: pod }: Life) => ({
    namespace: context.namespace,
    pod,
    container: service,
  })
  return {
    open: (service, life, signal) => openInto(context, service, life, signal),
    async run(service, life, line, signal) {
      const output = textSink()
      const outcome = await runIn(
        await connected(context),
        placeOf(service, life),
        {
          command: ['sh', '-c', line],
          tty: false,
          stdin: undefined,
          stdout: output.stream,
          stderr: output.stream,
        },
        signal,
      )
      if (outcome.kind === 'not-begun') throw outcome.error
      return { exitCode: outcome.exitCode, output: output.text() }
    },
    async isRunning(service, { id, name }, signal) {
      const client = await connected(context)
      const pod = await client.get(kinds.Pod, context.namespace, name, signal)
      const lives = pod && livesByService([pod], context.stack, new Set()).get(service)
      return lives?.some((life) => life.id === id) ?? false
    },
    watch(onChange, signal) {
      // A watch that ends for good leaves it to the next edit to look.
      void follow(context, onChange, signal).catch(() => undefined)
    },
  }
}

async function openInto(
  context: KubeContext,
  service: string,
  { name: pod }: Life,
  signal: AbortSignal,
): Promise<InsideChannel> {
  const client = await connected(context)
  const { openChannel } = await import('../../dev/channel/connect.ts')
  const isSupervised = context.stack.services.get(service)?.dev.isSupervised === true
  return openChannel({
    exec: async (argv) =>
      processOf(
        await client.exec(
          context.namespace,
          pod,
          { container: service, command: argv, tty: false, stdin: true },
          signal,
        ),
      ),
    ...(isSupervised && { agentPath }),
    signal,
  })
}

function processOf(execution: Execution): InnerProcess {
  const { stdin, stdout, stderr, exitCode } = execution
  if (!stdin) throw new TypeError('the command was started without an input')
  // How it ended is told by what it said.
  exitCode.catch(() => undefined)
  return {
    input: stdin,
    output: merged([['stdout', stdout], ...(stderr ? [['stderr', stderr] as const] : [])]),
    close: () => execution.kill(),
  }
}

type Named = readonly ['stdout' | 'stderr', NodeJS.ReadableStream]

interface Source {
  readonly chunks: AsyncIterator<Buffer>
  next: Promise<IteratorResult<Buffer>>
}

/** What comes on any of the streams, in the order in which it comes, until all have ended. */
async function* merged(streams: readonly Named[]): AsyncGenerator<{ stream: Named[0]; data: Buffer }> {
  const sources = new Map(
    streams.map(([stream, readable]): [Named[0], Source] => {
      const chunks = (readable as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
      return [stream, { chunks, next: chunks.next() }]
    }),
  )
  while (sources.size > 0) {
    const nexts = [...sources].map(async ([stream, { next }]) => ({ stream, result: await next }))
    const { stream, result } = await Promise.race(nexts)
    const source = sources.get(stream)
    if (result.done === true || !source) {
      sources.delete(stream)
      continue
    }
    source.next = source.chunks.next()
    yield { stream, data: Buffer.from(result.value) }
  }
}

async function follow(context: KubeContext, onChange: () => void, signal: AbortSignal): Promise<void> {
  const client = await connected(context)
  const pods = new Map<string, KubeObject>()
  let before: string | undefined
  for await (const event of client.watch(kinds.Pod, listOptions(context), signal)) {
    switch (event.type) {
      case 'listed':
        pods.clear()
        for (const pod of event.objects) pods.set(pod.metadata.name, pod)
        break
      case 'added':
      case 'modified':
        pods.set(event.object.metadata.name, event.object)
        break
      case 'deleted':
        pods.delete(event.object.metadata.name)
        break
      default:
        event satisfies never
    }
    const lives = [...livesByService([...pods.values()], context.stack, new Set()).values()].flat()
    const now = lives
      .map(({ id }) => id)
      .sort()
      .join(' ')
    if (before !== undefined && now !== before) onChange()
    before = now
  }
}
