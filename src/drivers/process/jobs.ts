import { resolveEnvironment } from '../../content/environment.ts'
import { digest } from '../../plan/hash.ts'
import type { Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { jobFile, rootFolder, taskFolder } from '../../session/layout.ts'
import type { Environment, JobSpec } from '../../session/protocol.ts'
import { loadRecord, type JobRecord } from '../../session/records.ts'
import type { Run } from '../driver.ts'
import { volumeKey, type ApplyContext } from './apply.ts'
import { asRecorded } from './desired.ts'
import { lookupFor } from './lookup.ts'
import { layMounts, scratchFolders } from './mounts.ts'
import type { ProcessDriverOptions, ProcessSpec } from './options.ts'
import { untilReady } from './ready.ts'
import { argvOf, fieldOf, inheritedEnvironment, withEnvOf } from './service-spec.ts'

type JobResource = Extract<ProcessSpec, { kind: 'job' }>

const jobKey = (name: string): string => `jobs/${name}`

/** Runs a job to its end, unless its work is already done: by an earlier `up` whose volumes are still there. */
export async function runJob(
  wanted: Resource,
  resource: JobResource,
  run: Run,
  context: ApplyContext,
): Promise<void> {
  const { options, link } = context
  const { memory } = options
  await link.open()
  const job = await jobSpec(wanted, resource, options)
  const done = (await memory.read(jobKey(wanted.name))) as { readonly identity: string } | undefined
  if (done?.identity === job.identity && resource.job.run === 'on-change') {
    await link.ask({ type: 'note-job', job })
    run.progress(wanted.id, 'was done before, with the same definition and volumes')
    return
  }
  const environment = await jobEnvironment(wanted.name, resource, options)
  run.signal.throwIfAborted()
  await link.ask({ type: 'run', job, environment })
  await untilReady(wanted, run, context)
  await memory.write(jobKey(wanted.name), { identity: job.identity })
}

/**
 * Removes what is left of a job's run. That its work is done is remembered as long as a volume holds it, also where the command
 * that started it was interrupted before it could note so.
 */
export async function forgetJob(name: string, { options, link }: ApplyContext): Promise<void> {
  const { memory } = options
  const record = (await loadRecord(jobFile(memory.folder, name))) as JobRecord | undefined
  if (!record || Object.keys(record.spec.volumes).length === 0) await memory.remove(jobKey(name))
  else if (record.phase === 'completed') await memory.write(jobKey(name), { identity: record.spec.identity })
  await link.ask({ type: 'remove-job', job: name })
}

/** What the session needs to know of a job; touches nothing. */
export async function jobSpec(
  wanted: Pick<Resource, 'name' | 'parts' | 'from'>,
  resource: JobResource,
  options: ProcessDriverOptions,
): Promise<JobSpec> {
  const { job, volumes } = resource
  if (!job.process)
    throw new StepError('precondition', `${wanted.name} does not say how it runs as a process`, {
      span: wanted.from,
    })
  const { root, lookup } = placeOf(wanted.name, resource, options)
  const parts = asRecorded(wanted.parts)
  const ids = await volumeIds(volumes, options)
  return {
    name: wanted.name,
    parts,
    identity: digest([parts, ids]),
    volumes: ids,
    command: argvOf(job, lookup),
    cwd: job.process.cwd,
    retries: job.retries,
    timeout: job.timeout,
    scratch: scratchFolders(job.mounts, root),
  }
}

/** Lays out its files, fetches its secrets: the environment it runs in. */
export async function jobEnvironment(
  name: string,
  resource: JobResource,
  options: ProcessDriverOptions,
): Promise<Environment> {
  const { job, stack, facts } = resource
  const { memory, materials, fillMount } = options
  const { root, lookup } = placeOf(name, resource, options)
  const context = { stack, facts, materials, lookup, field: fieldOf(name, stack.namespace) }
  await layMounts(job.mounts, { ...context, fillMount, state: memory.folder, root })
  const { values } = await resolveEnvironment(
    { env: withEnvOf(new Map(), job), envFrom: job.envFrom },
    context,
  )
  return { ...inheritedEnvironment(options), ...Object.fromEntries(values) }
}

function placeOf(name: string, { stack, facts }: JobResource, { memory }: ProcessDriverOptions) {
  const root = rootFolder(taskFolder(memory.folder, name), 1)
  return { root, lookup: lookupFor(stack, facts, { service: undefined, slot: 1, root }) }
}

/** The id of each volume; empty for one that is not there. */
export async function volumeIds(
  names: readonly string[],
  { memory }: Pick<ProcessDriverOptions, 'memory'>,
): Promise<Record<string, string>> {
  const entries = names.map(async (name) => {
    const known = (await memory.read(volumeKey(name))) as { readonly id: string } | undefined
    return [name, known?.id ?? ''] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
