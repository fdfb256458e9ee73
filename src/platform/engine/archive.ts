import type { Readable } from 'node:stream'
import type { Engine } from './engine.ts'

/**
 * Unpacks a tar into a folder of a container, which need not run. The folder must exist; owners and modes are those in the
 * tar (`copyUIDGID` would make them the container's user). EngineError 404: no such folder; 400 or 500: the place is read-only. Never for secrets into a tmpfs: they land on disk.
 */
export async function putArchive(
  engine: Engine,
  container: string,
  folder: string,
  tar: Readable | Uint8Array,
  options: {
    /** An existing file is not replaced by a folder, nor the other way; default true. */
    readonly keepsKind?: boolean
    readonly signal?: AbortSignal
  } = {},
): Promise<void> {
  await engine.put(`/containers/${container}/archive`, {
    query: { path: folder, noOverwriteDirNonDir: options.keepsKind ?? true },
    body: { type: 'application/x-tar', content: tar },
    ...(options.signal && { signal: options.signal }),
  })
}

/** A file or folder of a container as a tar. */
export async function getArchive(
  engine: Engine,
  container: string,
  path: string,
  signal?: AbortSignal,
): Promise<Readable> {
  return await engine.stream('GET', `/containers/${container}/archive`, {
    query: { path },
    ...(signal && { signal }),
  })
}
