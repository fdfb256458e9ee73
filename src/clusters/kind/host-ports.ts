import { StepError } from '../../plan/step-error.ts'
import { createContainer, removeContainer, startContainer } from '../../platform/engine/containers.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { EngineError, isNotFound } from '../../platform/engine/errors.ts'
import { pullImage } from '../../platform/engine/transfer.ts'
import { imageOfEngine } from '../images/engine-images.ts'
import type { PortMapping } from '../settings.ts'
import { clusterLabel, kindNetwork } from './labels.ts'
import { writeFiles } from './node-files.ts'

export const portsContainer = (cluster: string): string => `iamstack-ports-${cluster}`

/**
 * Ports of this machine that were asked for after the cluster was made. Docker publishes ports of a container only when it is
 * made, so a small proxy beside the node has them. Without any, it goes.
 */
export async function publishPorts(
  engine: Engine,
  options: {
    readonly cluster: string
    /** Name of the node that they lead to. */
    readonly node: string
    readonly ports: readonly PortMapping[]
    /** An HAProxy image. */
    readonly image: string
  },
  signal: AbortSignal,
): Promise<void> {
  const { cluster, node, ports, image } = options
  const name = portsContainer(cluster)
  await removePorts(engine, cluster)
  if (ports.length === 0) return
  const udp = ports.find(({ protocol }) => protocol === 'udp')
  if (udp) {
    throw new StepError(
      'precondition',
      `the UDP port ${udp.host} cannot be added to the living cluster ${cluster}`,
      {
        hint: 'make the cluster anew (iamstack down --cluster, then up): Docker publishes UDP ports only of new containers',
      },
    )
  }
  if (!(await imageOfEngine(engine, image, signal))) await pullImage(engine, image, { signal })
  await createContainer(engine, name, {
    Image: image,
    Cmd: ['haproxy', '-f', '/etc/ports.cfg'],
    Entrypoint: [],
    Labels: { [clusterLabel.ports]: cluster },
    ExposedPorts: Object.fromEntries(ports.map(({ host }) => [`${host}/tcp`, {}])),
    HostConfig: {
      NetworkMode: kindNetwork,
      PortBindings: Object.fromEntries(
        ports.map(({ host }) => [`${host}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(host) }]]),
      ),
      RestartPolicy: { Name: 'unless-stopped' },
    },
  })
  await writeFiles(engine, name, '/etc', new Map([['ports.cfg', proxyConfig(node, ports)]]), signal)
  try {
    await startContainer(engine, name, signal)
  } catch (error) {
    await removePorts(engine, cluster)
    if (!(error instanceof EngineError)) throw error
    throw new StepError(
      'precondition',
      `ports of the cluster ${cluster} could not be published: ${error.message}`,
      {
        hint: 'another program has one of them: free it, or choose another one',
        cause: error,
      },
    )
  }
}

export async function removePorts(engine: Engine, cluster: string): Promise<void> {
  await removeContainer(engine, portsContainer(cluster)).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}

/** The node's name is looked up again and again: it may have another address after a restart. */
function proxyConfig(node: string, ports: readonly PortMapping[]): string {
  const listeners = ports.map(
    (port) => `listen port-${port.host}
  bind :${port.host}
  server node ${node}:${port.node} resolvers docker init-addr libc,none
`,
  )
  return `resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 5s
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${listeners.join('')}`
}
