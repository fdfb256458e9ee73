import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Diagnostic } from '../../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../../stack/schema/suggest.ts'
import type { Facts } from '../../facts.ts'
import { contextOf, type ClusterFacts } from '../desired/context.ts'
import { patchesOf, patchKeys } from '../desired/patch.ts'
import { serviceResource } from '../desired/service-resource.ts'
import { isRecord } from '../desired/objects.ts'
import { refused, when } from './finding.ts'

/** Which objects a service becomes does not depend on what was gathered. */
const nothingGathered: Facts = {
  images: new Map(),
  configs: new Map(),
  secrets: new Map(),
  certs: new Map(),
  ports: new Map(),
  sources: new Map(),
  manifests: [],
  charts: new Map(),
}

/** Patches of objects that the service does not become. */
export function patchFindings(service: Service, stack: ResolvedStack, cluster: ClusterFacts): Diagnostic[] {
  const patches = Object.entries(patchesOf(service))
  if (patches.length === 0) return []
  const { spec } = serviceResource(service, contextOf(stack, nothingGathered, cluster))
  const keys = spec.kind === 'objects' ? patchKeys(spec.objects, service) : []
  const at = service.at('kubernetes.patch')
  return patches.flatMap(([key, patch]) => {
    const near = nearest(key, keys)
    return [
      ...when(!keys.includes(key), () =>
        refused(
          'patch',
          `service ${service.name} becomes no ${key}`,
          at,
          near === undefined ? `it becomes ${keys.join(', ')}` : didYouMean(near),
        ),
      ),
      ...when(!isRecord(patch), () =>
        refused('patch', `service ${service.name}: the patch of ${key} is no map`, at),
      ),
    ]
  })
}
