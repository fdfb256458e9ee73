import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AnalyticsRecord } from '../../../common/src/analytics-record.ts'
import type { Sink } from './sink.ts'

/** Ids of as many records at the end of the file are remembered: more than one batch can repeat. */
const remembered = 2000

/** One record a line, appended and flushed. */
export async function openJsonLines(file: string): Promise<Sink> {
  await mkdir(dirname(file), { recursive: true })
  await dropTornLine(file)
  const known = new Set((await readRecords(file)).slice(-remembered).map(({ id }) => id))
  return {
    async write(records) {
      const fresh = records.filter(({ id }) => !known.has(id))
      await append(file, fresh.map((record) => `${JSON.stringify(record)}\n`).join(''))
      for (const { id } of fresh) known.add(id)
      for (const id of known) {
        if (known.size <= remembered) break
        known.delete(id)
      }
    },
    async count(username) {
      const records = await readRecords(file)
      return records.filter((record) => username === undefined || record.username === username).length
    },
    check: () => append(file, ''),
    close: () => Promise.resolve(),
  }
}

async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.writeFile(text)
    if (text !== '') await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A crash may have left half a line, whose record is still in Redis and comes again. */
async function dropTornLine(file: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600)
  try {
    const content = await handle.readFile()
    await handle.truncate(content.lastIndexOf('\n') + 1)
  } finally {
    await handle.close()
  }
}

async function readRecords(file: string): Promise<AnalyticsRecord[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  // What follows the last line break is being written at this moment, or nothing.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AnalyticsRecord)
}
