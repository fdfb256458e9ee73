import { extract } from 'tar-stream'
import type { Engine } from '../../../platform/engine/engine.ts'
import { getArchive } from '../../../platform/engine/archive.ts'
import { EngineError } from '../../../platform/engine/errors.ts'
import { inspectImage } from '../../../platform/engine/images.ts'
import { declarationOf } from '../../consumer.ts'
import type { WorkloadSpec } from '../desired/spec.ts'

/** Who is to own what a container mounts. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The user that a container runs as, in numbers; names are looked up in the files of `container`, made from its image. */
export async function ownerOf(engine: Engine, spec: WorkloadSpec, container: string): Promise<Owner> {
  const { user, group } = declarationOf(spec.consumer)
  const fsGroup = spec.consumer.kind === 'service' ? spec.consumer.service.fsGroup : undefined
  const written = user ?? spec.imageUser ?? (await inspectImage(engine, spec.image)).Config.User ?? ''
  const [name = '', itsGroup] = written.split(':', 2)
  const person = name === '' ? { id: 0, gid: 0 } : await personOf(engine, container, name)
  const groupName = group ?? itsGroup
  const gid =
    fsGroup ??
    (groupName === undefined ? person.gid : (await entryOf(engine, container, '/etc/group', groupName)).id)
  return { uid: person.id, gid }
}

async function personOf(
  engine: Engine,
  container: string,
  name: string,
): Promise<{ id: number; gid: number }> {
  const { id, fields } = await entryOf(engine, container, '/etc/passwd', name)
  return { id, gid: Number(fields[3] ?? 0) }
}

/** A line of passwd or group; a number that no line has stands for itself. */
async function entryOf(
  engine: Engine,
  container: string,
  file: string,
  name: string,
): Promise<{ readonly id: number; readonly fields: readonly string[] }> {
  const number = /^\d+$/.test(name) ? Number(name) : undefined
  // The primary group of a number matters only for the user, and is root's where nothing is said.
  if (number !== undefined && file === '/etc/group') return { id: number, fields: [] }
  const lines = (await readFile(engine, container, file)).split('\n').map((line) => line.split(':'))
  const fields = lines.find((line) => line[0] === name || (number !== undefined && line[2] === name)) ?? []
  return { id: number ?? Number(fields[2] ?? 0), fields }
}

async function readFile(engine: Engine, container: string, path: string): Promise<string> {
  try {
    const files = (await getArchive(engine, container, path)).pipe(extract())
    const chunks: Buffer[] = []
    for await (const file of files) for await (const chunk of file) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  } catch (error) {
    // An image from scratch has no such file, so only numbers mean something in it.
    if (error instanceof EngineError && error.status === 404) return ''
    throw error
  }
}
