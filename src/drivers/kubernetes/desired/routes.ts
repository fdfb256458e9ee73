import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Route } from '../../../resolve/resolved.ts'
import { part } from '../../content-parts.ts'
import type { KubeResource } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { desiredObject, filled, need, passiveResource } from './objects.ts'
import { byteQuantity } from './quantities.ts'

/** Only ingress-nginx reads it; others ignore it, which `check` says. */
const bodySizeAnnotation = 'nginx.ingress.kubernetes.io/proxy-body-size'

/** `route/x`: an Ingress of its own, so that routes come and go alone (S82). */
export function routeResource(route: Route, { stack, cluster }: DesiredContext): KubeResource {
  const { name, host, path, to, bodySize, from } = route
  const id = `route/${name}` as const
  const backend = { service: { name: to.service, port: { name: to.port } } }
  const spec = filled({
    ingressClassName: cluster.abilities.ingressClass,
    rules: [filled({ host, http: { paths: [{ path, pathType: 'Prefix', backend }] } })],
  })
  const annotations: Record<string, string> =
    bodySize === undefined ? {} : { [bodySizeAnnotation]: nginxSize(bodySize) }
  const ingress = desiredObject(stack, {
    kind: kinds.Ingress,
    name,
    resource: id,
    annotations,
    fields: { spec },
    from,
  })
  const parts = {
    ...part('class', cluster.abilities.ingressClass),
    ...part('address', host, path),
    ...part('target', to),
    ...part('body-size', bodySize),
  }
  return passiveResource({
    id,
    objects: [ingress],
    parts,
    needs: [need(`namespace/${stack.namespace}`), need(`service/${to.service}`)],
    from,
  })
}

/** nginx knows k, m and g, all of them powers of 1024. */
function nginxSize(bytes: number): string {
  return bytes % 1024 === 0 ? byteQuantity(bytes).replace(/i$/, '').toLowerCase() : String(bytes)
}
