import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { outputOf } from '../platform/process-identity.ts'
import { logName, streams } from './log-files.ts'

export interface LogKeeper {
  /** Opens the two files of a start. The descriptors go to the child; the keeper keeps them open until `close`. */
  open(folder: string, slot: number, run: number, source: string): OpenLog
  /** Watches the files of a process that an earlier session started. */
  adopt(folder: string, slot: number, run: number, source: string): OpenLog
  stop(): void
}

export interface OpenLog {
  readonly stdout: number
  readonly stderr: number
  /** A line of ours among those of the program. */
  write(text: string): void
  /** Notes the last arrivals and lets go of the files. */
  close(): void
}

/** A start may keep between one and two times this much of each stream. */
const keptBytes = 8 * 1024 * 1024
/** How many starts of a slot keep their logs. */
const keptRuns = 5
/** How often growth is looked at: seldom while all is silent, often for a second after something came. */
const pace = { idle: 100, busy: 20, busyFor: 1000 }

interface Kept {
  readonly base: string
  readonly stdout: number
  readonly stderr: number
  noted: { stdout: number; stderr: number }
  cut: { stdout: number; stderr: number }
  canShorten: boolean
}

/**
 * Notes when bytes arrive in the logs of running processes, and keeps the logs small. A writer that we do not control cannot be
 * asked to reopen its file, and copying and then truncating loses what it writes in between. So a log that is too long loses its
 * head by a hole punched into the file (Linux): its offsets, and the writer, notice nothing. Where the system cannot do that, a
 * log is shortened by the next start only.
 */
export function createLogKeeper(): LogKeeper {
  const kept = new Set<Kept>()
  let busyUntil = 0
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    const now = Date.now()
    for (const log of kept) if (note(log, now)) busyUntil = now + pace.busyFor
    timer = kept.size === 0 ? undefined : setTimeout(look, now < busyUntil ? pace.busy : pace.idle)
  }
  const keep = (base: string, flags: string, noted: Kept['noted'], cut: Kept['cut']): OpenLog => {
    const log: Kept = {
      base,
      stdout: openSync(`${base}.stdout`, flags, 0o600),
      stderr: openSync(`${base}.stderr`, flags, 0o600),
      noted,
      cut,
      canShorten: process.platform === 'linux',
    }
    kept.add(log)
    timer ??= setTimeout(look, pace.busy)
    return {
      stdout: log.stdout,
      stderr: log.stderr,
      write: (text) => {
        writeSync(log.stderr, text)
      },
      close: () => {
        if (!kept.delete(log)) return
        note(log, Date.now())
        for (const stream of streams) closeSync(log[stream])
      },
    }
  }
  return {
    open(folder, slot, run, source) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      dropOldRuns(folder, slot, run)
      return keep(
        join(folder, logName(slot, run, source)),
        'a',
        { stdout: 0, stderr: 0 },
        { stdout: 0, stderr: 0 },
      )
    },
    adopt(folder, slot, run, source) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const base = join(folder, logName(slot, run, source))
      const log = keep(base, 'a', { stdout: 0, stderr: 0 }, { stdout: 0, stderr: 0 })
      noteUnseen(base)
      return log
    },
    stop() {
      clearTimeout(timer)
      for (const log of kept) note(log, Date.now())
    },
  }
}

/** What came while nobody watched has the time of the last write. */
function noteUnseen(base: string): void {
  const [stdout, stderr] = [statSync(`${base}.stdout`), statSync(`${base}.stderr`)]
  const time = Math.round(Math.max(stdout.mtimeMs, stderr.mtimeMs))
  appendFileSync(`${base}.times`, `${String(time)} ${String(stdout.size)} ${String(stderr.size)}\n`, {
    mode: 0o600,
  })
}

function note(log: Kept, now: number): boolean {
  const size = { stdout: fstatSync(log.stdout).size, stderr: fstatSync(log.stderr).size }
  if (size.stdout === log.noted.stdout && size.stderr === log.noted.stderr) return false
  log.noted = size
  try {
    appendFileSync(`${log.base}.times`, `${String(now)} ${String(size.stdout)} ${String(size.stderr)}\n`, {
      mode: 0o600,
    })
  } catch (error) {
    // The folder was removed under us: its service is leaving, and there is nobody left to tell the time to.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  for (const stream of streams) {
    if (log.canShorten && size[stream] - log.cut[stream] > 2 * keptBytes) shorten(log, stream, size[stream])
  }
  return true
}

function shorten(log: Kept, stream: 'stdout' | 'stderr', size: number): void {
  const blocks = 4096
  const cut = Math.floor((size - keptBytes) / blocks) * blocks
  const file = `${log.base}.${stream}`
  const before = statSync(file).blocks
  log.cut[stream] = cut
  const column = stream === 'stdout' ? 1 : 2
  const entries = readFileSync(`${log.base}.times`, 'utf8').split('\n')
  const stillThere = entries.filter(
    (line) => !line.startsWith('cut') && Number(line.split(' ')[column] ?? 0) > cut,
  )
  const text = [`cut ${String(log.cut.stdout)} ${String(log.cut.stderr)}`, ...stillThere, ''].join('\n')
  writeFileSync(`${log.base}.times.tmp`, text, { mode: 0o600 })
  renameSync(`${log.base}.times.tmp`, `${log.base}.times`)
  void outputOf('fallocate', ['--punch-hole', '--offset', '0', '--length', String(cut), file]).then(() => {
    log.canShorten = statSync(file, { throwIfNoEntry: false })?.blocks !== before
  })
}

function dropOldRuns(folder: string, slot: number, run: number): void {
  for (const name of readdirSync(folder)) {
    const match = /^(\d+)-(\d+)-/.exec(name)
    if (match && Number(match[1]) === slot && Number(match[2]) <= run - keptRuns)
      rmSync(join(folder, name), { force: true })
  }
}
