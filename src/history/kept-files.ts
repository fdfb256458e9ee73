import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { FoundFile } from '../content/find-files.ts'
import type { InputFiles } from '../session/read-stack.ts'
import { decodeUtf8 } from '../stack/utf8.ts'
import type { KeptFile, KeptFiles } from './revision.ts'

/** Files that know what was read of them. */
export interface KeepingFiles extends InputFiles {
  /** Everything that was read so far, relative to a folder. */
  kept(root: string): KeptFiles
}

/** Passes every question on and keeps the answer. */
export function keepingFiles(source: InputFiles): KeepingFiles {
  const files = new Map<string, Uint8Array>()
  const patterns = new Map<string, readonly FoundFile[]>()
  const keep = (path: string, bytes: Uint8Array | undefined): void => {
    if (bytes) files.set(resolve(path), bytes)
  }
  return {
    async readIfThere(path) {
      const bytes = await source.readIfThere(path)
      keep(path, bytes)
      return bytes
    },
    async read(path) {
      const bytes = await source.read(path)
      keep(path, bytes)
      return bytes
    },
    async find(pattern) {
      const found = await source.find(pattern)
      patterns.set(pattern, found)
      return found
    },
    textOf: (path) => source.textOf(path),
    kept: (root) => ({
      files: Object.fromEntries([...files].map(([path, bytes]) => [pathBelow(root, path), keptFile(bytes)])),
      patterns: Object.fromEntries(
        [...patterns].map(([pattern, found]) => [
          pathBelow(root, pattern),
          found.map(({ file, path }) => ({ file: pathBelow(root, file), path })),
        ]),
      ),
    }),
  }
}

/** What was kept, for a checkout in another folder: the disk is never asked. */
export function filesOfRevision({ files, patterns }: KeptFiles, root: string): KeepingFiles {
  const bytesOf = (path: string): Uint8Array | undefined => {
    const file = files[pathBelow(root, resolve(path))]
    return file && bytesIn(file)
  }
  const isHere = (path: string): boolean => Object.hasOwn(files, pathBelow(root, resolve(path)))
  return keepingFiles({
    readIfThere: (path) => Promise.resolve(isHere(path) ? bytesOf(path) : undefined),
    read: (path) => {
      const bytes = bytesOf(path)
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`the revision has no file ${path}`))
    },
    find: (pattern) =>
      Promise.resolve(
        (patterns[pathBelow(root, pattern)] ?? []).map(({ file, path }) => ({
          file: pathFrom(root, file),
          path,
        })),
      ),
    textOf: (path) => {
      const bytes = bytesOf(path)
      return bytes && new TextDecoder().decode(bytes)
    },
  })
}

function keptFile(bytes: Uint8Array): KeptFile {
  const decoded = decodeUtf8(bytes)
  // A byte order mark is dropped in decoding, and must come back.
  const isWhole = decoded.ok && Buffer.byteLength(decoded.text) === bytes.length
  return isWhole ? { text: decoded.text } : { base64: Buffer.from(bytes).toString('base64') }
}

function bytesIn(file: KeptFile): Uint8Array {
  return 'text' in file ? Buffer.from(file.text) : Buffer.from(file.base64, 'base64')
}

/** With slashes on every system; absolute where there is no way from the root (another drive). */
export function pathBelow(root: string, path: string): string {
  const below = relative(root, path)
  return isAbsolute(below) ? path : below.split(sep).join('/')
}

/** The opposite of `pathBelow`. */
export function pathFrom(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, ...path.split('/'))
}
