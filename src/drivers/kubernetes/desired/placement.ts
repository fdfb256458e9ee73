import type { Service } from '../../../resolve/resolved.ts'
import { selectorOf } from '../labels.ts'
import { filled, isRecord, jsonOf } from './objects.ts'

const hostname = 'kubernetes.io/hostname'
const zone = 'topology.kubernetes.io/zone'

/**
 * On which nodes (S71, S72): as the user says, and replicas apart where that is possible. It stands there for a single replica
 * too, so that scaling does not replace it.
 */
export function placementOf(service: Service, project: string): Record<string, unknown> {
  const written = jsonOf(service.placement)
  const { nodeSelector, tolerations, affinity } = isRecord(written) ? written : {}
  const isSpread = service.spread !== 'none' && mayHaveReplicas(service)
  const labelSelector = { matchLabels: selectorOf(project, service.name) }
  return filled({
    nodeSelector,
    tolerations,
    affinity: isSpread ? withSpread(affinity, labelSelector) : affinity,
    topologySpreadConstraints:
      isSpread && service.spread === 'zone'
        ? [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'ScheduleAnyway', labelSelector }]
        : undefined,
  })
}

function mayHaveReplicas({ isSingleton, workload }: Service): boolean {
  return !isSingleton && (workload === 'deployment' || workload === 'stateful')
}

function withSpread(written: unknown, labelSelector: unknown): unknown {
  const affinity = isRecord(written) ? written : {}
  const apart = isRecord(affinity['podAntiAffinity']) ? affinity['podAntiAffinity'] : {}
  const field = 'preferredDuringSchedulingIgnoredDuringExecution'
  const preferred: unknown[] = Array.isArray(apart[field]) ? apart[field] : []
  const term = { weight: 100, podAffinityTerm: { labelSelector, topologyKey: hostname } }
  return { ...affinity, podAntiAffinity: { ...apart, [field]: [...preferred, term] } }
}
