import type { KindOfObject, KubeObject } from '../../platform/kubernetes/client.ts'
import type { Resource } from '../../plan/resource.ts'
import type { Image, SecretKey } from '../../resolve/resolved.ts'
import type { Text } from '../../resolve/text.ts'
import type { Span } from '../../stack/diagnostics.ts'
import type { SourceNode } from '../../stack/node.ts'
import type { ChartFact, ImageFact } from '../facts.ts'

export type KubeSpec = ImageSpec | DeliverySpec | ClusterSpec | ObjectsSpec | ChartSpec
export type KubeResource = Resource<KubeSpec>

export interface ClusterSpec {
  readonly kind: 'cluster'
}

/** An image of the stack, as this machine's engine builds it. References to images of others have none: nodes pull those. */
export interface ImageSpec {
  readonly kind: 'image'
  readonly reference: string
  readonly build: { readonly image: Image; readonly fact: ImageFact } | undefined
}

/** The image where nodes find it; only for clusters with `delivery`. */
export interface DeliverySpec {
  readonly kind: 'delivery'
  /** As this machine names it. */
  readonly reference: string
}

export interface ChartSpec {
  readonly kind: 'chart'
  readonly chart: ChartFact
}

/** Everything that one resource is in the cluster. The first object carries the resource's parts as an annotation. */
export interface ObjectsSpec {
  readonly kind: 'objects'
  /** In the order in which they are applied. */
  readonly objects: readonly DesiredObject[]
  /** What makes it ready. */
  readonly readiness: Readiness
  /** Parts whose change the API refuses on what is there (`selector`, `serviceName` …): the object is deleted and made again. */
  readonly isReplacedWith: readonly string[]
}

export interface DesiredObject {
  readonly kind: KindOfObject
  /** Complete but for `secrets`; shown by `render` as it is. */
  readonly object: KubeObject
  /** Of a Secret: `data` that is filled in only when it is applied, by key. Never part of a plan, a rendering or a hash. */
  readonly secrets: ReadonlyMap<string, SecretContent>
  readonly from: Span
  /** Of an object that the user wrote himself: the places of its parts as he wrote it. */
  readonly node?: SourceNode
  /** Of an object that the user wrote himself: nothing says how its kind is called in paths, so the server must be asked (`KubeClient.kindOf`). */
  readonly isKindGuessed?: true
}

export type SecretContent =
  | { readonly kind: 'secret'; readonly key: SecretKey }
  /** A file of a certificate mount: `ca.crt`, `<leaf>.key`. */
  | { readonly kind: 'cert'; readonly cert: string; readonly file: string }
  /** A text that contains references to secrets, the others already meaning what they mean inside the cluster. */
  | { readonly kind: 'text'; readonly text: Text }
  /** `.dockerconfigjson` of a registry with credentials. */
  | { readonly kind: 'registry'; readonly registry: string }

export type Readiness =
  /** It is there. */
  | { readonly kind: 'exists' }
  /** All replicas of the newest generation are updated and available, the pods of older ones are gone, and Services have endpoints. */
  | {
      readonly kind: 'workload'
      readonly workload: 'Deployment' | 'StatefulSet' | 'DaemonSet'
      readonly name: string
      /** Services whose endpoints must be there. */
      readonly services: readonly string[]
      /** A member of a pod: only its own containers count. Undefined: all. */
      readonly container: string | undefined
      /** Services of type LoadBalancer that must have an address. */
      readonly loadBalancers: readonly string[]
    }
  | { readonly kind: 'cron'; readonly name: string }
  /** The Job has completed. */
  | { readonly kind: 'job'; readonly name: string }
  /** Bound, or waiting for its first consumer. */
  | { readonly kind: 'claim'; readonly name: string }
  /** A service elsewhere: reachable from inside the cluster. */
  | { readonly kind: 'external'; readonly host: string; readonly port: number }
  /** A raw object: the well-known conditions of its kind (Deployment, StatefulSet, DaemonSet, Job, CRD established, …), else that it is there. */
  | { readonly kind: 'object' }

/** The specification of a resource that this driver made; anything else is our own mistake. */
export function specOf<Kind extends KubeSpec['kind']>(
  resource: Resource,
  kind: Kind,
): Extract<KubeSpec, { readonly kind: Kind }> {
  const spec = resource.spec as KubeSpec
  if (spec.kind !== kind) throw new TypeError(`${resource.id} has the specification of a ${spec.kind}`)
  return spec as Extract<KubeSpec, { readonly kind: Kind }>
}
