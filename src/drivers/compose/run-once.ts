import { removeContainer, waitContainer } from '../../platform/engine/containers.ts'
import { attachContainer } from '../../platform/engine/attach.ts'
import { copyFrames } from '../../platform/engine/exec.ts'
import type { RunOnceRequest } from '../driver.ts'
import { make } from './apply/replica.ts'
import { sweep } from './apply/remove.ts'
import { start } from './apply/start.ts'
import type { Context } from './context.ts'
import type { ComposeResource } from './desired/spec.ts'
import { besideName } from './names.ts'

/** Runs a container of the stack to its end, on its networks, and removes it; the result is its exit code. */
export async function runOnce(
  context: Context,
  { name, job, stdout, stderr }: RunOnceRequest,
  signal: AbortSignal,
): Promise<number> {
  const wanted = job as ComposeResource
  const made = await make(context, wanted, {
    number: 1,
    role: 'once',
    name: (generation) => besideName(`${context.stack.project}-${name}-run`, generation),
    owner: undefined,
  })
  try {
    const attachment = await attachContainer(context.engine, made.id)
    const copied = copyFrames(attachment.output, stdout, stderr)
    await start(context, made.id, name, wanted.from, signal)
    const exitCode = await waitContainer(context.engine, made.id, 'not-running', signal)
    await copied
    return exitCode
  } finally {
    await removeContainer(context.engine, made.id)
    await sweep(context, wanted.id)
  }
}
