import type { Span } from '../stack/diagnostics.ts'

/** What targets on one machine consist of. */
export type MachineKind = 'image' | 'network' | 'volume' | 'files' | 'job' | 'service' | 'gateway'

/** What a cluster has besides. */
export type ClusterKind =
  | 'cluster'
  | 'namespace'
  /** An image where the nodes find it. */
  | 'delivery'
  | 'config'
  | 'secret'
  | 'cert'
  | 'route'
  /** An object that the user wrote himself. */
  | 'manifest'
  | 'chart'

export type ResourceKind = MachineKind | ClusterKind

/** The kind, for a target that knows no others; anything else is our own mistake. */
export function machineKind(kind: ResourceKind): MachineKind {
  switch (kind) {
    case 'image':
    case 'network':
    case 'volume':
    case 'files':
    case 'job':
    case 'service':
    case 'gateway':
      return kind
    case 'cluster':
    case 'namespace':
    case 'delivery':
    case 'config':
    case 'secret':
    case 'cert':
    case 'route':
    case 'manifest':
    case 'chart':
      throw new TypeError(`a ${kind} is nothing that this target has`)
    default:
      return kind satisfies never
  }
}

/** `kind/name`, e.g. `service/iam-apiserver`. Unique in one stack. */
export type ResourceId = `${ResourceKind}/${string}`

/** How far another resource must have come before this one may start or be replaced. */
export type Milestone = 'started' | 'healthy' | 'completed'

/**
 * One thing that a target keeps for us, as it should be. `spec` belongs to the driver that made it; the planner reads only what
 * is named here, so a seventh target needs no change in `plan`.
 */
export interface Resource<Spec = unknown> {
  readonly id: ResourceId
  readonly kind: ResourceKind
  readonly name: string
  readonly spec: Spec
  /**
   * Digests of the parts of the specification, each under a name that a person understands (`image`, `env`, `config app`).
   * They ride in a label of the real thing, so a difference can be told in words. Values that exist only after their producer
   * ran are not part of it; references to them are.
   */
  readonly parts: Readonly<Record<string, string>>
  /**
   * What a difference in a part costs, by the part's name or its first word, `*` for all others: those too that are no longer
   * wanted. `replace` where nothing is said.
   */
  readonly updates: Readonly<Partial<Record<string, UpdateOp>>>
  /** An update in place renews what runs, one replica after the other: who cascades from it restarts. */
  readonly isRenewedByUpdates?: true
  readonly needs: readonly ResourceNeed[]
  /** How many replicas there should be; undefined for what has none. */
  readonly replicas: number | undefined
  /** How long it may take until it is ready, in milliseconds. */
  readonly timeout: number
  /**
   * Parts, by name or first word, whose change needs consent, and why, in words: the new password of a database whose data
   * keeps the old one.
   */
  readonly guards?: Readonly<Record<string, string>>
  /** What would be lost with it, in words (`the data of volume data`); undefined when nothing is. */
  readonly holdsData: string | undefined
  readonly from: Span
}

export interface ResourceNeed {
  readonly on: ResourceId
  readonly until: Milestone
  /** Restart the needing resource when the needed one was replaced. */
  readonly cascade: boolean
}

/** One run of one container, from its start to its end: what is written into it is lost with it. */
export interface Life {
  /** Unique for as long as it lasts: a container's id. */
  readonly id: string
  /** As a person knows it: a container's or a pod's name. */
  readonly name: string
  /** It runs, so something can be written into it. */
  readonly isRunning: boolean
  /** Files were written into it since it began, so its image says no longer all of what is in it. */
  readonly isEdited: boolean
}

/** From the dearest to the cheapest. */
export type UpdateOp = 'replace' | 'restart' | 'reload' | 'update' | 'scale'

export type Health = 'absent' | 'starting' | 'ready' | 'degraded' | 'failed'

/** What one look at the target showed of one resource. */
export interface ObservedResource {
  readonly id: ResourceId
  readonly health: Health
  /** The parts as the label holds them; undefined when it carries none of ours. */
  readonly parts: Readonly<Record<string, string>> | undefined
  readonly replicas: { readonly ready: number; readonly total: number } | undefined
  /** In words: `exited 1, 3 times`, `running for 12 minutes`. */
  readonly detail: string
  readonly holdsData: string | undefined
  /** It is gone but for traces that an interrupted removal left: to be made anew, or to be swept away. */
  readonly isTrace?: true
  /** Nothing of it is there but the knowledge that it was done, which `down` keeps with the volumes it was done on. */
  readonly isRecord?: true
  /**
   * What somebody else changed of what we made, in words (`spec.replicas, by kubectl-edit`); undefined when it is as we left it.
   * A number of replicas is not part of it: that is compared by itself.
   */
  readonly drift?: string | undefined
  /** Who else needs it, in words: then it stays, whoever asks for its removal. */
  readonly inUse?: string | undefined
  /** Containers that serve it. Absent where nothing can be written into what runs. */
  readonly lives?: readonly Life[]
  /** Facts for `status`: image, started at, restarts, addresses. Never read by the planner. */
  readonly facts?: Readonly<Record<string, string | number>>
}

export type Observed = ReadonlyMap<ResourceId, ObservedResource>
