import { exec } from '../../platform/engine/exec.ts'
import { StepError } from '../../plan/step-error.ts'
import type { ExecRequest } from '../driver.ts'
import type { Context } from './context.ts'
import { healthOfReplica } from './observe/health.ts'
import { look, places, type SeenContainer } from './observe/look.ts'

/** Runs a command in a replica: the one asked for, else a ready one, else one that runs at all. */
export async function execIn(context: Context, request: ExecRequest, signal: AbortSignal): Promise<number> {
  const { engine, stack } = context
  const containers = await look(engine, stack, { signal })
  const container = await chosen(containers, request, signal)
  if (!container) {
    const which = request.replica === undefined ? '' : ` ${request.replica}`
    throw new StepError('precondition', `service ${request.service}: no replica${which} runs`, {
      span: stack.services.get(request.service)?.from,
      hint: `iamstack up ${request.service}`,
    })
  }
  return await exec(
    engine,
    container.id,
    {
      argv: request.command,
      env: request.env,
      tty: request.tty,
      ...(request.workingDir !== undefined && { workingDir: request.workingDir }),
    },
    {
      ...(request.stdin && { stdin: request.stdin }),
      stdout: request.stdout,
      stderr: request.stderr,
      ...(request.resize && {
        onResize: (listener) => {
          request.resize?.onResize(listener)
        },
      }),
      signal,
    },
  )
}

async function chosen(
  containers: readonly SeenContainer[],
  { service, replica }: ExecRequest,
  signal: AbortSignal,
): Promise<SeenContainer | undefined> {
  const own = containers.filter(({ resource }) => resource === `service/${service}`)
  const running = [...places(own).values()]
    .map(({ current }) => current)
    .filter(({ state, number }) => state === 'running' && (replica === undefined || number === replica))
  if (running.length < 2) return running[0]
  for (const each of running) {
    if ((await healthOfReplica(each, containers, signal)).health === 'ready') return each
  }
  return running[0]
}
