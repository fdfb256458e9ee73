import { agentPath } from '../../dev/agent-place.ts'
import type { InnerProcess } from '../../dev/channel/channel.ts'
import type { InsideChannel } from '../../dev/channel/inside.ts'
import type { Life } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { inspectContainer, restartContainer } from '../../platform/engine/containers.ts'
import { isNotFound } from '../../platform/engine/errors.ts'
import { openExec, exec } from '../../platform/engine/exec.ts'
import type { Syncing } from '../syncing.ts'
import { textSink } from '../text-sink.ts'
import type { Context } from './context.ts'

/** Edits go into a container through one exec as root, so whoever owns what is there keeps it. */
export function composeSyncing(context: Context): Syncing {
  const { engine } = context
  return {
    open: (service, life, signal) => openInto(context, service, life, signal),
    async run(_service, life, line, signal) {
      const output = textSink()
      const argv = ['sh', '-c', line]
      const streams = { stdout: output.stream, stderr: output.stream, signal }
      const exitCode = await exec(engine, life.id, { argv }, streams)
      return { exitCode, output: output.text() }
    },
    async isRunning(_service, { id }) {
      try {
        return (await inspectContainer(engine, id)).State.Running
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
    async restart(_service, life) {
      await context.starting(() => restartContainer(engine, life.id))
    },
    watch(onChange, signal) {
      const stop = context.bus.listen(({ Action }) => {
        if (Action === 'start' || Action === 'die' || Action === 'destroy') onChange()
      })
      signal.addEventListener('abort', stop, { once: true })
    },
  }
}

async function openInto(
  { engine, stack }: Context,
  service: string,
  life: Life,
  signal: AbortSignal,
): Promise<InsideChannel> {
  const { Config, State } = await inspectContainer(engine, life.id)
  if (!State.Running)
    throw new StepError('deploy', `service ${service}: ${life.name} does not run`, {
      span: stack.services.get(service)?.from,
    })
  const isSupervised = Config.Entrypoint?.[0] === agentPath
  const { openChannel } = await import('../../dev/channel/connect.ts')
  return openChannel({
    exec: async (argv): Promise<InnerProcess> =>
      openExec(engine, life.id, { argv, user: '0', hasInput: true }),
    ...(isSupervised && { agentPath }),
    signal,
  })
}
