import type { Endpoint } from '../drivers/driver.ts'
import type { Opened } from './opened.ts'

export interface ServiceUrl {
  readonly service: string
  readonly port: string
  readonly url: string
}

/** Where the exposed ports answer from this machine. A port whose health check speaks https, or that is called so, is https. */
export async function urlsOf(opened: Opened): Promise<ServiceUrl[]> {
  const { driver } = opened
  const standing = (service: string, port: string): Promise<Endpoint | undefined> =>
    driver.standing ? driver.standing(service, port) : driver.endpoint(service, port)
  const urls: ServiceUrl[] = []
  for (const service of opened.stack.services.values()) {
    for (const [port, exposure] of service.expose) {
      if (exposure.kind === 'none' || exposure.kind === 'internal') continue
      const endpoint = await standing(service.name, port)
      if (endpoint)
        urls.push({
          service: service.name,
          port,
          url: urlFor(opened, service.name, port, endpoint),
        })
    }
  }
  for (const route of opened.stack.routes.values()) {
    const gateway = await standing('gateway', 'http')
    if (gateway)
      urls.push({
        service: route.to.service,
        port: `route ${route.name}`,
        url: `http://${route.host ?? 'localhost'}:${gateway.port}${route.path}`,
      })
  }
  return urls
}

/** The address of a port for people. */
export function urlFor(opened: Opened, service: string, name: string, { host, port }: Endpoint): string {
  return `${schemeOf(opened, service, name)}://${host === '127.0.0.1' ? 'localhost' : host}:${port}`
}

function schemeOf(opened: Opened, service: string, port: string): string {
  const check = opened.stack.services.get(service)?.health?.readiness.check
  if (check?.kind === 'http' && check.port === port) return check.scheme
  if (port.startsWith('https') || port.endsWith('https')) return 'https'
  return port.includes('http') || port === 'web' || port === 'metrics' ? 'http' : 'tcp'
}
