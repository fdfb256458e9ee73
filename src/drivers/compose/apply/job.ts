import { inspectContainer, waitContainer } from '../../../platform/engine/containers.ts'
import { listVolumes } from '../../../platform/engine/volumes.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource, type WorkloadSpec } from '../desired/spec.ts'
import { isOurs, label, projectFilter } from '../labels.ts'
import { changeLedger } from '../ledger.ts'
import { containerName } from '../names.ts'
import { look } from '../observe/look.ts'
import { endOf, linesOf } from './evidence.ts'
import { removeAll } from './remove.ts'
import { make } from './replica.ts'
import { start } from './start.ts'

/** Runs a job to its end, again where it fails and tries are left. The last container stays as the record. */
export async function runJob(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const spec = specOf(wanted, 'workload')
  if (spec.consumer.kind !== 'job') return
  const { job } = spec.consumer
  for (let attempt = 0; ; attempt += 1) {
    // Two of one job at a time would write the same data.
    await removeAll(context, wanted.id)
    try {
      await runOnceToEnd(context, wanted, run)
      return
    } catch (error) {
      const isLast = attempt >= job.retries
      if (isLast || run.signal.aborted || !(error instanceof StepError) || error.kind !== 'deploy')
        throw error
      run.progress(wanted.id, `${error.message}; try ${attempt + 2} of ${job.retries + 1}`)
    }
  }
}

/** Waits for a job that somebody else began. */
export async function awaitJob(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const [container] = await look(context.engine, context.stack, { resource: wanted.id })
  if (container) await untilEnded(context, wanted, container.id, run)
}

/** Removes a job that the stack no longer has, and the memory of it; `down` keeps that as long as its volumes stay. */
export async function deleteJob(context: Context, resource: ResourceId): Promise<void> {
  await removeAll(context, resource)
  const name = resource.slice('job/'.length)
  if (context.stack.jobs.has(name)) return
  await context.recording(() =>
    changeLedger(context.memory, (ledger) => ({
      ...ledger,
      jobs: Object.fromEntries(Object.entries(ledger.jobs).filter(([job]) => job !== name)),
    })),
  )
}

async function runOnceToEnd(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const spec = specOf(wanted, 'workload')
  const volumes = await incarnations(context, spec)
  const made = await make(context, wanted, {
    number: 1,
    role: 'job',
    name: () => containerName(context.stack, spec.name, 1),
    owner: undefined,
    labels: { [label.volumes]: JSON.stringify(volumes) },
  })
  await start(context, made.id, `job ${spec.name}`, wanted.from, run.signal)
  await untilEnded(context, wanted, made.id, run)
  if (Object.keys(volumes).length > 0) {
    await context.recording(() =>
      changeLedger(context.memory, (ledger) => ({
        ...ledger,
        jobs: { ...ledger.jobs, [spec.name]: { parts: wanted.parts, volumes } },
      })),
    )
  }
}

async function untilEnded(
  { engine }: Context,
  wanted: ComposeResource,
  container: string,
  run: Run,
): Promise<void> {
  const spec = specOf(wanted, 'workload')
  if (spec.consumer.kind !== 'job') return
  const { timeout, from } = spec.consumer.job
  const limit = AbortSignal.timeout(timeout)
  try {
    const exitCode = await waitContainer(
      engine,
      container,
      'not-running',
      AbortSignal.any([run.signal, limit]),
    )
    if (exitCode === 0) return
  } catch (error) {
    if (!limit.aborted || run.signal.aborted) throw error
    const evidence = await linesOf(engine, container)
    const message = `job ${spec.name} did not end within ${timeout / 1000} s`
    throw new StepError('timeout', message, { span: from, evidence })
  }
  const end = endOf(await inspectContainer(engine, container))
  const evidence = await linesOf(engine, container)
  throw new StepError('deploy', `job ${spec.name} failed: ${end}`, { span: from, evidence })
}

/** Which incarnation of each volume behind it a job finds. */
async function incarnations(
  { engine, stack }: Context,
  { volumesBehind }: WorkloadSpec,
): Promise<Record<string, string>> {
  if (volumesBehind.length === 0) return {}
  const volumes = await listVolumes(engine, [projectFilter(stack)])
  return Object.fromEntries(
    volumesBehind.flatMap((name) => {
      const found = volumes.find(
        ({ Labels }) => isOurs(stack, Labels) && Labels?.[label.resource] === `volume/${name}`,
      )
      const incarnation = found?.Labels?.[label.incarnation]
      return incarnation === undefined ? [] : [[name, incarnation]]
    }),
  )
}
