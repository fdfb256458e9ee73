import { StepError } from '../../../plan/step-error.ts'
import { inspectContainer, waitContainer } from '../../../platform/engine/containers.ts'
import type { Init } from '../../../resolve/resolved.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { initBody } from '../desired/body.ts'
import { publicationsOf } from '../desired/ports.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { imageReference } from '../desired/workload.ts'
import { label } from '../labels.ts'
import { attached } from './attach.ts'
import { endOf, linesOf } from './evidence.ts'
import { create, environmentOf, workloadLabels, type Made, type Place } from './replica.ts'
import { start } from './start.ts'

/** Runs the init steps of a container in their order, each to its end. */
export async function initialise(
  context: Context,
  wanted: ComposeResource,
  made: Made,
  place: Place,
  run: Run,
): Promise<void> {
  for (const init of specOf(wanted, 'workload').init) {
    run.progress(wanted.id, `init ${init.name}`)
    await runInit(context, wanted, init, made, place, run)
  }
}

async function runInit(
  context: Context,
  wanted: ComposeResource,
  init: Init,
  made: Made,
  place: Place,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  if (spec.consumer.kind !== 'service') return
  const { engine, stack } = context
  const { service } = spec.consumer
  const image = init.image ? imageReference(init.image, spec.facts) : spec.image
  const publications = publicationsOf(spec.stack, spec.facts)
  const own = { env: new Map([...service.env, ...init.env]), envFrom: service.envFrom }
  const body = {
    ...initBody(service, init, image, { stack: spec.stack, facts: spec.facts, image, publications }),
    Env: await environmentOf(context, spec, own),
    Labels: {
      ...workloadLabels(context, spec, { ...place, role: 'init' }, made.generation),
      [label.init]: init.name,
    },
  }
  const name = `${stack.project}-${spec.name}-${place.number}-init-${init.name}-${made.generation}`
  // On the networks without a name, so that nobody takes it for the service.
  const attachments = new Map([...spec.attachments.keys()].map((network) => [network, []]))
  const complete = await attached(context, body, attachments, made.placements, place.owner?.id)
  const id = await create(context, spec, name, complete)
  const subject = `init ${init.name} of ${spec.name}`
  await start(context, id, subject, init.from, run.signal)
  const limit = AbortSignal.timeout(init.timeout)
  try {
    const exitCode = await waitContainer(engine, id, 'not-running', AbortSignal.any([run.signal, limit]))
    if (exitCode === 0) return
    const end = endOf(await inspectContainer(engine, id))
    const evidence = await linesOf(engine, id)
    throw new StepError('deploy', `${subject} failed: ${end}`, { span: init.from, evidence })
  } catch (error) {
    if (!limit.aborted || run.signal.aborted || error instanceof StepError) throw error
    const evidence = await linesOf(engine, id)
    const message = `${subject} did not end within ${init.timeout / 1000} s`
    throw new StepError('timeout', message, { span: init.from, evidence })
  }
}
