import type { Engine } from '../../platform/engine/engine.ts'
import { fieldsOf, listOf, numberOf, textOf, type PortMapping } from '../settings.ts'
import { readNodeFile, writeFiles } from './node-files.ts'

/**
 * What a cluster of ours says about itself: a file in its first control plane node, written when all is there. A cluster
 * without it was made by somebody else, or is not finished. It can be read while the cluster is stopped.
 */
export interface Mark {
  /** Digests by part, as the resource had them when the cluster was made. */
  readonly parts: Readonly<Record<string, string>>
  /** Ports of this machine that lead into it, by the project that asked for them. */
  readonly ports: Readonly<Record<string, readonly PortMapping[]>>
  /** Of these, those that Docker publishes for the node itself, for as long as the cluster lives. */
  readonly published: readonly PortMapping[]
  /** Registries whose images the nodes ask ours for first. */
  readonly mirrors: readonly string[]
  /** The container of the registry; undefined where images are carried into the nodes. */
  readonly registry: string | undefined
  /** The network of all kind clusters was not there before. */
  readonly hasMadeNetwork: boolean
}

const folder = '/etc'
const file = 'iamstack-cluster.json'

export async function readMark(engine: Engine, node: string, signal: AbortSignal): Promise<Mark | undefined> {
  const content = await readNodeFile(engine, node, `${folder}/${file}`, signal)
  return content === undefined ? undefined : parseMark(content)
}

export async function writeMark(
  engine: Engine,
  node: string,
  mark: Mark,
  signal: AbortSignal,
): Promise<void> {
  const content = JSON.stringify({ version: 1, ...mark }, undefined, 2)
  await writeFiles(engine, node, folder, new Map([[file, `${content}\n`]]), signal)
}

/** A file that is cut short counts as none: the cluster is then made anew. */
function parseMark(content: string): Mark | undefined {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    return undefined
  }
  const fields = fieldsOf(value)
  if (fields['version'] !== 1) return undefined
  const parts = Object.entries(fieldsOf(fields['parts'])).flatMap(([name, digest]) =>
    typeof digest === 'string' ? [[name, digest] as const] : [],
  )
  return {
    parts: Object.fromEntries(parts),
    ports: Object.fromEntries(
      Object.entries(fieldsOf(fields['ports'])).map(([project, ports]) => [project, mappingsOf(ports)]),
    ),
    published: mappingsOf(fields['published']),
    mirrors: listOf(fields['mirrors']).flatMap((each) => textOf(each) ?? []),
    registry: textOf(fields['registry']),
    hasMadeNetwork: fields['hasMadeNetwork'] === true,
  }
}

function mappingsOf(value: unknown): PortMapping[] {
  return listOf(value)
    .map(fieldsOf)
    .flatMap((each) => {
      const [host, node] = [numberOf(each['host']), numberOf(each['node'])]
      if (host === undefined || node === undefined) return []
      return [{ host, node, protocol: each['protocol'] === 'udp' ? 'udp' : 'tcp' }]
    })
}
