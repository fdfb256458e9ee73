import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Set in the environment of everything a sandbox starts, so that whatever comes of it is known by it. */
export const markerOfTests = 'E2E_SANDBOX'

/** Running processes whose environment names this sandbox, sessions of the product included. */
export function processesOf(sandbox: string): number[] {
  const marker = `${markerOfTests}=${sandbox}`
  if (!existsSync('/proc/self/environ')) {
    const rows = execFileSync('ps', ['axeww', '-o', 'pid=,command='], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    return rows.split('\n').flatMap((row) => (row.includes(`${marker} `) ? [Number.parseInt(row, 10)] : []))
  }
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return []
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(marker) ? [Number(pid)] : []
    } catch {
      // It ended while it was looked at, or is not ours to look at.
      return []
    }
  })
}

/** Kills every process of a sandbox, those that are started meanwhile included. */
export async function endProcessesOf(sandbox: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const left = processesOf(sandbox)
    if (left.length === 0) return
    for (const pid of left) kill(pid)
    await sleep(20)
  }
  throw new Error(`processes of ${sandbox} survive: ${processesOf(sandbox).join(', ')}`)
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Output of `docker …`, without its last line end. Throws with what it said when it fails. */
export function docker(...words: string[]): string {
  return execFileSync('docker', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  }).trim()
}

export function hasDocker(): boolean {
  try {
    docker('version', '--format', '{{.Server.Version}}')
    return true
  } catch {
    return false
  }
}

/** Everything of a stack in the engine, by kind and name; of all its instances. */
export function dockerThingsOf(stack: string): string[] {
  const filter = ofStack(stack)
  const each = (kind: string, text: string): string[] => lines(text).map((name) => `${kind} ${name}`)
  return [
    ...each('container', docker('ps', '--all', ...filter, '--format', '{{.Names}}')),
    ...each('network', docker('network', 'ls', ...filter, '--format', '{{.Name}}')),
    ...each('volume', docker('volume', 'ls', ...filter, '--format', '{{.Name}}')),
    ...each('image', docker('image', 'ls', ...filter, '--format', '{{.Repository}}:{{.Tag}}')),
  ].sort()
}

/** Ids of the containers of a stack's services by their name. */
export function containersOf(stack: string): ReadonlyMap<string, string> {
  const rows = docker('ps', '--no-trunc', ...ofStack(stack), '--format', '{{.Names}} {{.ID}}')
  return new Map(lines(rows).map((row) => row.split(' ') as [string, string]))
}

export function removeDockerThingsOf(stack: string): void {
  const by = (kind: string): string[] =>
    dockerThingsOf(stack).flatMap((thing) =>
      thing.startsWith(`${kind} `) ? [thing.slice(kind.length + 1)] : [],
    )
  remove(['rm', '--force', '--volumes'], by('container'))
  remove(['network', 'rm'], by('network'))
  remove(['volume', 'rm', '--force'], by('volume'))
  remove(['image', 'rm', '--force'], [...new Set(lines(docker('image', 'ls', '--quiet', ...ofStack(stack))))])
}

function remove(words: readonly string[], names: readonly string[]): void {
  if (names.length > 0) docker(...words, ...names)
}

/** Files and empty folders below a folder, by their relative path. */
export function filesBelow(folder: string, prefix = ''): string[] {
  if (!existsSync(join(folder, prefix))) return []
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((found) => {
    const path = join(prefix, found.name)
    return found.isDirectory() ? filesBelow(folder, path) : [path]
  })
}

function ofStack(stack: string): string[] {
  return ['--filter', `label=dev.iamstack.stack=${stack}`]
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
