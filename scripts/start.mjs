// `npm start`: installs what is missing, builds, and runs `iamstack dev` on the reference stack of this repository.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
install(root)
const { build } = await import('./build.mjs')
await build()

const words = process.argv.slice(2)
const child = spawn(process.execPath, [join(root, 'dist', 'cli.js'), 'dev', ...words], {
  cwd: root,
  stdio: 'inherit',
})
// The terminal sends Ctrl-C to both; this program stays until the child has tidied up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
