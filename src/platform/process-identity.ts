import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/**
 * Which process is meant. A pid alone is not enough: the system gives it out again. With the time at which it started it is
 * unique until the next boot; the time is text in the system's own notation, only ever compared.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  readonly startTime: string
  /** Ended, but not yet collected by its parent. It runs nothing and holds nothing. */
  readonly isZombie: boolean
}

/** The identity of a running process; undefined when no such process runs (a zombie does not run). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const row = await rowOf(pid)
  return row && !row.isZombie ? { pid, startTime: row.startTime } : undefined
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if (!answersSignals(identity.pid)) return false
  return (await identify(identity.pid))?.startTime === identity.startTime
}

/** The row of one process, from `/proc` on Linux and from `ps` elsewhere. */
async function rowOf(pid: number): Promise<ProcessRow | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : rowOfStat(text)
  }
  const [row] = await rowsOfPs(['-p', String(pid)])
  return row
}

/** As `identify`, without giving way to others: for the moment right after a spawn. Undefined where only `ps` could tell. */
export function identifySync(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const row = rowOfStat(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
    return row && !row.isZombie ? { pid, startTime: row.startTime } : undefined
  } catch {
    return undefined
  }
}

/** False only when certainly no process has this pid. */
export function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * `/proc/PID/stat`, see proc(5): the second field is the program's name in brackets and may hold anything, brackets included, so
 * counting begins behind the last one. Field 3 is the state, 5 the process group, 22 the start in clock ticks since boot.
 */
export function rowOfStat(text: string): ProcessRow | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, , group] = fields
  const startTime = fields[19]
  if (state === undefined || group === undefined || startTime === undefined) return undefined
  return {
    pid: Number.parseInt(text, 10),
    group: Number(group),
    startTime,
    isZombie: state === 'Z' || state === 'X',
  }
}

/** Rows of `ps`; `lstart` is a date of five words whose locale is pinned so that it can be compared. */
export async function rowsOfPs(selection: readonly string[]): Promise<ProcessRow[]> {
  const text = await outputOf('ps', [...selection, '-o', 'pid=,pgid=,stat=,lstart='])
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line)
    if (!match) return []
    const [, pid = '', group = '', state = '', startTime = ''] = match
    return [{ pid: Number(pid), group: Number(group), startTime, isZombie: state.startsWith('Z') }]
  })
}

/** What a small system tool prints; empty when it is missing or finds nothing, which such tools tell by their exit code. */
export function outputOf(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 64 * 1024 * 1024 }
    execFile(file, [...args], options, (_error, stdout) => {
      resolve(stdout)
    })
  })
}
