import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openKind } from '../../../src/clusters/kind.ts'
import { openEngine, type Engine } from '../../../src/platform/engine/engine.ts'
import { listContainers } from '../../../src/platform/engine/containers.ts'
import { openExec } from '../../../src/platform/engine/exec.ts'
import { findEngine } from '../../../src/platform/engine/find.ts'
import type { Cluster } from '../../../src/clusters/cluster.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'

/** Bytes of the layer that changes between two rounds. */
const layerSize = 200_000
const nodeImage = process.env['IAMSTACK_LAB_KIND_IMAGE'] ?? 'kindest/node:v1.34.4'

/**
 * Row 21: an image of about 240 MB, of which one layer changed, into a kind node. Ours is a push to our registry and the pull of
 * the node; the peer is `kind load docker-image`. Bytes are those that the node received.
 */
export async function kindImage(bench: Bench): Promise<Scenario> {
  const { name, folder } = bench
  const lookup = await findEngine(process.env)
  if (lookup.kind === 'absent') throw new Error(lookup.why)
  const engine = openEngine(lookup.endpoint)
  const profile = `target: kind\nkind: { cluster: ${name}, image: "${nodeImage}" }\n`
  const stack = await resolvedStack(
    `name: ${name}\nimages: { app: . }\nservices: { app: { image: app } }\n`,
    {
      profile: 'here',
      files: { 'profiles/here.yaml': profile },
    },
  )
  const options = {
    stack,
    env: process.env,
    stateFolder: join(folder, 'state'),
    engine: () => Promise.resolve(engine),
  }
  const cluster = openKind(options)
  const signal = AbortSignal.timeout(30 * 60_000)
  let received: number[] = []
  let round = 0
  let isPrepared: Promise<void> | undefined

  const build = async (): Promise<string> => {
    const tag = `${name}/app:v${String((round += 1))}`
    await writeFile(
      join(folder, 'changed'),
      Buffer.alloc(layerSize).map(() => Math.floor(Math.random() * 256)),
    )
    await writeFile(join(folder, 'Dockerfile'), 'FROM node:20-bookworm-slim\nCOPY changed /changed\n')
    await bench.run('docker', ['build', '--quiet', '--tag', tag, folder])
    return tag
  }
  const prepare = (): Promise<void> => (isPrepared ??= made(cluster, signal))

  return {
    rows: [
      {
        number: '21',
        action: 'an image with one changed layer into a kind node',
        targets: { peer: 0.3 },
      },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'delivery to the registry, and the pull of the node',
        prepare,
        round: async () => {
          const tag = await build()
          const before = await bytesOf(engine, name)
          const took = await timed(async () => {
            const run = { signal, emit: () => undefined, progress: () => undefined }
            await cluster.delivery?.deliver(tag, run, 'delivery/app')
            await inNode(engine, name, [
              'ctr',
              '-n',
              'k8s.io',
              'images',
              'pull',
              '--hosts-dir',
              '/etc/containerd/certs.d',
              cluster.imageFor(tag),
            ])
          })
          received.push((await bytesOf(engine, name)) - before)
          return [took]
        },
        dispose: async () => {
          const id = `cluster/${name}` as const
          const step = {
            id: `delete ${id}`,
            op: 'delete',
            resource: id,
            cause: '',
            after: [],
            destroys: undefined,
            from: undefined,
          } as const
          await cluster.apply(step, { signal, emit: () => undefined, progress: () => undefined })
          await cluster.close()
          engine.close()
        },
      },
      {
        name: 'peer',
        what: 'kind load docker-image',
        prepare,
        round: async () => {
          const tag = await build()
          return [await timed(() => bench.run('kind', ['load', 'docker-image', tag, '--name', name]))]
        },
      },
    ],
    also: () => {
      // The first one brought all layers.
      received = received.slice(1).sort((one, other) => one - other)
      const median = received[Math.floor(received.length / 2)] ?? Number.NaN
      return Promise.resolve({
        row: '21',
        text: `${(median / 1000).toFixed(0)} kB received for a layer of ${layerSize / 1000} kB`,
        isMet: median <= layerSize * 1.1,
      })
    },
  }
}

async function made(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const run = { signal, emit: () => undefined, progress: () => undefined }
  const [wanted] = cluster.desired()
  if (!wanted) throw new Error('a kind cluster is a resource')
  const base = { resource: wanted.id, cause: '', after: [], destroys: undefined, from: undefined }
  await cluster.apply({ ...base, id: `create ${wanted.id}`, op: 'create', wanted }, run)
  await cluster.ready(wanted, run)
}

/** Bytes that the node received from the network since it started. */
async function bytesOf(engine: Engine, name: string): Promise<number> {
  const text = await inNode(engine, name, ['cat', '/sys/class/net/eth0/statistics/rx_bytes'])
  return Number(text.trim())
}

async function inNode(engine: Engine, name: string, argv: readonly string[]): Promise<string> {
  const [node] = await listContainers(engine, [`io.x-k8s.kind.cluster=${name}`])
  if (!node) throw new Error('the cluster has no node')
  const session = await openExec(engine, node.Id, { argv })
  session.input.end()
  let text = ''
  for await (const { data } of session.output) text += data.toString()
  if ((await session.exitCode()) !== 0) throw new Error(`${argv.join(' ')}: ${text}`)
  return text
}
