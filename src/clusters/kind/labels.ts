/** kind's own labels on the containers that are nodes (pkg/cluster/internal/providers/docker/constants.go of kind). */
export const kindLabel = {
  cluster: 'io.x-k8s.kind.cluster',
  /** `control-plane`, `worker` or `external-load-balancer`. */
  role: 'io.x-k8s.kind.role',
} as const

/** The network that kind makes for all its clusters. */
export const kindNetwork = 'kind'

/** Our own labels on what belongs to clusters and is no node. */
export const clusterLabel = {
  /** A volume that says what is being done to a cluster, and by whom. */
  claim: 'dev.iamstack.cluster-claim',
  /** JSON of the claim. */
  content: 'dev.iamstack.cluster-claim-content',
  /** A container that publishes ports of a cluster on this machine. */
  ports: 'dev.iamstack.cluster-ports',
  /** The registry that nodes pull from: its container and its volume. */
  registry: 'dev.iamstack.registry',
} as const
