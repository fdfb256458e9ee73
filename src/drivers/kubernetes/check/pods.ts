import { podMates } from '../../pods.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Diagnostic } from '../../../stack/diagnostics.ts'
import { ignored, isWritten, refused, when } from './finding.ts'

/** What only the pod as a whole can have, and so only its owner can say. */
const ownersKeys = [
  'labels',
  'annotations',
  'placement',
  'spread',
  'hostname',
  'service-account',
  'rules',
  'restart',
] as const

/** Members of a pod that say what only its owner can. */
export function podFindings(service: Service, stack: ResolvedStack): Diagnostic[] {
  const [owner = service] = podMates(stack, service)
  if (owner === service) return []
  return [
    ...ownersKeys.flatMap((key) =>
      when(isWritten(service, key), () =>
        ignored(
          'pod',
          `service ${service.name}: \`${key}\` of pod ${service.pod ?? ''} is that of its owner ${owner.name}`,
          service.at(key),
          `move it to ${owner.name}`,
        ),
      ),
    ),
    ...when(isWritten(service, 'workload') && service.workload !== owner.workload, () =>
      refused(
        'pod',
        `service ${service.name}: the members of pod ${service.pod ?? ''} run as one ${owner.workload}`,
        service.at('workload'),
        `leave it out, or set it at ${owner.name}`,
      ),
    ),
  ]
}
