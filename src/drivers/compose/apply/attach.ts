import type { ContainerSpec } from '../../../platform/engine/container-spec.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { Context } from '../context.ts'
import type { WorkloadSpec } from '../desired/spec.ts'
import type { Placement } from './own-volumes.ts'

/** API 1.44 takes several networks at creation; before, the others are connected afterwards. */
const manyNetworksSince = 44

/** API 1.45 mounts a part of a volume. */
const subPathsSince = 45

/** A container's body, and the networks that this engine does not take with it. */
export interface Attached {
  readonly body: ContainerSpec
  readonly later: ReadonlyMap<string, readonly string[]>
}

/** Adds mounts and networks to a body; `owner` is the container whose network it shares instead. */
export async function attached(
  { engine }: Context,
  body: ContainerSpec,
  attachments: ReadonlyMap<string, readonly string[]>,
  placements: readonly Placement[],
  owner: string | undefined,
): Promise<Attached> {
  const Mounts = [...(body.HostConfig?.Mounts ?? []), ...placements.map(({ spec }) => spec)]
  const hostConfig = { ...body.HostConfig, ...(Mounts.length > 0 && { Mounts }) }
  const [primary] = attachments.keys()
  if (owner !== undefined) {
    return {
      body: { ...body, HostConfig: { ...hostConfig, NetworkMode: `container:${owner}` } },
      later: new Map(),
    }
  }
  if (primary === undefined) return { body: { ...body, HostConfig: hostConfig }, later: new Map() }
  const isMany = (await minorVersion(engine)) >= manyNetworksSince
  const first = [...attachments].filter(([network]) => isMany || network === primary)
  const EndpointsConfig = Object.fromEntries(first.map(([network, Aliases]) => [network, { Aliases }]))
  return {
    body: {
      ...body,
      HostConfig: { ...hostConfig, NetworkMode: primary },
      NetworkingConfig: { EndpointsConfig },
    },
    later: new Map([...attachments].filter(([network]) => !isMany && network !== primary)),
  }
}

async function minorVersion(engine: Context['engine']): Promise<number> {
  return Number((await engine.apiVersion()).split('.')[1] ?? 0)
}

export async function checkSubPaths(
  { engine }: Context,
  spec: WorkloadSpec,
  placements: readonly Placement[],
): Promise<void> {
  const partial = placements.find(({ spec: { VolumeOptions } }) => VolumeOptions?.Subpath !== undefined)
  if (!partial || (await minorVersion(engine)) >= subPathsSince) return
  const message = `${spec.name}: this engine (API ${await engine.apiVersion()}) cannot mount a part of a volume at ${partial.mount.path}`
  throw new StepError('precondition', message, {
    span: partial.mount.from,
    hint: 'update Docker to 26 or newer, or mount the whole folder',
  })
}
