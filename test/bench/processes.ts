import { readdir, readFile } from 'node:fs/promises'

/** What processes use, from /proc: a figure of Linux. */
export interface Usage {
  readonly bytes: number
  /** Seconds of a processor since they started. */
  readonly seconds: number
}

/** Clock ticks of /proc in a second; the same on every Linux that Node runs on. */
const ticks = 100

/** All processes of which the arguments and the environment contain these. */
export async function usageOf(argument: string, variable: string): Promise<Usage> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => usage(pid, argument, variable)))
  return {
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds: found.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

async function usage(pid: string, argument: string, variable: string): Promise<Usage> {
  const none = { bytes: 0, seconds: 0 }
  try {
    const [words, environment] = await Promise.all([read(pid, 'cmdline'), read(pid, 'environ')])
    if (!words.includes(argument) || !environment.includes(variable)) return none
    const [status, stat] = await Promise.all([read(pid, 'status'), read(pid, 'stat')])
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
    // The name before them may contain spaces; utime and stime are the 12th and 13th field behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { bytes: kilobytes * 1024, seconds: (Number(fields[11]) + Number(fields[12])) / ticks }
  } catch {
    // It ended meanwhile.
    return none
  }
}

const read = (pid: string, name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8')
