import { open, type FileHandle } from 'node:fs/promises'
import { logFilesIn, readArrivals, type Arrivals, type LogFile } from '../../session/log-files.ts'

export interface TimedLine {
  /** Epoch milliseconds. */
  readonly time: number
  readonly text: string
}

/** Reads one log file from its beginning, line by line, as often as there is more; survives the removal of the file. */
export class LogReader {
  readonly file: LogFile
  readonly #handle: FileHandle
  readonly #arrivals: Arrivals
  #offset: number
  /** Bytes of a line whose end has not come yet. */
  #rest = Buffer.alloc(0)
  #skipsFirst: boolean

  private constructor(file: LogFile, handle: FileHandle, arrivals: Arrivals) {
    this.file = file
    this.#handle = handle
    this.#arrivals = arrivals
    this.#offset = arrivals.startOf(file.stream)
    this.#skipsFirst = this.#offset > 0
  }

  /** Undefined when the file is gone. */
  static async open(file: LogFile): Promise<LogReader | undefined> {
    const handle = await open(file.path, 'r').catch(() => undefined)
    if (!handle) return undefined
    const arrivals = await readArrivals(file.path.replace(/\.(stdout|stderr)$/, '.times'))
    return new LogReader(file, handle, arrivals)
  }

  /** What came since the last call. `isOver` gives an unfinished last line too. */
  async more(isOver: boolean): Promise<TimedLine[]> {
    const lines: TimedLine[] = []
    const chunk = Buffer.allocUnsafe(256 * 1024)
    for (;;) {
      const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#offset)
      if (bytesRead === 0) break
      await this.#take(chunk.subarray(0, bytesRead), lines)
      this.#offset += bytesRead
    }
    if (isOver && this.#rest.length > 0) {
      lines.push(await this.#line(this.#rest, this.#offset - this.#rest.length))
      this.#rest = Buffer.alloc(0)
    }
    return lines
  }

  /** The file has no name any more: nothing will come but what is in it. */
  async isRemoved(): Promise<boolean> {
    return (await this.#handle.stat()).nlink === 0
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #take(chunk: Buffer, lines: TimedLine[]): Promise<void> {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    const base = this.#offset - this.#rest.length
    let start = 0
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, start)) {
      if (this.#skipsFirst) this.#skipsFirst = false
      else lines.push(await this.#line(data.subarray(start, end), base + start))
      start = end + 1
    }
    this.#rest = Buffer.from(data.subarray(start))
  }

  /** A byte that nobody noted the arrival of has come between the last note and the last write. */
  async #line(bytes: Buffer, offset: number): Promise<TimedLine> {
    const time = this.#arrivals.timeOf(this.file.stream, offset) ?? (await this.#handle.stat()).mtimeMs
    const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length
    return { time: Math.round(time), text: bytes.toString('utf8', 0, end) }
  }
}

/** The last lines of the newest start of a slot, both streams in the order in which they came. */
export async function lastLines(
  folder: string,
  slot: number,
  source: string,
  count: number,
): Promise<string[]> {
  const files = (await logFilesIn(folder)).filter((file) => file.slot === slot && file.source === source)
  // The newest start may have had no time to say anything: then the one before it speaks.
  for (const run of [...new Set(files.map((file) => file.run))].reverse()) {
    const lines: TimedLine[] = []
    for (const file of files.filter((each) => each.run === run)) lines.push(...(await readAll(file)))
    if (lines.length > 0)
      return lines
        .sort((one, other) => one.time - other.time)
        .slice(-count)
        .map(({ text }) => text)
  }
  return []
}

async function readAll(file: LogFile): Promise<TimedLine[]> {
  const reader = await LogReader.open(file)
  try {
    return (await reader?.more(true)) ?? []
  } finally {
    await reader?.close()
  }
}
