import { StepError } from '../../../plan/step-error.ts'
import type { TargetStep } from '../../../plan/step.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { routesFor } from '../desired/gateway.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { untilPassedOn } from '../gateway/state.ts'
import { runningGateway, switchGateway } from '../gateway/switch.ts'
import { look, places } from '../observe/look.ts'
import { applyGateway, untilGatewayServes } from './gateway.ts'
import { deleteImage, ensureImage } from './image.ts'
import { awaitJob, deleteJob, runJob } from './job.ts'
import { deleteNetwork, ensureNetwork } from './network.ts'
import { readyReplica } from './place.ts'
import { reloadService } from './reload.ts'
import { removeAll, stopAll } from './remove.ts'
import { applyService } from './service.ts'
import { deleteVolume, ensureVolume } from './volume.ts'
import { machineKind, type ResourceId, type ResourceKind } from '../../../plan/resource.ts'

/** Carries out one step. Every one looks first, so that repeating it after an interruption ends in the same state. */
export async function apply(context: Context, step: TargetStep, run: Run): Promise<void> {
  run.signal.throwIfAborted()
  switch (step.op) {
    case 'delete':
      await remove(context, step.resource)
      return
    case 'stop':
      await stopAll(context, step.resource)
      return
    case 'wait':
      return
    case 'reload':
      await reload(context, step.wanted as ComposeResource, run)
      return
    case 'create':
    case 'update':
    case 'replace':
    case 'restart':
    case 'scale':
    case 'build':
    case 'deliver':
    case 'run':
      await make(context, step, step.wanted as ComposeResource, run)
      return
    default:
      step satisfies never
  }
}

/** Comes back when a resource is ready, or throws as soon as it cannot become so. */
export async function ready(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const kind = machineKind(wanted.kind)
  switch (kind) {
    case 'service': {
      const found = await look(context.engine, context.stack, { resource: wanted.id, signal: run.signal })
      const replicas = [...places(found)].map(([number, { current }]) => ({ number, id: current.id }))
      if (replicas.length === 0 && wanted.replicas !== 0) throw gone(wanted)
      await Promise.all(replicas.map(({ id, number }) => readyReplica(context, wanted, id, number, run)))
      const spec = specOf(wanted, 'workload')
      if (!spec.isBehindGateway) return
      await untilPassedOn(context, spec.name, routesFor(spec), replicas.length, run.signal)
      return
    }
    case 'job':
      await awaitJob(context, wanted, run)
      return
    case 'gateway':
      await untilGatewayServes(context, wanted, run)
      return
    case 'image':
    case 'network':
    case 'volume':
    case 'files':
      return
    default:
      kind satisfies never
  }
}

function gone(wanted: ComposeResource): StepError {
  return new StepError(
    'deploy',
    `service ${wanted.name}: its containers were removed while it was waited for`,
    {
      span: wanted.from,
    },
  )
}

async function make(
  context: Context,
  step: Extract<TargetStep, { readonly wanted: unknown }>,
  wanted: ComposeResource,
  run: Run,
): Promise<void> {
  const kind = machineKind(wanted.kind)
  switch (kind) {
    case 'image':
      await ensureImage(context, wanted, run)
      return
    case 'network':
      await ensureNetwork(context, wanted)
      return
    case 'volume':
      await ensureVolume(context, wanted)
      return
    case 'job':
      await runJob(context, wanted, run)
      return
    case 'service':
      await applyService(context, step, run)
      return
    case 'gateway':
      await applyGateway(context, wanted, run)
      return
    case 'files':
      return
    default:
      kind satisfies never
  }
}

/** What does not run cannot be told of a change: it is started with it. */
async function reload(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  if (wanted.kind === 'gateway') {
    const found = await look(context.engine, context.stack, { resource: wanted.id })
    if (runningGateway(found)) await switchGateway(context, specOf(wanted, 'gateway').routes, wanted.parts)
    else await applyGateway(context, wanted, run)
    return
  }
  await reloadService(context, wanted, run)
}

async function remove(context: Context, resource: ResourceId): Promise<void> {
  const kind = machineKind(resource.slice(0, resource.indexOf('/')) as ResourceKind)
  switch (kind) {
    case 'image':
      await deleteImage(context, resource)
      return
    case 'network':
      await deleteNetwork(context, resource)
      return
    case 'volume':
      await deleteVolume(context, resource)
      return
    case 'job':
      await deleteJob(context, resource)
      return
    case 'service':
    case 'gateway':
      await removeAll(context, resource)
      return
    case 'files':
      return
    default:
      kind satisfies never
  }
}
