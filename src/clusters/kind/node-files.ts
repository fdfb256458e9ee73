import { text } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import { getArchive, putArchive } from '../../platform/engine/archive.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { isNotFound } from '../../platform/engine/errors.ts'

/** Writes files below a folder of a node, which need not run. Folders that lead to them are made; those that are there stay. */
export async function writeFiles(
  engine: Engine,
  node: string,
  folder: string,
  files: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const archive = pack()
  for (const [path, content] of files) archive.entry({ name: path, mode: 0o644 }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  await putArchive(engine, node, folder, Buffer.concat(chunks), { signal })
}

/** The text of a file of a node; undefined where neither the file nor the node is there. */
export async function readNodeFile(
  engine: Engine,
  node: string,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const archive = extract()
    const stream = await getArchive(engine, node, path, signal)
    stream.once('error', (error) => archive.destroy(error))
    for await (const entry of stream.pipe(archive)) return await text(entry)
    return undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
