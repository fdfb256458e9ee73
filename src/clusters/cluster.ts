import type { Leftover, Run } from '../drivers/driver.ts'
import type { Observed, Resource } from '../plan/resource.ts'
import type { Plan, TargetStep } from '../plan/step.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import type { Diagnostic } from '../stack/diagnostics.ts'

/**
 * What differs between one Kubernetes cluster and another, as a value given to the one Kubernetes driver: how the cluster comes
 * to exist, how an image gets into it, and what it offers. An ability that a cluster lacks is absent.
 */
export interface Cluster {
  readonly target: 'docker-desktop' | 'kind' | 'eks' | 'kubernetes'
  readonly abilities: ClusterAbilities

  /** Settings of the profile that this cluster cannot honour, each at its line. Pure. */
  check(stack: ResolvedStack): Diagnostic[]

  /**
   * What must be there before anything inside can be looked at (`cluster/NAME`); empty for a cluster that is never made by us.
   * `apply` knows `create`, `update` (more port mappings) and `delete` of it.
   */
  desired(): Resource[]
  observe(signal: AbortSignal): Promise<Observed>
  /** What the cluster itself is made from, in its provider's notation. Absent where there is no such thing. Pure. */
  render?(stack: ResolvedStack): readonly { readonly path: string; readonly text: string }[]
  apply(step: TargetStep, run: Run): Promise<void>
  ready(wanted: Resource, run: Run): Promise<void>

  /**
   * The API server of the pinned context, checked to be the one that the profile means. Undefined while a cluster that we make
   * does not exist; StepError (`precondition`) when one that we do not make is missing, is another one (both are named), or does
   * not answer.
   */
  open(signal: AbortSignal): Promise<KubeClient | undefined>
  /**
   * A kubeconfig file that has the context of the client, for programs such as helm. Absent: where kubectl looks by itself. That
   * of a kind cluster is written by `open`.
   */
  readonly kubeconfig?: string

  /**
   * What pods name for a reference of this machine. Decided by the profile alone, except on a kind cluster that somebody else made:
   * there `open` finds out what it offers.
   */
  imageFor(reference: string): string
  /** How pods are to pull: never for what cannot be pulled, else only what is missing. */
  pullPolicy(reference: string): 'Never' | 'IfNotPresent'
  /** Absent where the nodes run what this machine's engine has; known once `open` has come back. */
  readonly delivery?: Delivery | undefined

  /**
   * Looks whether what a plan does to the cluster itself can be done, before anything of it is. StepError (`precondition`) where not.
   * Absent where nothing can be known beforehand.
   */
  preflight?(plan: Plan, signal: AbortSignal): Promise<void>

  /**
   * What a step would change inside of what it is about, in words, asked of whoever would do it. Undefined where nobody can say.
   * Absent where a step says all itself.
   */
  preview?(step: TargetStep, signal: AbortSignal): Promise<readonly string[] | undefined>

  /** What a removal of the cluster has left outside of it. Absent where nothing of it is outside. Changes nothing. */
  leftovers?(signal: AbortSignal): Promise<readonly Leftover[]>

  close(): Promise<void>
}

/** How images of this machine come to the nodes. */
export interface Delivery {
  /** Which of these references the cluster has already; one look for all. */
  has(references: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>
  /** Moves only what is missing; tells how far it is in bytes. An image that this machine does not have is left to the nodes to pull. */
  deliver(reference: string, run: Run, resource: Resource['id']): Promise<void>
}

export interface ClusterAbilities {
  /** A Service of type LoadBalancer gets an address: on this machine's loopback, in the cloud, or not at all. */
  readonly loadBalancer: 'localhost' | 'cloud' | 'none'
  /** Node ports answer on this machine's loopback. */
  readonly nodePorts: 'localhost' | 'nodes' | 'none'
  /** Inclusive. Default 30000 to 32767. */
  readonly nodePortRange: readonly [number, number]
  /** Undefined: the default one. */
  readonly storageClass: string | undefined
  readonly ingressClass: string | undefined
  /** Where Ingresses answer from this machine; undefined where they do not without help. */
  readonly ingress: { readonly host: string; readonly port: number } | undefined
  /** The oldest and newest version that objects must be valid for. */
  readonly versions: { readonly oldest: string; readonly newest: string }
}
