import type { ContainerSpec } from '../../../platform/engine/container-spec.ts'
import type { Resource, ResourceId } from '../../../plan/resource.ts'
import type { Image, Init, Probe, ResolvedStack } from '../../../resolve/resolved.ts'
import type { Consumer } from '../../consumer.ts'
import type { Facts, ImageFact } from '../../facts.ts'
import type { NetworkCheck } from '../options.ts'
import type { Route } from '../gateway/config.ts'

/** The specifications of the compose driver, by kind of resource. */
type ComposeSpec = ImageSpec | NetworkSpec | VolumeSpec | WorkloadSpec | GatewaySpec

interface ImageSpec {
  readonly kind: 'image'
  readonly reference: string
  /** Undefined for an image that is pulled. */
  readonly build: { readonly image: Image; readonly fact: ImageFact } | undefined
}

interface NetworkSpec {
  readonly kind: 'network'
  /** As the engine knows it. */
  readonly network: string
  /** How many containers it must hold; undefined lets the engine choose the subnet. */
  readonly members: number | undefined
}

interface VolumeSpec {
  readonly kind: 'volume'
  readonly volume: string
}

/** What containers of a service or a job are made from. Values of secrets are not in it. */
export interface WorkloadSpec {
  readonly kind: 'workload'
  readonly resource: ResourceId
  readonly name: string
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly consumer: Consumer
  readonly image: string
  /** USER of the image, where its Dockerfile is ours to read. */
  readonly imageUser: string | undefined
  /** Everything but values and volumes that exist only when it is made; references stand as written. */
  readonly body: ContainerSpec
  /** Alias lists by network, as the engine knows it; empty for the member of a pod. */
  readonly attachments: ReadonlyMap<string, readonly string[]>
  /** The service whose network this one shares. */
  readonly podOwner: string | undefined
  /** Names of the scratch mounts that the whole pod shares. */
  readonly sharedScratch: ReadonlySet<string>
  readonly init: readonly Init[]
  /** Its program is started by the agent, which is put into the container first. */
  readonly isSupervised: boolean
  readonly probe: { readonly check: NetworkCheck; readonly port: number; readonly rhythm: Probe } | undefined
  /** Only one of it may run at a time: the old one stops before the new one starts. */
  readonly isExclusive: boolean
  /** The gateway passes requests on to it. */
  readonly isBehindGateway: boolean
  /** Volumes of the stack whose loss makes a job run again. */
  readonly volumesBehind: readonly string[]
}

export interface GatewaySpec {
  readonly kind: 'gateway'
  readonly stack: ResolvedStack
  readonly image: string
  readonly body: ContainerSpec
  readonly attachments: ReadonlyMap<string, readonly string[]>
  readonly routes: readonly Route[]
}

export type ComposeResource = Resource<ComposeSpec>

/** The specification of a resource that this driver made; anything else is our own mistake. */
export function specOf<Kind extends ComposeSpec['kind']>(
  resource: Resource,
  kind: Kind,
): Extract<ComposeSpec, { readonly kind: Kind }> {
  const spec = resource.spec as ComposeSpec
  if (spec.kind !== kind) throw new TypeError(`${resource.id} has the specification of a ${spec.kind}`)
  return spec as Extract<ComposeSpec, { readonly kind: Kind }>
}
