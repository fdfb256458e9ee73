import { once } from 'node:events'
import { readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Page } from './pages.ts'

/** What runs inside: takes a file at a time, writes it beside and renames it. `after` is a line of shell behind each. */
export const channelCommand = (after = ''): readonly string[] => [
  'sh',
  '-c',
  `while read -r size path; do head -c "$size" > "$path.tmp" && mv "$path.tmp" "$path"; ${after === '' ? '' : `${after}; `}echo k; done`,
]

/** The letter that comes back for each file. */
const acknowledgement = 0x6b

/** The floor of a synced save: a bare watch of the page's folder, and a process that is inside already. Ends with the stream. */
export function carryOver(page: Page, to: string, input: Writable, output: Readable): () => void {
  let sent = Buffer.alloc(0)
  let isBusy = false
  let isStale = false
  const put = async (): Promise<void> => {
    isStale = true
    if (isBusy) return
    isBusy = true
    while (isStale) {
      isStale = false
      const content = readFileSync(page.file)
      // One save is several events.
      if (content.length === 0 || content.equals(sent)) continue
      sent = content
      input.write(`${content.length} ${to}\n`)
      input.write(content)
      await acknowledged(output)
    }
    isBusy = false
  }
  const watcher = watch(dirname(page.file), (_event, name) => {
    if (name === basename(page.file)) void put()
  })
  return () => {
    watcher.close()
    input.end()
  }
}

async function acknowledged(output: Readable): Promise<void> {
  for (;;) {
    const [chunk] = (await once(output, 'data')) as [Buffer]
    if (chunk.includes(acknowledgement)) return
  }
}
