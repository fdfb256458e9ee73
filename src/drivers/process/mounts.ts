import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FillMount, MountFile } from '../../content/mounts.ts'
import type { Materials } from '../../content/materials.ts'
import type { Mount, ResolvedStack } from '../../resolve/resolved.ts'
import type { Reference } from '../../resolve/text.ts'
import { volumeFolder } from '../../session/layout.ts'
import type { Facts } from '../facts.ts'

export interface MountContext {
  readonly state: string
  /** The folder that stands for `/` of one replica. */
  readonly root: string
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly materials: Materials
  readonly fillMount: FillMount
  readonly lookup: (reference: Reference) => string
}

/**
 * Lays the mounts of one replica out below its root: volumes and binds as links, scratch as a folder, the rest as files for the
 * owner alone. A file that a running program may be reading is replaced whole.
 */
export async function layMounts(mounts: readonly Mount[], context: MountContext): Promise<void> {
  await mkdir(context.root, { recursive: true, mode: 0o700 })
  const outerFirst = [...mounts].sort((one, other) => one.path.length - other.path.length)
  for (const mount of outerFirst) {
    const place = join(context.root, mount.path)
    switch (mount.kind) {
      case 'volume': {
        const folder = join(volumeFolder(context.state, mount.volume), mount.subPath ?? '')
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await link(folder, place)
        break
      }
      case 'bind':
        await link(mount.source, place)
        break
      case 'scratch':
        await mkdir(place, { recursive: true, mode: 0o700 })
        break
      case 'config':
      case 'secret':
      case 'cert':
        await write(await context.fillMount(mount, context), place)
        break
      default:
        mount satisfies never
    }
  }
}

/** The folders that are empty whenever a new replica starts. */
export function scratchFolders(mounts: readonly Mount[], root: string): string[] {
  return mounts.flatMap((mount) => (mount.kind === 'scratch' ? [join(root, mount.path)] : []))
}

async function write(files: readonly MountFile[], place: string): Promise<void> {
  for (const file of files) {
    const path = file.path === '' ? place : join(place, file.path)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
    await writeFile(temporary, file.bytes, { mode: file.isSecret ? 0o600 : file.mode & 0o777 })
    await rename(temporary, path)
  }
}

async function link(target: string, place: string): Promise<void> {
  const present = await lstat(place).catch(() => undefined)
  if (present?.isSymbolicLink() && (await readlink(place)) === target) return
  if (present) await rm(place, { recursive: true, force: true })
  await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  await symlink(target, place)
}
