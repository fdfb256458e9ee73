import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StepError } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { openExec } from '../../platform/engine/exec.ts'
import type { Delivery } from '../cluster.ts'
import { idsOfEngine, imageOfEngine, megabytes } from './engine-images.ts'
import { canonicalName } from './names.ts'
import { turns } from './turns.ts'

export interface CarryOptions {
  readonly engine: () => Promise<Engine>
  /** Containers of the nodes that run pods. */
  readonly nodes: (signal: AbortSignal) => Promise<readonly string[]>
  readonly isOwn: (reference: string) => boolean
}

/** Label of an image in containerd: the id that the engine knew it by. */
const idLabel = 'dev.iamstack.id'
const ctr = ['ctr', '--namespace', 'k8s.io', 'images'] as const
/** Every image goes whole into every node: one at a time keeps the disk usable. */
const mostImports = 1

/**
 * Delivery without a registry: the whole image is written into containerd of every node, as `kind load` does it. Slow, and for
 * clusters alone in which nobody set up a registry.
 */
export function carryDelivery({ engine, nodes, isOwn }: CarryOptions): Delivery {
  const inTurn = turns(mostImports)
  return {
    has: async (references, signal) => {
      const client = await engine()
      const [ids, containers] = await Promise.all([idsOfEngine(client, signal), nodes(signal)])
      const lists = await Promise.all(containers.map((node) => idsOfNode(client, node, signal)))
      const isThere = (reference: string): boolean => {
        if (isPinned(reference)) return true
        const name = canonicalName(reference)
        const id = ids.get(name)
        if (id === undefined) return !isOwn(reference) || lists.every((list) => list.has(name))
        return lists.every((list) => list.get(name) === id)
      }
      return new Set(references.filter(isThere))
    },

    deliver: async (reference, run, resource) => {
      await inTurn(async () => {
        const { signal } = run
        if (isPinned(reference)) {
          run.progress(resource, 'named by digest: the nodes pull it')
          return
        }
        const client = await engine()
        const image = await imageOfEngine(client, reference, signal)
        if (!image) {
          run.progress(resource, 'not on this machine: the nodes pull it')
          return
        }
        const containers = await nodes(signal)
        run.progress(resource, `this cluster has no registry: the whole image is carried into every node`)
        let moved = 0
        const total = image.size * containers.length
        const onBytes = (bytes: number): void => {
          moved += bytes
          run.progress(resource, `carried ${megabytes(moved)} of about ${megabytes(total)}`)
        }
        await Promise.all(
          containers.map((node) => importInto(client, node, { reference, id: image.id }, onBytes, signal)),
        )
      })
    },
  }
}

/** An archive of an image does not keep its digest. */
function isPinned(reference: string): boolean {
  return reference.includes('@')
}

async function importInto(
  engine: Engine,
  node: string,
  image: { readonly reference: string; readonly id: string },
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const saved = await engine.stream('GET', '/images/get', { query: { names: image.reference }, signal })
  const counted = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  const argv = [...ctr, 'import', '--digests', '--snapshotter', 'overlayfs', '-']
  const session = await openExec(engine, node, { argv, hasInput: true, isPrivileged: true })
  // A command that fails ends its input first, and its own words say why.
  const sending = pipeline(saved, counted, session.input).catch(() => undefined)
  const output = await collected(session.output)
  await sending
  signal.throwIfAborted()
  mustSucceed(await session.exitCode(), output, node, image.reference)
  const label = [...ctr, 'label', canonicalName(image.reference), `${idLabel}=${image.id}`]
  const labelled = await runIn(engine, node, label)
  mustSucceed(labelled.exitCode, labelled.output, node, image.reference)
}

/** Names in containerd with the engine's id of each, '' for those that came another way. */
async function idsOfNode(
  engine: Engine,
  node: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { output } = await runIn(engine, node, [...ctr, 'ls'])
  signal.throwIfAborted()
  return new Map(
    output.split('\n').flatMap((line) => {
      const name = line.split(/\s/, 1)[0] ?? ''
      const id = new RegExp(`${idLabel.replaceAll('.', '\\.')}=(sha256:[0-9a-f]+)`).exec(line)?.[1]
      return name === '' || name === 'REF' ? [] : [[name, id ?? ''] as const]
    }),
  )
}

async function runIn(
  engine: Engine,
  node: string,
  argv: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const session = await openExec(engine, node, { argv, isPrivileged: true })
  session.input.end()
  const output = await collected(session.output)
  return { exitCode: await session.exitCode(), output }
}

async function collected(output: AsyncIterable<{ readonly data: Buffer }>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const { data } of output) chunks.push(data)
  return Buffer.concat(chunks).toString()
}

function mustSucceed(exitCode: number, output: string, node: string, reference: string): void {
  if (exitCode === 0) return
  throw new StepError('deploy', `${reference} could not be written into node ${node}`, {
    evidence: output.trim().split('\n').slice(-5),
    hint: 'the words are those of containerd in the node; a full disk is the usual reason',
  })
}
