import { resolveEnvironment } from '../../../content/environment.ts'
import { createContainer, inspectContainer } from '../../../platform/engine/containers.ts'
import { isConflict, isNotFound } from '../../../platform/engine/errors.ts'
import { connectNetwork } from '../../../platform/engine/networks.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Context } from '../context.ts'
import { declarationOf } from '../../consumer.ts'
import { fieldOf } from '../../inner-environment.ts'
import { lookupIn } from '../../inner-lookup.ts'
import { specOf, type ComposeResource, type WorkloadSpec } from '../desired/spec.ts'
import {
  composeLabel,
  identityLabels,
  isOurs,
  label,
  partsLabels,
  type Labels,
  type Role,
} from '../labels.ts'
import { newGeneration } from '../names.ts'
import { probeLabel } from '../observe/health.ts'
import { agentFor, putAgent, supervised } from './agent.ts'
import { attached, checkSubPaths, type Attached } from './attach.ts'
import { fillVolumes } from './fill.ts'
import { foreignError } from './foreign.ts'
import { createOwnVolumes, placementsOf, type Placement } from './own-volumes.ts'
import { sweep } from './remove.ts'

/** A container that is made and not started yet. */
export interface Made {
  readonly id: string
  readonly generation: string
  readonly placements: readonly Placement[]
}

export interface Place {
  readonly number: number
  /** Gives the name, once the generation is known. */
  readonly name: (generation: string) => string
  readonly role: Role
  /** The container whose network it shares, with its generation. */
  readonly owner: { readonly id: string; readonly generation: string } | undefined
  readonly labels?: Labels
}

/** Makes a container of a workload with its volumes filled. What is half made when it fails is removed. */
export async function make(context: Context, wanted: ComposeResource, place: Place): Promise<Made> {
  const spec = specOf(wanted, 'workload')
  const generation = newGeneration()
  const placements = placementsOf(spec, generation, place.owner?.generation ?? generation)
  await checkSubPaths(context, spec, placements)
  try {
    const [environment] = await Promise.all([
      environmentOf(context, spec, declarationOf(spec.consumer)),
      createOwnVolumes(context, placements),
    ])
    const probe = probeLabel(spec)
    const labels = {
      ...userLabels(spec),
      ...workloadLabels(context, spec, place, generation),
      ...partsLabels(wanted.parts),
      ...(probe !== undefined && { [label.probe]: probe }),
      ...(spec.podOwner !== undefined && { [label.pod]: spec.podOwner }),
      ...(spec.isBehindGateway && { [label.fronted]: 'yes' }),
      ...place.labels,
    }
    const body = { ...spec.body, Env: environment, Labels: labels }
    const name = place.name(generation)
    const agent = spec.isSupervised && place.role === 'replica' ? await agentFor(context, spec) : undefined
    const complete = await attached(
      context,
      agent ? supervised(body, agent) : body,
      spec.attachments,
      placements,
      place.owner?.id,
    )
    const id = await create(context, spec, name, complete)
    if (agent) await putAgent(context, id, agent)
    // After the creation, in which Docker copies what the image has into an empty volume, with its owner.
    await fillVolumes(context, spec, placements)
    return { id, generation, placements }
  } catch (error) {
    await sweep(context, wanted.id, new Set([generation]))
    throw error
  }
}

/** Makes a container under a name that nobody else may have. */
export async function create(
  { engine, stack }: Context,
  spec: WorkloadSpec,
  name: string,
  { body, later }: Attached,
): Promise<string> {
  const { from } = declarationOf(spec.consumer)
  try {
    const { id } = await createContainer(engine, name, body)
    for (const [network, Aliases] of later) await connectNetwork(engine, network, id, { Aliases })
    return id
  } catch (error) {
    if (isConflict(error)) {
      const { Config } = await inspectContainer(engine, name)
      if (!isOurs(stack, Config.Labels)) throw foreignError('container', name, Config.Labels, stack, from)
    }
    if (isNotFound(error) && error instanceof Error && /no such image/i.test(error.message)) {
      throw new StepError('deploy', `${spec.name}: the image ${spec.image} is not on this machine`, {
        span: declarationOf(spec.consumer).at('image'),
        cause: error,
      })
    }
    throw error
  }
}

/** Variables with their values: from here on they are on their way to the engine and nowhere else. */
export async function environmentOf(
  { stack, materials }: Context,
  spec: WorkloadSpec,
  declared: Parameters<typeof resolveEnvironment>[0],
): Promise<string[]> {
  const consumer = declarationOf(spec.consumer)
  const lookup = lookupIn(spec.stack, 'ports' in consumer ? consumer.ports : new Map())
  const { values } = await resolveEnvironment(declared, {
    stack: spec.stack,
    facts: spec.facts,
    materials,
    lookup,
    field: (field) => fieldOf(field, stack),
  })
  return [...values].map(([name, value]) => `${name}=${value}`)
}

/** Labels by which Compose and we find a container again. */
export function workloadLabels(
  { stack }: Context,
  spec: WorkloadSpec,
  { role, number }: Pick<Place, 'role' | 'number'>,
  generation: string,
): Labels {
  return {
    ...identityLabels(stack, spec.resource, role),
    [composeLabel.service]: spec.name,
    [composeLabel.number]: String(number),
    [composeLabel.oneoff]: role === 'replica' ? 'False' : 'True',
    [label.generation]: generation,
  }
}

function userLabels({ consumer }: WorkloadSpec): Labels {
  return consumer.kind === 'service' ? Object.fromEntries(consumer.service.labels) : {}
}
