import { isIP } from 'node:net'
import type { ResolvedStack, Route, Service } from '../../../resolve/resolved.ts'
import { referencesOf, renderText } from '../../../resolve/text.ts'
import type { Diagnostic } from '../../../stack/diagnostics.ts'
import { lookupIn } from '../../inner-lookup.ts'
import type { ClusterFacts } from '../desired/context.ts'
import { addressOf } from '../desired/external.ts'
import { ignored, refused, when } from './finding.ts'

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i

/** Services that live elsewhere must be somewhere that pods can reach (S101). */
export function externalFindings(
  service: Service,
  stack: ResolvedStack,
  cluster: ClusterFacts,
): Diagnostic[] {
  const { external, name } = service
  if (!external) return []
  const at = service.at('external')
  const texts = [external.host, ...external.ports.values()]
  const outputs = texts.flatMap(referencesOf).filter(({ kind }) => kind === 'stack-output')
  if (outputs.length > 0) {
    const message = `service ${name}: there are no cloud stacks on this target`
    return cluster.target === 'eks' ? [] : outputs.map(({ from }) => refused('stack-output', message, from))
  }
  const { host } = addressOf(service, { stack })
  const isThisMachine =
    host === 'localhost' || host.startsWith('127.') || host === '::1' || host === '0.0.0.0'
  const lookup = lookupIn(stack, service.ports)
  return [
    ...when(isThisMachine, () =>
      refused(
        'external',
        `service ${name}: in a cluster ${host} is the pod itself, not this machine`,
        at,
        cluster.target === 'docker-desktop'
          ? 'write host.docker.internal'
          : 'write an address of this machine that the nodes can reach',
      ),
    ),
    ...when(isIP(host) === 0 && !hostName.test(host), () =>
      refused('external', `service ${name}: \`${host}\` is neither a host name nor an address`, at),
    ),
    ...[...external.ports].flatMap(([port, text]) => {
      const number = Number(renderText(text, lookup))
      return when(!Number.isInteger(number) || number < 1 || number > 65_535, () =>
        refused('external', `service ${name}: port ${port} is no number from 1 to 65535`, text.from),
      )
    }),
  ]
}

/** What an Ingress cannot say, or what only some controllers understand (S82, S149). */
export function routeFindings(route: Route, stack: ResolvedStack, { abilities }: ClusterFacts): Diagnostic[] {
  const { name, host, path, to, bodySize, headers, from } = route
  const service = stack.services.get(to.service)
  const isNginx = abilities.ingressClass === 'nginx'
  const isReached = service?.external !== undefined || service?.expose.get(to.port)?.kind !== 'none'
  return [
    ...when(abilities.ingressClass === undefined && abilities.ingress === undefined, () =>
      ignored(
        'ingress',
        `route ${name}: nothing says that this cluster has an ingress controller`,
        from,
        'install one and name its class: kubernetes: { capabilities: { ingress: nginx } }',
      ),
    ),
    ...when(bodySize !== undefined && !isNginx, () =>
      ignored('body-size', `route ${name}: only ingress-nginx keeps to \`body-size\``, from),
    ),
    ...when(headers.size > 0, () =>
      ignored('headers', `route ${name}: an Ingress sets no headers`, from, 'let the service set them'),
    ),
    ...when(host !== undefined && (isIP(host) !== 0 || host.includes(':')), () =>
      refused('route', `route ${name}: the host of an Ingress is a name without a port`, from),
    ),
    ...when(!path.startsWith('/'), () =>
      refused('route', `route ${name}: a path begins with a slash`, from, `write path: /${path}`),
    ),
    ...when(service?.workload === 'cron' || !isReached, () =>
      refused('route', `route ${name}: ${to.service} lets nobody reach its port ${to.port}`, from),
    ),
  ]
}
