import type { ResourceId, ResourceKind } from '../../../plan/resource.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { TargetStep } from '../../../plan/step.ts'
import type { Run } from '../../driver.ts'
import type { KubeContext } from '../context.ts'
import { specOf, type KubeResource } from '../spec.ts'
import { forgetJob, runJob } from './job.ts'
import { applyNamespace, deleteNamespace } from './namespace.ts'
import { applyObjects } from './objects.ts'
import { reloadWorkload } from './reload.ts'
import { removeResource } from './remove.ts'
import { restartWorkload, scaleWorkload, workloadOf } from './workload.ts'

type Making = Extract<TargetStep, { readonly wanted: unknown }>

/** Carries out one step. Every one can be repeated after an interruption and ends in the same state. */
export async function apply(context: KubeContext, step: TargetStep, run: Run): Promise<void> {
  run.signal.throwIfAborted()
  const kind = step.resource.slice(0, step.resource.indexOf('/')) as ResourceKind
  switch (kind) {
    case 'cluster':
      await context.cluster.apply(step, run)
      return
    case 'chart':
      await applyOrDeleteChart(context, step, run)
      return
    case 'image':
    case 'delivery':
      await applyImage(context, step, run)
      return
    case 'namespace':
    case 'network':
    case 'volume':
    case 'config':
    case 'secret':
    case 'cert':
    case 'job':
    case 'service':
    case 'route':
    case 'manifest':
      await applyObject(context, step, run)
      return
    case 'files':
    case 'gateway':
      throw new TypeError(`a ${kind} is nothing that a cluster has`)
    default:
      kind satisfies never
  }
}

async function applyObject(context: KubeContext, step: TargetStep, run: Run): Promise<void> {
  switch (step.op) {
    case 'delete':
    case 'stop':
      await remove(context, step.resource, run)
      return
    case 'wait':
      return
    case 'create':
    case 'update':
    case 'replace':
    case 'restart':
    case 'reload':
    case 'scale':
    case 'run':
    case 'build':
    case 'deliver':
      await make(context, step, step.wanted as KubeResource, run)
      return
    default:
      step satisfies never
  }
}

async function make(context: KubeContext, step: Making, wanted: KubeResource, run: Run): Promise<void> {
  if (wanted.kind === 'namespace') {
    await applyNamespace(context, wanted, run)
    return
  }
  if (wanted.kind === 'job') {
    await runJob(context, wanted, run)
    return
  }
  const workload = workloadOf(wanted, context)
  if (workload && step.op === 'restart') await restartWorkload(context, workload, run)
  else if (workload && step.op === 'scale') await scaleWorkload(context, workload, step.replicas.to, run)
  else if (workload && step.op === 'reload')
    await reloadWorkload(context, wanted, workload, step.changed, run)
  else await applyObjects(context, wanted, run, { mayReplace: step.op === 'replace' })
}

async function remove(context: KubeContext, resource: ResourceId, run: Run): Promise<void> {
  if (resource.startsWith('namespace/')) {
    await deleteNamespace(context, resource, run)
    return
  }
  await removeResource(context, resource, run)
  if (resource.startsWith('job/')) await forgetJob(context, resource.slice('job/'.length))
}

async function applyOrDeleteChart(context: KubeContext, step: TargetStep, run: Run): Promise<void> {
  const charts = await import('../charts.ts')
  switch (step.op) {
    case 'delete':
    case 'stop':
      await charts.deleteChart(context, step, run)
      return
    case 'wait':
      return
    case 'create':
    case 'update':
    case 'replace':
    case 'restart':
    case 'reload':
    case 'scale':
    case 'run':
    case 'build':
    case 'deliver':
      await charts.applyChart(context, step, run)
      return
    default:
      step satisfies never
  }
}

/** Images are built by this machine's engine and brought to nodes that do not have what it has. */
async function applyImage(context: KubeContext, step: TargetStep, run: Run): Promise<void> {
  const { cluster, engine, stack } = context
  if (!('wanted' in step)) {
    // What nodes have is theirs to sweep.
    if (!engine || !step.resource.startsWith('image/')) return
    const { deleteBuiltImage } = await import('../../../images/observe-images.ts')
    await deleteBuiltImage(
      await engine(),
      stack.name,
      step.resource.slice('image/'.length),
      context.namespace,
    )
    return
  }
  if (step.op === 'wait') return
  if (step.wanted.kind === 'delivery') {
    await cluster.delivery?.deliver(specOf(step.wanted, 'delivery').reference, run, step.resource)
    return
  }
  const { build } = specOf(step.wanted, 'image')
  if (!build || !context.buildImage)
    throw new StepError('build', `image ${step.wanted.name} was not identified, so it cannot be built`, {
      span: step.wanted.from,
    })
  await context.buildImage(build.image, build.fact, run)
}
