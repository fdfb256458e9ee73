import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import {
  answersSignals,
  identify,
  outputOf,
  rowOfStat,
  rowsOfPs,
  type ProcessRow,
} from './process-identity.ts'

/** The variable by which a process of ours is known even after it left its group. */
export const markerVariable = 'IAMSTACK_PROCESS'

/** Sends a signal to a group; false when the group is gone or is not ours. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  return signalProcess(-group, signal)
}

/** Sends a signal to one process; false when it is gone or is not ours. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/**
 * Whether any member of the group still runs. Zombies answer signals too, so a yes of the kernel is looked at twice: mostly the
 * leader runs, and only without it the whole process table is read.
 */
export async function isGroupRunning(group: number): Promise<boolean> {
  if (!answersSignals(-group)) return false
  if ((await identify(group)) !== undefined) return true
  return (await processTable()).some((row) => row.group === group && !row.isZombie)
}

/** Comes back when no member of the group runs any more: true, or false when `milliseconds` went by first. */
export async function groupGone(group: number, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 50)) {
    if (!(await isGroupRunning(group))) return true
    const left = deadline - performance.now()
    if (left <= 0) return false
    await sleep(Math.min(pause, left))
  }
}

/** Kills a group and waits until it is gone; false when it survives five seconds, which only an uninterruptible wait does. */
export async function killGroup(group: number): Promise<boolean> {
  signalGroup(group, 'SIGKILL')
  return groupGone(group, 5000)
}

/** A running process whose environment carries our marker. */
export interface Marked {
  readonly row: ProcessRow
  readonly marker: string
}

let scan: { readonly result: Promise<Marked[]>; hasBegun: boolean } | undefined

/**
 * Running processes whose environment carries a marker. Where the system does not show us an environment (another user's,
 * hardened programs) the process is not found. Many stops at once share one walk over the process table: who asks before it
 * begins gets its result.
 */
export function findMarked(): Promise<Marked[]> {
  if (scan && !scan.hasBegun) return scan.result
  const earlier = scan?.result
  const begin = async (): Promise<Marked[]> => {
    await earlier?.catch(() => [])
    await sleep(1)
    mine.hasBegun = true
    return process.platform === 'linux' ? markedOfProc() : markedOfPs()
  }
  const mine = { hasBegun: false, result: Promise.resolve().then(begin) }
  scan = mine
  return mine.result
}

/** Read synchronously, since that takes a fifth of the time, but never long at a stretch. */
async function markedOfProc(): Promise<Marked[]> {
  const prefix = `${markerVariable}=`
  return forEachPid((pid) => {
    const environment = readProc(pid, 'environ') ?? ''
    if (!environment.includes(prefix)) return undefined
    const entry = environment.split('\0').find((each) => each.startsWith(prefix))
    const row = procRow(pid)
    return row && entry !== undefined && !row.isZombie
      ? { row, marker: entry.slice(prefix.length) }
      : undefined
  })
}

/** `ps -E` shows the environments of one's own processes on macOS, behind the command. */
async function markedOfPs(): Promise<Marked[]> {
  const markers = new Map<number, string>()
  for (const line of (await outputOf('ps', ['-axwwE', '-o', 'pid=,command='])).split('\n')) {
    const match = new RegExp(`^\\s*(\\d+) .*\\b${markerVariable}=(\\S+)`).exec(line)
    if (match?.[2] !== undefined) markers.set(Number(match[1]), match[2])
  }
  if (markers.size === 0) return []
  return (await rowsOfPs(['-ax'])).flatMap((row) => {
    const marker = markers.get(row.pid)
    return marker === undefined || row.isZombie ? [] : [{ row, marker }]
  })
}

async function processTable(): Promise<ProcessRow[]> {
  return process.platform === 'linux' ? forEachPid(procRow) : rowsOfPs(['-ax'])
}

function procRow(pid: string): ProcessRow | undefined {
  const text = readProc(pid, 'stat')
  return text === undefined ? undefined : rowOfStat(text)
}

/** Undefined when the process is gone or not ours to look at. */
function readProc(pid: string, file: 'environ' | 'stat'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return undefined
  }
}

async function forEachPid<T>(look: (pid: string) => T | undefined): Promise<T[]> {
  const found: T[] = []
  let began = performance.now()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const seen = look(name)
    if (seen !== undefined) found.push(seen)
    if (performance.now() - began < 5) continue
    await setImmediate()
    began = performance.now()
  }
  return found
}
