import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { End, ForwardSpec, GatewaySpec, JobSpec, ReplicaPhase, ServiceSpec } from './protocol.ts'

/** `service.json`. */
export interface ServiceRecord {
  readonly spec: ServiceSpec
  readonly generation: number
  /** Stopped by a person; not started again until told. */
  readonly isStopped: boolean
  /** Removal has begun and must be finished by whoever finds this. */
  readonly isLeaving: boolean
}

/**
 * `replica-<n>.json`. Written before the spawn without `pid`, and again right after it: whoever finds it without one looks for the
 * marker among the running processes.
 */
export interface ReplicaRecord {
  readonly slot: number
  readonly generation: number
  readonly marker: string
  readonly run: number
  readonly phase: ReplicaPhase
  readonly pid: number | undefined
  readonly startTime: string | undefined
  readonly startedAt: number | undefined
  readonly restarts: number
  readonly failures: number
  readonly lastEnd: End | undefined
}

/** `job.json`. */
export interface JobRecord {
  readonly spec: JobSpec
  readonly marker: string
  readonly phase: 'running' | 'waiting' | 'completed' | 'failed'
  readonly tries: number
  readonly run: number
  readonly pid: number | undefined
  readonly startTime: string | undefined
  readonly startedAt: number | undefined
  readonly lastEnd: End | undefined
}

/** `gateway.json`. */
export interface GatewayRecord {
  readonly spec: GatewaySpec
}

/** `forwards/<service>.<port>.json`. */
export interface ForwardRecord {
  /** `local` is the port that it got. */
  readonly spec: ForwardSpec
}

/**
 * Writes JSON for the owner alone (0600), so that a reader sees the old or the new whole. Synchronous on purpose: an intent must
 * be on disk before the spawn that follows it.
 */
export function writeRecord(path: string, record: unknown): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  const write = (): void => {
    writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 })
  }
  try {
    write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    write()
  }
  renameSync(temporary, path)
}

/** Undefined when there is no such record, or none that can be read: only our own files are ever asked for. */
export function readRecord(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** As `readRecord`, for commands that read many at once. */
export async function loadRecord(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
