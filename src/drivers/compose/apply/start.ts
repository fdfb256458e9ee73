import type { Span } from '../../../stack/diagnostics.ts'
import { listContainers, startContainer } from '../../../platform/engine/containers.ts'
import type { Engine } from '../../../platform/engine/engine.ts'
import { EngineError } from '../../../platform/engine/errors.ts'
import { describeOwner, ownerOfPort } from '../../../platform/process-ports.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Context } from '../context.ts'

/** Starts a container that was made; a few at a time. What keeps it from starting is told in words. */
export async function start(
  { engine, starting }: Context,
  container: string,
  subject: string,
  span: Span | undefined,
  signal: AbortSignal,
): Promise<void> {
  await starting(async () => {
    signal.throwIfAborted()
    try {
      await startContainer(engine, container)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const port = takenPort(error.message)
      if (port !== undefined) throw await portTaken(engine, port, subject, span, error)
      throw new StepError('deploy', `${subject} cannot start: ${reasonOf(error.message)}`, {
        span,
        cause: error,
      })
    }
  })
}

/** The port in the engine's refusal; its words differ by who has it (another container, a process). */
export function takenPort(message: string): number | undefined {
  const allocated = /Bind for \S*:(\d+) failed: port is already allocated/.exec(message)
  const inUse = /listen (?:tcp|udp)\d? \S*:(\d+): bind: address already in use/.exec(message)
  const refused = /ports are not available: .*?:(\d+)/i.exec(message)
  const port = (allocated ?? inUse ?? refused)?.[1]
  return port === undefined ? undefined : Number(port)
}

async function portTaken(
  engine: Engine,
  port: number,
  subject: string,
  span: Span | undefined,
  cause: EngineError,
): Promise<StepError> {
  const containers = await listContainers(engine, [])
  const owner = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port))
  const who =
    owner === undefined
      ? describeOwner(port, await ownerOfPort(port))
      : `port ${port} is taken by the container ${(owner.Names[0] ?? '').slice(1)}`
  return new StepError('deploy', `${subject} cannot start: ${who}`, {
    span,
    hint: 'stop it, or expose another port',
    cause,
  })
}

/** The engine wraps the reason into several layers of its own; the last ones say what happened. */
function reasonOf(message: string): string {
  const inner = /(?:exec: "[^"]+": .*|error mounting .*|cannot access path .*)$/s.exec(message)?.[0]
  return (inner ?? message).trim()
}
