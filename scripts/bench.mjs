// `npm run bench [ROW…]`: every row of docs/benchmarks.md, side by side with the peer and the floor, as a table and as JSON.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
install(root)
const { build } = await import('./build.mjs')
await build()
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'test', 'bench', 'main.ts'), ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
