import { join } from 'node:path'
import type { Image, Init, Mount, ResolvedStack, Service } from '../resolve/resolved.ts'
import { plainText } from '../resolve/text.ts'
import { agentFolder, agentPath } from './agent-place.ts'
import { debuggable } from './debuggable.ts'

/** The image that hands the agent to pods; a name that no stack file can give. */
export const agentImage = 'iamstack.agent'

/**
 * The stack as `dev` runs it: the containers that edits are written into can be written to, and their programs run below our
 * agent. `up` knows neither, so it replaces such containers by ones that are as the stack says. `agents` is the folder that the
 * agent was built into, with the Dockerfile of its image; undefined where this package has none. Pure.
 */
export function supervised(stack: ResolvedStack, agents: string | undefined): ResolvedStack {
  const { target, isProtected } = stack.profile
  if (target === 'process' || isProtected) return stack
  const isInCluster = target !== 'compose'
  const services = new Map(stack.services)
  const images = new Map(stack.images)
  for (const declared of stack.services.values()) {
    const service = debuggable(declared)
    services.set(service.name, service)
    if (!isSyncable(stack, service)) continue
    const open = service.isReadOnlyRoot ? withRootOpened(service) : service
    const isSupervised = agents !== undefined && runsBelowAgent(service)
    if (isSupervised && isInCluster && !images.has(agentImage))
      images.set(agentImage, imageOfAgent(stack, agents, service))
    services.set(service.name, !isSupervised ? open : isInCluster ? withAgentHandedIn(open) : withAgent(open))
  }
  return { ...stack, services, images }
}

/** Whether edits may be written into its containers: the stack builds its image, under a name that its content decides. */
export function isSyncable(stack: ResolvedStack, { image, dev }: Service): boolean {
  return dev.sync !== 'off' && image?.kind === 'built' && stack.images.get(image.image)?.tag.kind === 'hash'
}

/** Whatever else `dev.restart` says: the agent is also what edits are written by, in images without a shell too. */
function runsBelowAgent({ dev }: Service): boolean {
  return dev.restart.kind !== 'container'
}

function withRootOpened(service: Service): Service {
  return { ...service, isReadOnlyRoot: false, dev: { ...service.dev, isRootOpened: true } }
}

function withAgent(service: Service): Service {
  return { ...service, dev: { ...service.dev, isSupervised: true } }
}

/** A pod gets it from an init step, over a volume of its own: nothing else can put a file into a container before it starts. */
function withAgentHandedIn(service: Service): Service {
  const { from } = service
  const mount: Mount = {
    kind: 'scratch',
    scratch: 'iamstack-agent',
    path: agentFolder,
    isReadOnly: false,
    from,
  }
  const step: Init = {
    name: 'iamstack-agent',
    image: { kind: 'built', image: agentImage },
    entrypoint: ['/agent', 'copy', agentPath].map((word) => plainText(word, from)),
    command: undefined,
    env: new Map(),
    process: undefined,
    timeout: 60_000,
    from,
  }
  return { ...withAgent(service), mounts: [...service.mounts, mount], init: [step, ...service.init] }
}

/** Built, named and brought to nodes as the service's own image is. */
function imageOfAgent(stack: ResolvedStack, agents: string, { image, from }: Service): Image {
  const own = image?.kind === 'built' ? stack.images.get(image.image) : undefined
  return {
    name: agentImage,
    context: agents,
    dockerfile: join(agents, 'Dockerfile'),
    target: undefined,
    args: new Map(),
    pre: [],
    test: undefined,
    platforms: own?.platforms ?? [],
    cache: true,
    pull: false,
    network: undefined,
    secrets: new Map(),
    ssh: false,
    registry: own?.registry,
    naming: undefined,
    tag: { kind: 'hash' },
    from,
  }
}
