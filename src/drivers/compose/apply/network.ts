import { networkInterfaces } from 'node:os'
import { StepError } from '../../../plan/step-error.ts'
import { EngineError, isConflict, isNotFound } from '../../../platform/engine/errors.ts'
import { createNetwork, listNetworks, removeNetwork } from '../../../platform/engine/networks.ts'
import type { Context } from '../context.ts'
import { specOf, type ComposeResource } from '../desired/spec.ts'
import { composeLabel, identityLabels, isOurs, label, partsLabels, projectFilter } from '../labels.ts'
import { foreignError } from './foreign.ts'
import { freeSubnet } from './subnet.ts'
import type { ResourceId } from '../../../plan/resource.ts'

/** Makes a network; one of ours that is there already is left as it is. */
export async function ensureNetwork(context: Context, wanted: ComposeResource): Promise<void> {
  const { engine, stack } = context
  const { network, members } = specOf(wanted, 'network')
  const labels = {
    ...identityLabels(stack, wanted.id, undefined),
    ...partsLabels(wanted.parts),
    [composeLabel.network]: wanted.name,
  }
  try {
    if (members === undefined) await createNetwork(engine, network, { labels })
    else await createSmall(context, network, members, labels)
  } catch (error) {
    if (isPoolExhausted(error)) await createSmall(context, network, defaultMembers, labels)
    else if (isConflict(error)) await checkOwner(context, network, wanted)
    else throw error
  }
}

export async function deleteNetwork({ engine, stack }: Context, resource: ResourceId): Promise<void> {
  const found = await listNetworks(engine, [projectFilter(stack), `${label.resource}=${resource}`])
  for (const { Id, Name, Labels } of found) {
    if (!isOurs(stack, Labels)) continue
    try {
      await removeNetwork(engine, Id)
    } catch (error) {
      if (isNotFound(error)) continue
      if (!(error instanceof EngineError) || error.status !== 403) throw error
      throw new StepError('deploy', `the network ${Name} is still in use`, {
        hint: `docker network inspect ${Name} shows which container of somebody else uses it`,
        cause: error,
      })
    }
  }
}

/** Room of a network that holds a whole stack, where the engine has no subnet left to give. */
const defaultMembers = 250

/** One at a time: between looking for a free subnet and taking it nobody of us may look. */
async function createSmall(
  context: Context,
  network: string,
  members: number,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await context.networking(async () => {
    const refused: string[] = []
    for (let tries = 0; tries < 5; tries += 1) {
      const existing = await listNetworks(context.engine, [])
      const taken = existing.flatMap(({ IPAM }) => (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []))
      const subnet = freeSubnet([...taken, ...subnetsOfThisMachine(), ...refused], members)
      if (subnet === undefined) break
      try {
        await createNetwork(context.engine, network, { labels, subnet })
        return
      } catch (error) {
        // Somebody else was faster, or a route of the engine's machine is in the way.
        if (!isOverlap(error)) throw error
        refused.push(subnet)
      }
    }
    throw new StepError('precondition', `no free subnet for the network ${network}`, {
      hint: 'remove unused networks: docker network prune',
    })
  })
}

function subnetsOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).flatMap(({ cidr }) => cidr ?? []))
}

async function checkOwner(
  { engine, stack }: Context,
  network: string,
  wanted: ComposeResource,
): Promise<void> {
  const existing = (await listNetworks(engine, [])).find(({ Name }) => Name === network)
  if (existing && !isOurs(stack, existing.Labels)) {
    throw foreignError('network', network, existing.Labels, stack, wanted.from)
  }
}

function isPoolExhausted(error: unknown): boolean {
  return error instanceof EngineError && /non-overlapping IPv4|predefined address pools/.test(error.message)
}

function isOverlap(error: unknown): boolean {
  return error instanceof EngineError && /overlaps/i.test(error.message)
}
