import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Ends every process whose arguments name this folder: its random part makes sure that it is ours. */
export async function sweepProcesses(folder: string): Promise<void> {
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 })
  for (const line of stdout.split('\n')) {
    const pid = Number.parseInt(line, 10)
    if (!line.includes(folder) || pid === process.pid || Number.isNaN(pid)) continue
    kill(pid)
  }
}

/** Kills a process, or with a negative number a group; one that is gone is no error. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** How often is tried: what the engine was asked for before may still come into being, or be on its way out. */
const tries = 10

/** Deletes containers, networks and volumes whose name contains this one. Without Docker there are none. */
export async function sweepContainers(name: string): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      if (await sweepOnce(name)) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      if (left === 0) throw error
    }
    await sleep(500)
  }
}

/** Deletes images in whose repository the name occurs. Without Docker there are none. */
export async function sweepImages(name: string): Promise<void> {
  try {
    const images = await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')
    const ours = images.filter((image) => image.includes(name))
    if (ours.length > 0) await docker('image', 'rm', '--force', ...ours)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** True when there was nothing left to delete. */
async function sweepOnce(name: string): Promise<boolean> {
  const filter = ['--filter', `name=${name}`]
  const containers = await docker('ps', '--all', '--quiet', ...filter)
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  const networks = await docker('network', 'ls', '--quiet', ...filter)
  if (networks.length > 0) await docker('network', 'rm', ...networks)
  const volumes = await docker('volume', 'ls', '--quiet', ...filter)
  if (volumes.length > 0) await docker('volume', 'rm', '--force', ...volumes)
  return containers.length + networks.length + volumes.length === 0
}

async function docker(...words: string[]): Promise<string[]> {
  const { stdout } = await execute('docker', words, { maxBuffer: 64 * 1024 * 1024 })
  return stdout.split('\n').filter((line) => line !== '')
}
