import { errorAt, type Span } from '../diagnostics.ts'
import { parseExposure, parseServiceUrl, parseTarget } from '../language/values.ts'
import { hasReference } from '../schema/describe.ts'
import { entriesOf, hasPort, isDeclared, type CheckContext, type ServiceToCheck } from './context.ts'

/** Ports must exist where they are exposed, routed to, probed or tested, and a port of this machine serves one service. */
export function checkExposure(context: CheckContext): void {
  const taken = new Map<string, { readonly owner: string; readonly at: Span | undefined }>()
  for (const [name, service] of entriesOf(context.value.services)) {
    for (const [port, written] of entriesOf(service.expose)) {
      const at = service.expose && context.spanOf(service.expose, port)
      hasPort(context, name, port, service.expose && context.keySpanOf(service.expose, port))
      if (!hasReference(written)) checkHostPort(context, taken, name, service, port, written, at)
    }
    checkProbes(context, name, service)
  }
  checkRoutes(context)
  checkSmoke(context)
}

function checkHostPort(
  context: CheckContext,
  taken: Map<string, { readonly owner: string; readonly at: Span | undefined }>,
  name: string,
  service: ServiceToCheck,
  portName: string,
  written: string,
  at: Span | undefined,
): void {
  const exposure = parseExposure(written)
  if (!('port' in exposure)) return
  const { kind, port } = exposure
  if (port < 1 || port > 65_535) {
    context.add(errorAt('check/port-range', `${String(port)} is not a port`, at, 'ports go from 1 to 65535'))
    return
  }
  const protocol = service.ports?.get(portName)?.protocol ?? 'tcp'
  // `local` and `load-balancer` both take a port of this machine on local targets; a node port lies in a range of its own.
  const slot = `${kind === 'node' ? 'node' : 'host'}/${String(port)}/${protocol}`
  const owner = `${name}:${portName}`
  const first = taken.get(slot)
  if (!first) {
    taken.set(slot, { owner, at })
    return
  }
  context.add({
    ...errorAt(
      'check/duplicate-port',
      `port ${String(port)} is already taken by \`${first.owner}\``,
      at,
      'choose another, or leave the number out and let the target choose',
    ),
    ...(first.at && { related: [{ span: first.at, message: `\`${first.owner}\` is exposed here` }] }),
  })
}

function checkProbes(context: CheckContext, name: string, service: ServiceToCheck): void {
  const { health } = service
  if (!health || service.external) return
  const refinements = [health.readiness, health.liveness, health.startup].filter(
    (each) => typeof each === 'object',
  )
  for (const probe of [health, ...refinements]) {
    for (const key of ['port', 'tcp', 'grpc'] as const) {
      const port = probe[key]
      if (port !== undefined) hasPort(context, name, port, context.spanOf(probe, key))
    }
    if (
      probe.http === undefined ||
      probe.port !== undefined ||
      health.port !== undefined ||
      service.ports?.size === 1
    )
      continue
    const many = (service.ports?.size ?? 0) > 1
    const message = `the http check of \`${name}\` does not say which port`
    const hint = many
      ? `add \`port\`: ${[...(service.ports?.keys() ?? [])].join(', ')}`
      : 'declare it under `ports`'
    context.add(errorAt('check/health-port', message, context.spanOf(probe, 'http'), hint))
  }
}

function checkRoutes(context: CheckContext): void {
  const seen = new Map<string, { readonly name: string; readonly at: Span | undefined }>()
  const { routes } = context.value
  for (const [name, route] of entriesOf(routes)) {
    const at = context.spanOf(route, 'to')
    checkTarget(context, route.to, at)
    const address = `${route.host ?? '*'}${route.path ?? '/'}`
    const here = routes && context.keySpanOf(routes, name)
    const first = seen.get(address)
    if (first) {
      context.add({
        ...errorAt(
          'check/duplicate-route',
          `routes \`${first.name}\` and \`${name}\` both answer ${address}`,
          here,
        ),
        ...(first.at && { related: [{ span: first.at, message: `\`${first.name}\` is here` }] }),
      })
    }
    seen.set(address, { name, at: here })
  }
}

function checkTarget(context: CheckContext, written: string, at: Span | undefined): void {
  const target = hasReference(written) ? undefined : parseTarget(written)
  if (target && isDeclared(context, 'services', target.service, at))
    hasPort(context, target.service, target.port, at)
}

function checkSmoke(context: CheckContext): void {
  for (const [, check] of entriesOf(context.value.smoke)) {
    if (check.tcp !== undefined) checkTarget(context, check.tcp, context.spanOf(check, 'tcp'))
    if (check.exec) isDeclared(context, 'services', check.exec.service, context.spanOf(check.exec, 'service'))
    if (check.run?.target !== undefined)
      isDeclared(context, 'images', check.run.image, context.spanOf(check.run, 'image'))
    for (const step of check.http ?? []) {
      for (const key of ['get', 'post', 'put', 'patch', 'delete', 'head', 'url'] as const) {
        const written = step[key]
        if (written === undefined) continue
        const at = context.spanOf(step, key)
        const url = written.startsWith('${') ? undefined : parseServiceUrl(written)
        if (url && isDeclared(context, 'services', url.service, at))
          hasPort(context, url.service, url.port, at)
        else if (!url && !/^(?:https?:\/\/|\$\{)/.test(written)) {
          context.add(errorAt('check/url', `\`${written}\` is neither \`service:port/path\` nor a URL`, at))
        }
      }
      if (step.tls?.ca !== undefined)
        isDeclared(context, 'certs', step.tls.ca, context.spanOf(step.tls, 'ca'))
      if (step.tls?.client)
        isDeclared(context, 'certs', step.tls.client.cert, context.spanOf(step.tls.client, 'cert'))
    }
  }
}
