import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
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

async function markedOfProc(): Promise<Marked[]> {
  const found = await Promise.all(
    (await pidsOfProc()).map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      const marker = environment
        .split('\0')
        .find((entry) => entry.startsWith(`${markerVariable}=`))
        ?.slice(markerVariable.length + 1)
      const row = marker === undefined ? undefined : await procRow(pid)
      return row && marker !== undefined && !row.isZombie ? [{ row, marker }] : []
    }),
  )
  return found.flat()
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
  if (process.platform !== 'linux') return rowsOfPs(['-ax'])
  const rows = await Promise.all((await pidsOfProc()).map(procRow))
  return rows.filter((row) => row !== undefined)
}

async function procRow(pid: string): Promise<ProcessRow | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : rowOfStat(text)
}

async function pidsOfProc(): Promise<string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
}
