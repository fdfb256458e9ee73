/** What the server accepts as a quantity (apimachinery/pkg/api/resource/quantity.go). */
export const quantity = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/

export interface Limit {
  /** Inclusive. */
  readonly least: number
  readonly most: number
  /** What a number outside is not. */
  readonly words: string
}

const port: Limit = { least: 1, most: 65_535, words: 'a port (1 to 65535)' }
const positive: Limit = { least: 1, most: Infinity, words: '1 or more' }
const natural: Limit = { least: 0, most: Infinity, words: '0 or more' }
const mode: Limit = { least: 0, most: 0o777, words: 'permission bits (0 to 0777)' }

/** By type and field, else by field; the validation of the server has these in code, not in its description. */
const limits: Readonly<Record<string, Limit>> = {
  containerPort: port,
  hostPort: { ...port, least: 0 },
  'core.v1.ServicePort.port': port,
  'core.v1.ServicePort.targetPort': port,
  'core.v1.HTTPGetAction.port': port,
  'core.v1.TCPSocketAction.port': port,
  'core.v1.GRPCAction.port': port,
  defaultMode: mode,
  'core.v1.KeyToPath.mode': mode,
  replicas: natural,
  minReadySeconds: natural,
  revisionHistoryLimit: natural,
  terminationGracePeriodSeconds: natural,
  'core.v1.Probe.initialDelaySeconds': natural,
  'core.v1.Probe.timeoutSeconds': positive,
  'core.v1.Probe.periodSeconds': positive,
  'core.v1.Probe.failureThreshold': positive,
  'core.v1.Probe.successThreshold': positive,
  maxReplicas: positive,
  backoffLimit: natural,
  parallelism: natural,
  completions: natural,
  runAsUser: natural,
  runAsGroup: natural,
  fsGroup: natural,
}

export function limitOf(
  type: string,
  field: string,
  nodePortRange: readonly [number, number],
): Limit | undefined {
  if (field === 'nodePort' || field === 'healthCheckNodePort') {
    const [least, most] = nodePortRange
    return { least, most, words: `a node port of this cluster (${least} to ${most})` }
  }
  return limits[`${type}.${field}`] ?? limits[field]
}
