import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StepError } from '../../plan/step-error.ts'
import {
  createContainer,
  inspectContainer,
  listContainers,
  removeContainer,
  startContainer,
  type ContainerSummary,
} from '../../platform/engine/containers.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { EngineError, isConflict, isNotFound } from '../../platform/engine/errors.ts'
import { inspectImage } from '../../platform/engine/images.ts'
import { connectNetwork } from '../../platform/engine/networks.ts'
import { pullImage } from '../../platform/engine/transfer.ts'
import { createVolume, removeVolume } from '../../platform/engine/volumes.ts'
import { clusterLabel, kindNetwork } from '../kind/labels.ts'
import { openRegistry } from './registry-client.ts'

/** A registry that both this machine and the nodes reach. */
export interface Registry {
  /** `localhost:PORT`: what this machine pushes to. The engine speaks to it without TLS because it is on loopback. */
  readonly host: string
  /** URL from the nodes. */
  readonly fromNodes: string
  /** Name of its container; undefined where it is none of this engine's. */
  readonly container: string | undefined
}

export const registryName = 'iamstack-registry'
const registryImage = 'registry:2'
/** Inside the container: the default of the image. */
const innerPort = 5000
/** Milliseconds until a started registry must answer. */
const startTimeout = 15_000

/** The registry that we run on this machine; undefined where it is not there or stands still. */
export async function findRegistry(engine: Engine, signal: AbortSignal): Promise<Registry | undefined> {
  const container = await ourContainer(engine, signal)
  return container && registryOf(container)
}

function registryOf(container: ContainerSummary): Registry | undefined {
  if (container.State !== 'running') return undefined
  const port = container.Ports.find(({ PrivatePort }) => PrivatePort === innerPort)?.PublicPort
  if (port === undefined) return undefined
  return {
    host: `localhost:${port}`,
    fromNodes: `http://${registryName}:${innerPort}`,
    container: registryName,
  }
}

/**
 * Makes or starts the registry of ours. Its port is chosen once and kept with the container; should somebody else have it when
 * the container is started again, the container is made anew around the volume with another one.
 */
export async function ensureRegistry(
  engine: Engine,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<Registry> {
  for (let tries = 0; ; tries += 1) {
    const there = await ourContainer(engine, signal)
    const running = there && registryOf(there)
    if (running) return await answering(running, signal)
    try {
      if (!there) {
        await ensureImage(engine, signal, tell)
        await createRegistry(engine, await freePort())
      }
      await startContainer(engine, registryName, signal)
    } catch (error) {
      if (!(error instanceof EngineError) || tries >= 3) throw explained(error)
      // Another process was faster with the name: then there is one now. A port that is taken: another one.
      if (isConflict(error) && (await ourContainer(engine, signal)) !== undefined) continue
      if (/port is already allocated|address already in use|ports are not available/i.test(error.message)) {
        await removeContainer(engine, registryName, { volumes: false }).catch(ignoreMissing)
        continue
      }
      throw explained(error)
    }
  }
}

/** Lets containers of kind's network, nodes among them, reach the registry by its name. */
export async function joinKindNetwork(engine: Engine, container: string, signal: AbortSignal): Promise<void> {
  const { NetworkSettings } = await inspectContainer(engine, container, signal)
  if (NetworkSettings.Networks[kindNetwork]) return
  try {
    await connectNetwork(engine, kindNetwork, container)
  } catch (error) {
    // Another process connected it meanwhile.
    if (!(error instanceof EngineError) || !/already exists/.test(error.message)) throw error
  }
}

export async function removeRegistry(engine: Engine): Promise<void> {
  await removeContainer(engine, registryName).catch(ignoreMissing)
  await removeVolume(engine, registryName).catch(ignoreMissing)
}

async function ourContainer(engine: Engine, signal: AbortSignal): Promise<ContainerSummary | undefined> {
  const found = await listContainers(engine, [clusterLabel.registry], signal)
  return found.find(({ Names }) => Names.includes(`/${registryName}`))
}

async function ensureImage(engine: Engine, signal: AbortSignal, tell: (text: string) => void): Promise<void> {
  try {
    await inspectImage(engine, registryImage, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
    tell(`pulling ${registryImage}`)
    await pullImage(engine, registryImage, { signal })
  }
}

async function createRegistry(engine: Engine, port: number): Promise<void> {
  await createVolume(engine, registryName, { [clusterLabel.registry]: 'true' })
  await createContainer(engine, registryName, {
    Image: registryImage,
    Labels: { [clusterLabel.registry]: 'true' },
    ExposedPorts: { [`${innerPort}/tcp`]: {} },
    HostConfig: {
      PortBindings: { [`${innerPort}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      Mounts: [{ Type: 'volume', Source: registryName, Target: '/var/lib/registry' }],
      RestartPolicy: { Name: 'unless-stopped' },
    },
  })
}

async function answering(registry: Registry, signal: AbortSignal): Promise<Registry> {
  const client = openRegistry(registry.host)
  for (const until = Date.now() + startTimeout; ;) {
    if (await client.answers(signal)) return registry
    if (Date.now() > until) {
      throw new StepError('precondition', `the registry at ${registry.host} does not answer`, {
        hint: `see docker logs ${registryName}; docker rm -f ${registryName} and the next up makes it anew`,
      })
    }
    await sleep(50, undefined, { signal })
  }
}

/** A port of this machine's loopback that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function explained(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error
  return new StepError(
    'precondition',
    `the registry ${registryName} could not be started: ${error.message}`,
    {
      hint: isConflict(error)
        ? `another container has the name ${registryName}: rename it, or set registry: false in the block kind`
        : 'see the words of the engine; registry: false in the block kind does without one',
      cause: error,
    },
  )
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}
