import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Ends every process whose arguments name this folder: its random part makes sure that it is ours. */
export async function sweepProcesses(folder: string): Promise<void> {
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 })
  for (const line of stdout.split('\n')) {
    const pid = Number.parseInt(line, 10)
    if (!line.includes(folder) || pid === process.pid || Number.isNaN(pid)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** Deletes containers, networks and volumes whose name begins with this one. Without Docker there are none. */
export async function sweepContainers(name: string): Promise<void> {
  const docker = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await execute('docker', words, { maxBuffer: 64 * 1024 * 1024 })
    return stdout.split('\n').filter((line) => line !== '')
  }
  const filter = ['--filter', `name=${name}`]
  try {
    const containers = await docker('ps', '--all', '--quiet', ...filter)
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
    const networks = await docker('network', 'ls', '--quiet', ...filter)
    if (networks.length > 0) await docker('network', 'rm', ...networks)
    const volumes = await docker('volume', 'ls', '--quiet', ...filter)
    if (volumes.length > 0) await docker('volume', 'rm', '--force', ...volumes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
