import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'

/** The watcher is blind for some reason; `hint` is the cure. */
export class WatchError extends Error {
  override readonly name = 'WatchError'
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.hint = hint
  }
}

/** Whether the system ran out of something that looking again and again does not need. */
export function isExhaustion(error: unknown): boolean {
  return ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(codeOf(error))
}

/** Gathers what befell single folders until all are entered, and says it once for all of them. */
export function createComplaints(say: (error: WatchError) => void, pollEvery: number) {
  const silent = new Map<string, string[]>()
  const said = new Set<string>()
  let exhausted: string[] = []
  let exhaustion: unknown
  return {
    exhausted(error: unknown, folder: string): void {
      exhaustion ??= error
      exhausted.push(folder)
    },
    silent(fileSystem: string, root: string): void {
      silent.set(fileSystem, [...(silent.get(fileSystem) ?? []), root])
    },
    say(): void {
      for (const [fileSystem, roots] of silent)
        if (!said.has(fileSystem)) say(explainPolling(fileSystem, roots, pollEvery))
      for (const fileSystem of silent.keys()) said.add(fileSystem)
      silent.clear()
      if (exhausted.length === 0) return
      const folders = exhausted
      exhausted = []
      // Once is enough: what is made later is looked at as well.
      if (!said.has(codeOf(exhaustion))) say(explainExhaustion(exhaustion, folders, pollEvery))
      said.add(codeOf(exhaustion))
      exhaustion = undefined
    },
  }
}

/** What to say of folders that are looked at every `pollEvery` milliseconds instead, with the numbers of this machine. */
function explainExhaustion(error: unknown, folders: readonly string[], pollEvery: number): WatchError {
  const instead = `${listed(folders)} ${folders.length === 1 ? 'is' : 'are'} looked at every ${pollEvery} ms instead`
  switch (codeOf(error)) {
    case 'ENOSPC': {
      const limit = kernelSetting('max_user_watches')
      return new WatchError(
        `the system has no watches left (inotify${limit === undefined ? '' : `, fs.inotify.max_user_watches is ${limit}`}): ${instead}`,
        'sudo sysctl fs.inotify.max_user_watches=524288, then start dev again',
        error,
      )
    }
    case 'EMFILE': {
      const limit = kernelSetting('max_user_instances')
      return new WatchError(
        `too many programs of this user watch files, or too many files are open${limit === undefined ? '' : ` (fs.inotify.max_user_instances is ${limit})`}: ${instead}`,
        limit === undefined
          ? 'ulimit -n 8192, then start dev again'
          : 'sudo sysctl fs.inotify.max_user_instances=512, or ulimit -n 8192, then start dev again',
        error,
      )
    }
    default:
      return new WatchError(
        `the system cannot watch more (${codeOf(error)}): ${instead}`,
        'close other programs that watch files, then start dev again',
        error,
      )
  }
}

/** What to say of a folder that can be neither watched nor looked at. */
export function explainBlindness(error: unknown, folder: string): WatchError {
  const message = error instanceof Error ? error.message : String(error)
  return ['EACCES', 'EPERM'].includes(codeOf(error))
    ? new WatchError(
        `${folder} may not be read: edits in it are not seen`,
        'let this user read it, or leave it out with .dockerignore',
        error,
      )
    : new WatchError(
        `${folder} cannot be watched: ${message}`,
        'edits in it are picked up by the next up',
        error,
      )
}

function explainPolling(fileSystem: string, folders: readonly string[], pollEvery: number): WatchError {
  return new WatchError(
    `${fileSystem} tells nothing of edits: ${listed(folders)} ${folders.length === 1 ? 'is' : 'are'} looked at every ${pollEvery} ms`,
    'files on a disk of this machine are seen at once (in WSL: below your home, not below /mnt)',
  )
}

/** File systems whose files others change without this kernel noticing; `f_type` of statfs(2), from Linux' include/uapi/linux/magic.h. */
const silent = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p (a drive of Windows, or a folder of the host)'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x73757245, 'Coda'],
  [0x786f4256, 'a shared folder of VirtualBox'],
  [0xbacbacbc, 'a shared folder of VMware'],
])

/** The name of the silent file system that `path` lies on. Only Linux numbers them; elsewhere there is none. */
export async function silentFileSystem(path: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    return silent.get((await statfs(path)).type >>> 0)
  } catch {
    // What cannot be asked is watched like everything else, and says so itself if that fails.
    return undefined
  }
}

function kernelSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8').trim()
  } catch {
    return undefined
  }
}

function listed(folders: readonly string[]): string {
  const [first = '', second, ...more] = folders
  if (second === undefined) return first
  return more.length === 0 ? `${first} and ${second}` : `${first} and ${more.length + 1} other folders`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
