import { setTimeout as sleep } from 'node:timers/promises'
import {
  findMarked,
  groupGone,
  killGroup,
  markerVariable,
  signalGroup,
  signalProcess,
} from '../platform/process-group.ts'
import {
  answersSignals,
  identify,
  identifySync,
  isRunning,
  type ProcessIdentity,
} from '../platform/process-identity.ts'
import { spawnDetached } from '../platform/process-spawn.ts'
import type { OpenLog } from './log-keeper.ts'
import type { Environment } from './protocol.ts'

/** How a process ended; both absent when nobody saw it. */
export interface ProcessEnd {
  readonly code: number | undefined
  readonly signal: string | undefined
}

/** A process that we watch: our own child, or one that an earlier session started. */
export interface WatchedProcess {
  readonly identity: ProcessIdentity
  readonly isAdopted: boolean
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>
}

export interface Start {
  readonly command: readonly string[]
  readonly cwd: string
  readonly environment: Environment
  readonly marker: string
  readonly log: OpenLog
}

/** Throws SpawnError when the program cannot be started. */
export async function startProcess(start: Start): Promise<WatchedProcess> {
  const { pid, ended } = await spawnDetached({
    command: start.command,
    cwd: start.cwd,
    environment: { ...start.environment, [markerVariable]: start.marker },
    stdout: start.log.stdout,
    stderr: start.log.stderr,
  })
  // A process that is gone again already has no start time any more, and needs none.
  const identity = identifySync(pid) ?? (await identify(pid)) ?? { pid, startTime: '' }
  return { identity, isAdopted: false, ended }
}

/** How often an adopted process is looked at, in milliseconds: it is not our child, so nobody tells us of its end. */
const adoptedEvery = 250
/** Outside Linux its start time costs a run of `ps`: there only every so many looks ask for it, the others whether the pid answers. */
const thoroughLook = process.platform === 'linux' ? 1 : 20

export function adoptProcess(identity: ProcessIdentity, signal: AbortSignal): WatchedProcess {
  const isThere = async (look: number): Promise<boolean> =>
    look % thoroughLook === 0 ? isRunning(identity) : answersSignals(identity.pid)
  const watch = async (): Promise<ProcessEnd> => {
    for (let look = 0; !signal.aborted && (await isThere(look)); look += 1) {
      await sleep(adoptedEvery, undefined, { signal }).catch(() => undefined)
    }
    return { code: undefined, signal: undefined }
  }
  return { identity, isAdopted: true, ended: watch() }
}

/**
 * The process that a record speaks of, if it still runs. A record without a pid is an intent whose session died before it could
 * note the outcome: the marker tells whether there was one.
 */
export async function findRecorded(record: {
  readonly pid: number | undefined
  readonly startTime: string | undefined
  readonly marker: string
}): Promise<ProcessIdentity | undefined> {
  if (record.pid !== undefined && record.startTime !== undefined) {
    const identity = { pid: record.pid, startTime: record.startTime }
    return (await isRunning(identity)) ? identity : undefined
  }
  const marked = (await findMarked()).filter(({ marker }) => marker === record.marker)
  const leader = marked.find(({ row }) => row.group === row.pid)
  return leader && { pid: leader.row.pid, startTime: leader.row.startTime }
}

export interface Ending {
  readonly signal: NodeJS.Signals
  /** Milliseconds until the whole group is killed. */
  readonly grace: number
}

/**
 * Ends a process with everything it started: asks the whole group, waits, kills the group, and then whoever left the group but
 * carries the marker. Comes back when all are gone.
 */
export async function endProcess(identity: ProcessIdentity, marker: string, ending: Ending): Promise<void> {
  const group = identity.pid
  // The number may have been given out again since; then the group is not ours to signal.
  if (identity.startTime !== '' && (await isOursOrGone(identity))) {
    signalGroup(group, ending.signal)
    if (!(await groupGone(group, ending.grace))) await killGroup(group)
  }
  await killMarked((other) => other === marker)
}

/** Kills whoever carries such a marker, and waits until none is left. */
export async function killMarked(isMeant: (marker: string) => boolean): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const left = (await findMarked()).filter(({ marker }) => isMeant(marker))
    if (left.length === 0) return
    for (const { row } of left) signalProcess(row.pid, 'SIGKILL')
    await sleep(Math.min(5 * (round + 1), 100))
  }
}

/** A leader that ended leaves its group number in use as long as the group has members, so then the group is still ours. */
async function isOursOrGone(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid)
  return now === undefined || now.startTime === identity.startTime
}
