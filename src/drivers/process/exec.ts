import { rm } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { markerVariable } from '../../platform/process-group.ts'
import { isRunning } from '../../platform/process-identity.ts'
import { runAttached, SpawnError } from '../../platform/process-spawn.ts'
import type { Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { environmentFile, serviceFolder, taskFolder } from '../../session/layout.ts'
import type { SlotEnvironment } from '../../session/protocol.ts'
import { loadRecord } from '../../session/records.ts'
import { instanceHash } from '../../session/socket-path.ts'
import { jobMarker } from '../../session/supervise-job.ts'
import type { ExecRequest, RunOnceRequest } from '../driver.ts'
import { jobEnvironment, jobSpec } from './jobs.ts'
import type { ProcessDriverOptions, ProcessSpec } from './options.ts'
import { recordedReplicas, recordedService } from './recorded.ts'

/** Runs a command beside a running replica: its environment, its working folder, its ports. */
export async function execBeside(request: ExecRequest, state: string, signal: AbortSignal): Promise<number> {
  const record = await recordedService(state, request.service)
  const slot = record && (await runningSlot(request, state, record))
  const environment =
    slot &&
    ((await loadRecord(environmentFile(serviceFolder(state, request.service), slot.number))) as
      SlotEnvironment | undefined)
  if (!slot || !environment) {
    throw new StepError('precondition', `no replica of ${request.service} is running`, {
      hint: 'start it with `iamstack up`',
    })
  }
  const { workingDir, tty } = request
  const cwd =
    workingDir === undefined ? slot.cwd : isAbsolute(workingDir) ? workingDir : resolve(slot.cwd, workingDir)
  return attached(
    {
      command: request.command,
      cwd,
      environment: { ...environment.main, ...Object.fromEntries(request.env) },
      stdin: tty && request.stdout === process.stdout ? 'terminal' : request.stdin,
      stdout: request.stdout,
      stderr: request.stderr,
    },
    signal,
  )
}

async function runningSlot(
  request: ExecRequest,
  state: string,
  record: NonNullable<Awaited<ReturnType<typeof recordedService>>>,
): Promise<(typeof record.spec.slots)[number] | undefined> {
  const replicas = (await recordedReplicas(state, record)).filter(
    ({ slot }) => request.replica === undefined || slot === request.replica,
  )
  const readyFirst = replicas.sort(
    (one, other) => Number(other.phase === 'ready') - Number(one.phase === 'ready'),
  )
  for (const { pid, startTime, slot } of readyFirst) {
    if (pid === undefined || startTime === undefined || !(await isRunning({ pid, startTime }))) continue
    return record.spec.slots.find(({ number }) => number === slot)
  }
  return undefined
}

/**
 * Runs a program of the stack to its end in the foreground. Its files are removed afterwards; should we be killed meanwhile, its
 * marker and its folder let the next `down` find it.
 */
export async function runOnce(
  request: RunOnceRequest,
  options: ProcessDriverOptions,
  signal: AbortSignal,
): Promise<number> {
  const { job, stdout, stderr } = request
  const { spec: resource } = job as Resource<ProcessSpec>
  if (resource.kind !== 'job') throw new StepError('internal', `${job.id} is not a job`)
  const state = options.memory.folder
  try {
    const spec = await jobSpec(job, resource, options)
    const environment = await jobEnvironment(job.name, resource, options)
    const marker = `${jobMarker(instanceHash(state), job.name)}1/0`
    const marked = { ...environment, [markerVariable]: marker }
    return await attached(
      { command: spec.command, cwd: spec.cwd, environment: marked, stdin: undefined, stdout, stderr },
      signal,
    )
  } finally {
    await rm(taskFolder(state, job.name), { recursive: true, force: true })
  }
}

async function attached(request: Parameters<typeof runAttached>[0], signal: AbortSignal): Promise<number> {
  try {
    return await runAttached(request, signal)
  } catch (error) {
    if (error instanceof SpawnError) throw new StepError('precondition', error.message)
    throw error
  }
}
