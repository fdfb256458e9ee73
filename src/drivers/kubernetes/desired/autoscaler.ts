import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { DesiredObject } from '../spec.ts'
import { desiredObject } from './objects.ts'

/** Who decides how many replicas there are, where the stack leaves it to load (S92). */
export function autoscalerObjects(service: Service, stack: ResolvedStack): DesiredObject[] {
  const { scale, workload } = service
  if (!scale || (workload !== 'deployment' && workload !== 'stateful')) return []
  const target = workload === 'deployment' ? kinds.Deployment : kinds.StatefulSet
  return [
    desiredObject(stack, {
      kind: kinds.HorizontalPodAutoscaler,
      name: service.name,
      resource: `service/${service.name}`,
      fields: {
        spec: {
          scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: service.name },
          minReplicas: scale.min,
          maxReplicas: scale.max,
          metrics: [...metric('cpu', scale.cpu), ...metric('memory', scale.memory)],
        },
      },
      from: service.at('scale'),
    }),
  ]
}

/** `averageUtilization` is a percentage of what is requested. */
function metric(name: 'cpu' | 'memory', averageUtilization: number | undefined): unknown[] {
  if (averageUtilization === undefined) return []
  return [{ type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } }]
}
