import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { outputOf } from './process-identity.ts'

/** Who listens on a port, as far as the system tells. */
export interface PortOwner {
  readonly pid: number
  readonly program: string
}

/**
 * Whether a program could listen on this TCP port now, by doing it: on 127.0.0.1, ::1 and the wildcard addresses, since a
 * listener on any of them takes connections for `localhost` away. A family that the machine lacks counts as free.
 */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::']) {
    if (!(await canListen(port, host))) return false
  }
  return true
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')
    })
    server.listen({ port, host, exclusive: true, ipv6Only: true }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

/** The process that listens on a TCP port of this machine; undefined when none does or it is not ours to see. */
export async function ownerOfPort(port: number): Promise<PortOwner | undefined> {
  return process.platform === 'linux' ? ownerByProc(port) : ownerByLsof(port)
}

/** `port 8080 is taken by nginx (process 4711)`; says what is known and no more. */
export function describeOwner(port: number, owner: PortOwner | undefined): string {
  if (!owner) return `port ${String(port)} is taken by a process that this user may not see`
  return `port ${String(port)} is taken by ${owner.program} (process ${String(owner.pid)})`
}

async function ownerByProc(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set([
    ...(await listeningInodes('/proc/net/tcp', port)),
    ...(await listeningInodes('/proc/net/tcp6', port)),
  ])
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`
    for (const descriptor of await readdir(folder).catch(() => [])) {
      const target = await readlink(`${folder}/${descriptor}`).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined && inodes.has(inode)) return { pid: Number(pid), program: await programOf(pid) }
    }
  }
  return undefined
}

/** proc_net_tcp: `sl local_address rem_address st … uid timeout inode`; addresses end in the port in hex, state 0A listens. */
async function listeningInodes(path: string, port: number): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    return local?.endsWith(suffix) && state === '0A' && inode !== undefined ? [inode] : []
  })
}

async function programOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown')).trim()
}

/** `lsof -F pc` prints one field a line, each after its letter. */
async function ownerByLsof(port: number): Promise<PortOwner | undefined> {
  const text = await outputOf('lsof', ['-nP', `-iTCP:${String(port)}`, '-sTCP:LISTEN', '-Fpc'])
  const pid = /^p(\d+)$/m.exec(text)?.[1]
  return pid === undefined
    ? undefined
    : { pid: Number(pid), program: /^c(.+)$/m.exec(text)?.[1] ?? 'unknown' }
}
