// tsx watch-ready.ts ours|chokidar|folders ROOT: milliseconds until all is watched, and the memory that this took, as JSON.
import { readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { watch as chokidarWatch } from 'chokidar'
import { watchFiles } from '../../../src/platform/watch.ts'

const [how = '', root = ''] = process.argv.slice(2)

async function begin(): Promise<void> {
  switch (how) {
    case 'ours':
      await watchFiles({
        paths: [root],
        isIgnored: () => false,
        onChange: () => undefined,
        onError: ({ message }) => console.error(message),
      })
      return
    case 'chokidar':
      await new Promise<void>((resolve) => {
        chokidarWatch(root, { ignoreInitial: true }).once('ready', resolve)
      })
      return
    case 'folders':
      watchBelow(root)
      return
    default:
      throw new Error(`unknown: ${how}`)
  }
}

function watchBelow(folder: string): void {
  watch(folder)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) watchBelow(join(folder, entry.name))
}

const before = process.memoryUsage().rss
const began = performance.now()
await begin()
const milliseconds = performance.now() - began
console.log(JSON.stringify({ milliseconds, bytes: process.memoryUsage().rss - before }))
process.exit(0)
