import { watch, type FSWatcher } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { logsFolder, serviceFolder, servicesFolder, taskFolder, tasksFolder } from '../../session/layout.ts'
import { logFilesIn, type LogFile } from '../../session/log-files.ts'
import type { LogLine, LogQuery } from '../driver.ts'
import { LogReader } from './log-read.ts'

/** How long a follower waits at most before it looks again, in milliseconds; where the system tells of changes, it looks at once. */
const lookEvery = 200

/**
 * Log lines of services and jobs, straight from their files: no session is needed. First what is there, merged by time; then, when
 * following, what comes, through restarts and replacements, until aborted.
 */
export async function* readLogs(
  query: LogQuery,
  state: string,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const readers = new Map<string, LogReader>()
  try {
    for (const owner of await ownersOf(query, state)) {
      for (const file of chosen(await logFilesIn(owner.folder), query)) await openInto(readers, file)
    }
    const history = await linesOf(readers, query, state, !query.follow)
    yield* shortened(history, query)
    if (query.follow) yield* follow(query, state, readers, signal)
  } finally {
    for (const reader of readers.values()) await reader.close()
  }
}

interface Owner {
  readonly name: string
  readonly folder: string
}

async function ownersOf(query: LogQuery, state: string): Promise<Owner[]> {
  const named = (names: readonly string[], folderOf: (state: string, name: string) => string): Owner[] =>
    names
      .filter((name) => query.services.length === 0 || query.services.includes(name))
      .map((name) => ({ name, folder: logsFolder(folderOf(state, name)) }))
  const services = await readdir(servicesFolder(state)).catch(() => [])
  const jobs = await readdir(tasksFolder(state)).catch(() => [])
  return [...named(services.sort(), serviceFolder), ...named(jobs.sort(), taskFolder)]
}

/** The present start of each slot, or with `previous` the one before; with `init` its init steps, else its program. */
function chosen(files: readonly LogFile[], query: LogQuery): LogFile[] {
  const fitting = files.filter(({ source }) => (query.init ? source.startsWith('init.') : source === 'main'))
  if (!query.previous && !query.init) return fitting
  const newest = new Map<number, number[]>()
  for (const { slot, run } of files)
    newest.set(
      slot,
      [...new Set([...(newest.get(slot) ?? []), run])].sort((one, other) => other - one),
    )
  const wanted = (slot: number): number | undefined => newest.get(slot)?.[query.previous ? 1 : 0]
  const present = fitting.filter(({ slot, run }) => run === wanted(slot))
  // A restart after a crash runs no init step: then the last ones that ran are meant.
  return present.length > 0 || query.previous ? present : fitting
}

async function openInto(readers: Map<string, LogReader>, file: LogFile): Promise<void> {
  if (readers.has(file.path)) return
  const reader = await LogReader.open(file)
  if (reader) readers.set(file.path, reader)
}

async function linesOf(
  readers: Map<string, LogReader>,
  query: LogQuery,
  state: string,
  isOver: boolean,
): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for (const reader of [...readers.values()]) {
    const { slot, stream, path } = reader.file
    const service = nameOf(path, state)
    const isGone = await reader.isRemoved()
    for (const { time, text } of await reader.more(isOver || isGone)) {
      if (query.since === undefined || time >= query.since)
        lines.push({ time, service, replica: slot, stream, text })
    }
    if (!isGone) continue
    readers.delete(path)
    await reader.close()
  }
  // Sorting is stable: lines of one file stay in their order.
  return lines.sort((one, other) => one.time - other.time)
}

/** `tail` counts for each service, as users of container logs know it. */
function shortened(lines: readonly LogLine[], { tail }: LogQuery): readonly LogLine[] {
  if (tail === undefined) return lines
  const left = new Map<string, number>()
  return lines
    .toReversed()
    .filter(({ service }) => {
      const seen = left.get(service) ?? 0
      left.set(service, seen + 1)
      return seen < tail
    })
    .reverse()
}

async function* follow(
  query: LogQuery,
  state: string,
  readers: Map<string, LogReader>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const watchers = new Map<string, FSWatcher>()
  let wake: () => void = () => undefined
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => (wake = resolve))
      for (const { folder } of await ownersOf(query, state)) {
        watchFolder(folder, watchers, () => wake())
        for (const file of await logFilesIn(folder)) {
          if (query.init ? file.source.startsWith('init.') : file.source === 'main')
            await openInto(readers, file)
        }
      }
      for (const line of await linesOf(readers, { ...query, since: undefined }, state, false)) yield line
      const timer = setTimeout(() => wake(), lookEvery)
      await changed
      clearTimeout(timer)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    for (const watcher of watchers.values()) watcher.close()
  }
}

function watchFolder(folder: string, watchers: Map<string, FSWatcher>, wake: () => void): void {
  if (watchers.has(folder)) return
  try {
    const watcher = watch(folder, wake)
    watcher.on('error', () => {
      watcher.close()
      watchers.delete(folder)
    })
    watchers.set(folder, watcher)
  } catch {
    // Not there yet, or no watches left on this system: the regular look finds its lines.
  }
}

function nameOf(path: string, state: string): string {
  for (const folder of [servicesFolder(state), tasksFolder(state)]) {
    if (path.startsWith(`${folder}/`)) return path.slice(folder.length + 1).split('/', 1)[0] ?? ''
  }
  return ''
}
