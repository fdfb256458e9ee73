import type { Mount } from '../../resolve/resolved.ts'
import { isAtOrBelow } from './paths.ts'

/** The mount that shows in the place of what the image has there; the innermost, where mounts lie within mounts. */
export function hiddenBy(mounts: readonly Mount[], place: string): Mount | undefined {
  return mounts
    .filter((mount) => (isFile(mount) ? mount.path === place : isAtOrBelow(place, mount.path)))
    .toSorted((one, other) => other.path.length - one.path.length)[0]
}

/** Whether whoever runs inside can write there: a volume of its own can be synced into by whoever asks for it. */
export function takesWrites(mount: Mount | undefined): boolean {
  if (!mount) return true
  const { kind } = mount
  return !mount.isReadOnly && (kind === 'volume' || kind === 'scratch' || kind === 'bind')
}

/** `config app`, `volume data`, for sentences. */
export function nameOf(mount: Mount): string {
  switch (mount.kind) {
    case 'volume':
      return `volume ${mount.volume}`
    case 'scratch':
      return `scratch ${mount.scratch}`
    case 'bind':
      return `folder ${mount.source}`
    case 'config':
      return `config ${mount.config}`
    case 'secret':
      return `secret ${mount.secret}`
    case 'cert':
      return `cert ${mount.cert}`
    default:
      return mount satisfies never
  }
}

function isFile(mount: Mount): boolean {
  return (mount.kind === 'config' || mount.kind === 'secret') && mount.key !== undefined
}
