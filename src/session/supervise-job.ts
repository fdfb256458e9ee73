import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessIdentity } from '../platform/process-identity.ts'
import { environmentFile, exitFile, jobFile, logsFolder, taskFolder } from './layout.ts'
import type { LogKeeper, OpenLog } from './log-keeper.ts'
import type { Environment, JobSpec, JobState } from './protocol.ts'
import { readRecord, writeRecord, type JobRecord } from './records.ts'
import {
  adoptProcess,
  endProcess,
  findRecorded,
  killMarked,
  startProcess,
  type ProcessEnd,
  type WatchedProcess,
} from './supervise-process.ts'

export interface JobContext {
  readonly state: string
  readonly instance: string
  readonly logs: LogKeeper
  readonly changed: (state: JobState) => void
}

/** Milliseconds between the tries of a job; doubles. */
const backOff = { first: 200, most: 10_000 }

/**
 * Runs the command and leaves its exit code in a file, whose path is `$0`. A job must count as done even when it ends while no
 * session is there to be told.
 */
const leaveExitCode = '"$@"; code=$?; echo "$code" > "$0.tmp" && mv "$0.tmp" "$0"; exit "$code"'

/** A job on its way to its end: tries, time limit, outcome. */
export class SupervisedJob {
  readonly name: string
  readonly #context: JobContext
  #record: JobRecord
  #process: WatchedProcess | undefined
  #killedBecause: string | undefined
  readonly #stopping = new AbortController()
  #life: Promise<void> = Promise.resolve()

  private constructor(context: JobContext, record: JobRecord) {
    this.#context = context
    this.#record = record
    this.name = record.spec.name
  }

  static start(context: JobContext, spec: JobSpec, environment: Environment): SupervisedJob {
    writeRecord(environmentFile(taskFolder(context.state, spec.name), 1), environment)
    const job = new SupervisedJob(context, { ...newRecord(context, spec), phase: 'running' })
    job.#life = job.#tryUntilDone(undefined)
    return job
  }

  /** A job whose work stands already. */
  static noted(context: JobContext, spec: JobSpec): SupervisedJob {
    const job = new SupervisedJob(context, newRecord(context, spec))
    job.#become({ phase: 'completed' })
    return job
  }

  static async adopt(context: JobContext, record: JobRecord): Promise<SupervisedJob> {
    const job = new SupervisedJob(context, record)
    if (record.phase === 'completed' || record.phase === 'failed') return job
    const found = record.phase === 'running' ? await findRecorded(record) : undefined
    job.#life = job.#tryUntilDone(found)
    return job
  }

  state(): JobState {
    const { spec, phase, tries, pid, lastEnd, run } = this.#record
    return { kind: 'job', name: this.name, parts: spec.parts, phase, tries, pid, lastEnd, run }
  }

  isIdle(): boolean {
    return this.#record.phase === 'completed' || this.#record.phase === 'failed'
  }

  /** Ends it if it runs; comes back when no process of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    if (this.#process)
      await endProcess(this.#process.identity, this.#record.marker, { signal: 'SIGTERM', grace: 5000 })
    await killMarked((marker) => marker.startsWith(jobMarker(this.#context.instance, this.name)))
    await this.#life
  }

  async #tryUntilDone(found: ProcessIdentity | undefined): Promise<void> {
    const { spec } = this.#record
    let pause = backOff.first
    let end = await this.#outcomeOfEarlier(found)
    while (!this.#isStopping()) {
      end ??= await this.#tryOnce()
      if (this.#isStopping()) break
      const isDone = end.code === 0
      const isLast = this.#record.tries > spec.retries
      this.#become({
        phase: isDone ? 'completed' : isLast ? 'failed' : 'waiting',
        pid: undefined,
        lastEnd: { ...end, what: 'main', at: Date.now(), cause: this.#killedBecause },
      })
      this.#killedBecause = undefined
      if (isDone || isLast) break
      end = undefined
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      pause = Math.min(pause * 2, backOff.most)
    }
    rmSync(environmentFile(taskFolder(this.#context.state, this.name), 1), { force: true })
  }

  /** What became of the try that an earlier session began; undefined when it began none. */
  async #outcomeOfEarlier(found: ProcessIdentity | undefined): Promise<ProcessEnd | undefined> {
    if (this.#record.tries === 0 || this.#record.phase !== 'running') return undefined
    if (found) {
      const log = this.#openLog(true)
      this.#process = adoptProcess(found, this.#stopping.signal)
      return this.#untilEnd(this.#process, log)
    }
    await killMarked((marker) => marker === this.#record.marker)
    return { code: this.#exitCode(), signal: undefined }
  }

  async #tryOnce(): Promise<ProcessEnd> {
    const { spec } = this.#record
    const { state, instance } = this.#context
    const environment = readRecord(environmentFile(taskFolder(state, this.name), 1)) as
      Environment | undefined
    const run = this.#record.run + 1
    const file = exitFile(state, this.name)
    rmSync(file, { force: true })
    for (const folder of spec.scratch) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    }
    this.#become({
      phase: 'running',
      run,
      tries: this.#record.tries + 1,
      marker: `${jobMarker(instance, this.name)}1/${String(run)}`,
      pid: undefined,
      startTime: undefined,
      startedAt: Date.now(),
    })
    const log = this.#openLog(false)
    try {
      const command = ['/bin/sh', '-c', leaveExitCode, file, ...spec.command]
      this.#process = await startProcess({
        command,
        cwd: spec.cwd,
        environment: environment ?? {},
        marker: this.#record.marker,
        log,
      })
    } catch (error) {
      log.close()
      this.#killedBecause = error instanceof Error ? error.message : String(error)
      return { code: undefined, signal: undefined }
    }
    const { pid, startTime } = this.#process.identity
    this.#become({ pid, startTime })
    return this.#untilEnd(this.#process, log)
  }

  async #untilEnd(child: WatchedProcess, log: OpenLog): Promise<ProcessEnd> {
    const { timeout } = this.#record.spec
    const left = (this.#record.startedAt ?? Date.now()) + timeout - Date.now()
    const timer = setTimeout(
      () => {
        this.#killedBecause = `ran longer than ${String(timeout)} ms`
        void endProcess(child.identity, this.#record.marker, { signal: 'SIGTERM', grace: 1000 })
      },
      Math.max(left, 0),
    )
    const end = await child.ended
    clearTimeout(timer)
    this.#process = undefined
    await killMarked((marker) => marker === this.#record.marker)
    log.close()
    if (this.#killedBecause === undefined) return { code: this.#exitCode() ?? end.code, signal: end.signal }
    // One that ends well when told to end has not done its work.
    return { code: end.code === 0 ? undefined : end.code, signal: end.signal ?? 'SIGTERM' }
  }

  #exitCode(): number | undefined {
    try {
      return Number.parseInt(readFileSync(exitFile(this.#context.state, this.name), 'utf8'), 10)
    } catch {
      return undefined
    }
  }

  #openLog(isAdopted: boolean): OpenLog {
    const folder = logsFolder(taskFolder(this.#context.state, this.name))
    const { logs } = this.#context
    return isAdopted
      ? logs.adopt(folder, 1, this.#record.run, 'main')
      : logs.open(folder, 1, this.#record.run, 'main')
  }

  #become(change: Partial<JobRecord>): void {
    this.#record = { ...this.#record, ...change }
    writeRecord(jobFile(this.#context.state, this.name), this.#record)
    this.#context.changed(this.state())
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }
}

function newRecord(context: JobContext, spec: JobSpec): JobRecord {
  const earlier = readRecord(jobFile(context.state, spec.name)) as JobRecord | undefined
  return {
    spec,
    marker: '',
    phase: 'waiting',
    tries: 0,
    run: earlier?.run ?? 0,
    pid: undefined,
    startTime: undefined,
    startedAt: undefined,
    lastEnd: undefined,
  }
}

/** Begins the markers of every process of a job. No service can be called so. */
export function jobMarker(instance: string, job: string): string {
  return `${instance}/job:${job}/`
}

/** The record goes first: a folder without one is rubbish to whoever finds it. */
export function removeTaskFolder(state: string, job: string): void {
  rmSync(jobFile(state, job), { force: true })
  rmSync(taskFolder(state, job), { recursive: true, force: true })
}
