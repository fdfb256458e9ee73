// What both README commands do first: installs the exact dependencies of a lock file where they are missing or stale.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const oldest = [20, 19]

export function install(folder) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    console.error(`iamstack needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}`)
    process.exit(7)
  }
  const installed = join(folder, 'node_modules', '.package-lock.json')
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  )
    return
  console.error(`installing dependencies in ${folder}`)
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
}

/** Ends this program with the command's own exit code when it fails. */
export function run(command, words, options = {}) {
  const { status, error } = spawnSync(command, words, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  })
  if (error) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}
