import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import type { ResolvedStack } from '../resolved.ts'

type Stack = Pick<ResolvedStack, 'services' | 'routes' | 'gateway' | 'profile'>

/** Where routes are served by a gateway of ours, it takes a port of this machine like any service does. */
export function checkGateway(stack: Stack): Diagnostic[] {
  const { target } = stack.profile
  if (stack.routes.size === 0 || (target !== 'compose' && target !== 'process')) return []
  const [route] = stack.routes.values()
  return [...stack.services.values()].flatMap((service) =>
    [...service.expose].flatMap(([name, exposure]) => {
      const isOfThisMachine = exposure.kind === 'local' || exposure.kind === 'load-balancer'
      const isTcp = service.ports.get(name)?.protocol === 'tcp'
      if (!isOfThisMachine || !isTcp || exposure.port !== stack.gateway.port) return []
      const message = `port ${stack.gateway.port} is taken by the gateway, which serves the routes`
      const hint = `choose another, or move the gateway in a profile: \`compose: { gateway: { port: … } }\``
      const finding = errorAt('expose/gateway-port', message, exposure.from, hint)
      return [
        { ...finding, ...(route && { related: [{ span: route.from, message: `route ${route.name}` }] }) },
      ]
    }),
  )
}
