import { readFile } from 'node:fs/promises'
import type { ContainerSpec } from '../../../platform/engine/container-spec.ts'
import { putArchive } from '../../../platform/engine/archive.ts'
import { inspectImage } from '../../../platform/engine/images.ts'
import { agentFolder, agentPath } from '../../../dev/agent-place.ts'
import { wrapWithAgent } from '../../../dev/channel/run.ts'
import type { Context } from '../context.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import { tarOf } from './tar.ts'

/** What is needed to start a container's program below the agent. */
export interface AgentPlan {
  /** A file of this machine. */
  readonly binary: string
  /** What the image would run by itself. */
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  /** STOPSIGNAL of the image. */
  readonly stopSignal: string | undefined
}

/** Undefined where there is no agent for the image: then its program runs as it would without us. */
export async function agentFor(
  { engine, agent }: Context,
  spec: WorkloadSpec,
): Promise<AgentPlan | undefined> {
  if (!agent) return undefined
  const { Architecture, Config } = await inspectImage(engine, spec.image)
  const binary = await agent(Architecture)
  if (binary === undefined) return undefined
  return {
    binary,
    entrypoint: Config.Entrypoint ?? [],
    command: Config.Cmd ?? [],
    stopSignal: Config.StopSignal,
  }
}

/** The same container with the agent in front of its program. An entrypoint of the service's own drops the image's command, as the engine does. */
export function supervised(
  body: ContainerSpec,
  { entrypoint, command, stopSignal = 'TERM' }: AgentPlan,
): ContainerSpec {
  const { Entrypoint, Cmd, ...others } = body
  const program = [...(Entrypoint ?? entrypoint), ...(Cmd ?? (Entrypoint ? [] : command))]
  const options = {
    stopSignal: body.StopSignal ?? stopSignal,
    ...(body.StopTimeout !== undefined && { graceSeconds: body.StopTimeout }),
  }
  return { ...others, Entrypoint: wrapWithAgent(agentPath, program, options) }
}

/** Puts the agent into a container that was not started yet. */
export async function putAgent({ engine }: Context, container: string, { binary }: AgentPlan): Promise<void> {
  const own = { uid: 0, gid: 0 }
  const tar = await tarOf([
    { path: agentFolder.slice(1), bytes: undefined, mode: 0o755, ...own },
    { path: agentPath.slice(1), bytes: await readFile(binary), mode: 0o755, ...own },
  ])
  await putArchive(engine, container, '/', tar)
}
