import { putArchive } from '../../../platform/engine/archive.ts'
import {
  createContainer,
  inspectContainer,
  removeContainer,
  startContainer,
  stopContainer,
  waitContainer,
} from '../../../platform/engine/containers.ts'
import { connectNetwork } from '../../../platform/engine/networks.ts'
import { isConflict } from '../../../platform/engine/errors.ts'
import { StepError } from '../../../plan/step-error.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../driver.ts'
import type { Context } from '../context.ts'
import { configFile, configFolder } from '../desired/gateway.ts'
import { serversDigest } from '../desired/servers.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { configuration, refused, runningGateway, serverOf, serversAmong } from '../gateway/switch.ts'
import { stateOf } from '../gateway/state.ts'
import { composeLabel, identityLabels, isOurs, label, partsLabels } from '../labels.ts'
import { containerName, gatewayService, newGeneration } from '../names.ts'
import { look, places } from '../observe/look.ts'
import { attached } from './attach.ts'
import { endOf, evidenceOf, linesOf } from './evidence.ts'
import { foreignError } from './foreign.ts'
import { removeIfThere } from './remove.ts'
import { start } from './start.ts'
import { tarOf } from './tar.ts'

/** How soon a gateway serves after its start, at most; milliseconds. */
const startLimit = 10_000

/**
 * Makes the gateway, or puts a new one into its place. Only changes that Docker cannot make in place come here (published ports,
 * networks, image); the new configuration is checked before the old gateway stops.
 */
export async function applyGateway(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  await context.gateway.switching(async () => {
    const containers = await look(context.engine, context.stack)
    const seats = places(containers.filter(({ resource }) => resource === wanted.id))
    const old = seats.get(1)
    for (const leftover of old?.beside ?? []) await removeIfThere(context, leftover.id)
    const servers = serversAmong(context, containers)
    const { text } = configuration(specOf(wanted, 'gateway').routes, servers.map(serverOf))
    if (old?.current.state === 'running') {
      await check(context, wanted, text)
      await stopContainer(context.engine, old.current.id)
    }
    if (old) await removeIfThere(context, old.current.id)
    const name = containerName(context.stack, gatewayService, 1)
    const id = await create(context, wanted, name, text, serversDigest(servers))
    await start(context, id, 'the gateway', wanted.from, run.signal)
  })
}

/** Comes back when the gateway serves some configuration of ours. */
export async function untilGatewayServes(context: Context, wanted: ComposeResource, run: Run): Promise<void> {
  const end = Date.now() + startLimit
  for (;;) {
    const found = await look(context.engine, context.stack, { resource: wanted.id, signal: run.signal })
    const gateway = runningGateway(found)
    if (gateway && (await stateOf(gateway)) !== undefined) return
    const [ended] = found.filter(({ state }) => state === 'exited' || state === 'restarting')
    if (ended) {
      const detail = await inspectContainer(context.engine, ended.id)
      const evidence = await evidenceOf(context.engine, detail)
      throw new StepError('deploy', `the gateway ${endOf(detail)}`, { span: wanted.from, evidence })
    }
    if (Date.now() > end) {
      throw new StepError('timeout', `the gateway does not answer after ${startLimit / 1000} s`, {
        span: wanted.from,
      })
    }
    await sleep(20, undefined, { signal: run.signal })
  }
}

async function create(
  context: Context,
  wanted: ComposeResource,
  name: string,
  text: string,
  servers: string,
): Promise<string> {
  const { engine, stack } = context
  const { body, attachments, routes } = specOf(wanted, 'gateway')
  const listens = routes.flatMap(({ kind, name, listen }) =>
    kind === 'tcp' ? [[name, listen] as const] : [],
  )
  const labels = {
    ...identityLabels(stack, wanted.id, 'gateway'),
    ...partsLabels(wanted.parts),
    [composeLabel.service]: gatewayService,
    [composeLabel.number]: '1',
    [composeLabel.oneoff]: 'False',
    [label.generation]: newGeneration(),
    [label.servers]: servers,
    [label.listens]: JSON.stringify(Object.fromEntries(listens)),
  }
  const complete = await attached(context, { ...body, Labels: labels }, attachments, [], undefined)
  try {
    const { id } = await createContainer(engine, name, complete.body)
    for (const [network, Aliases] of complete.later) {
      await connectNetwork(engine, network, id, { Aliases })
    }
    await putConfiguration(context, id, text)
    return id
  } catch (error) {
    if (!isConflict(error)) throw error
    const { Config } = await inspectContainer(engine, name)
    if (isOurs(stack, Config.Labels)) throw error
    throw foreignError('container', name, Config.Labels, stack, wanted.from)
  }
}

/** A container that ends at once tells whether the new image takes the new text, while the old gateway still serves. */
async function check(context: Context, wanted: ComposeResource, text: string): Promise<void> {
  const { engine, stack } = context
  const { image } = specOf(wanted, 'gateway')
  const { id } = await createContainer(
    engine,
    `${stack.project}-${gatewayService}-check-${newGeneration()}`,
    {
      Image: image,
      Entrypoint: ['haproxy'],
      Cmd: ['-c', '-f', configFile],
      User: 'root',
      Labels: { ...identityLabels(stack, wanted.id, 'filler') },
      HostConfig: { NetworkMode: 'none' },
    },
  )
  try {
    await putConfiguration(context, id, text)
    await startContainer(engine, id)
    const exitCode = await waitContainer(engine, id, 'not-running')
    if (exitCode !== 0) throw refused(await linesOf(engine, id))
  } finally {
    await removeContainer(engine, id)
  }
}

async function putConfiguration({ engine }: Context, container: string, text: string): Promise<void> {
  const owner = { uid: 0, gid: 0 }
  const tar = await tarOf([
    { path: configFolder.slice(1), bytes: undefined, mode: 0o755, ...owner },
    { path: configFile.slice(1), bytes: Buffer.from(text), mode: 0o644, ...owner },
  ])
  await putArchive(engine, container, '/', tar)
}
