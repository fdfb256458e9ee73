import { pack } from 'tar-stream'

/** A file or folder in a tar. Ids are numeric: names mean something else in every image. */
export interface TarEntry {
  /** Relative to where the tar is unpacked. */
  readonly path: string
  /** Undefined for a folder. */
  readonly bytes: Uint8Array | undefined
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Files in the order given; folders that lead to a file must be entries of their own where their owner matters. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { path, bytes, mode, uid, gid } of entries) {
    const header = { name: path, mode, uid, gid, mtime: new Date() }
    if (bytes === undefined) archive.entry({ ...header, type: 'directory' })
    else archive.entry({ ...header, type: 'file' }, Buffer.from(bytes))
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Every folder above the files, parents first. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>()
  for (const path of paths) {
    const names = path.split('/').slice(0, -1)
    names.forEach((_, index) => folders.add(names.slice(0, index + 1).join('/')))
  }
  return [...folders].sort()
}
