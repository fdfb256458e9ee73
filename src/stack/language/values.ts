/** Readers of the scalars that say two things at once. They accept what the schema accepted. */

export type WrittenExposure =
  | { readonly kind: 'none' | 'internal' }
  /** Without a port the target chooses one and keeps it. */
  | { readonly kind: 'local' | 'node' | 'load-balancer'; readonly port?: number }
  | { readonly kind: 'route'; readonly host?: string; readonly path: string }

/** `internal`, `local:8000`, `todo.localhost/api`. */
export function parseExposure(text: string): WrittenExposure {
  const [, kind, digits] = /^(none|internal|local|node|load-balancer)(?::(\d+))?$/.exec(text) ?? []
  switch (kind) {
    case 'none':
    case 'internal':
      return { kind }
    case 'local':
    case 'node':
    case 'load-balancer':
      return { kind, ...(digits !== undefined && { port: Number(digits) }) }
    default: {
      const slash = text.indexOf('/')
      const host = slash === -1 ? text : text.slice(0, slash)
      return { kind: 'route', ...(host !== '' && { host }), path: slash === -1 ? '/' : text.slice(slash) }
    }
  }
}

/** `api:http` → the service and its port, by name or number. Undefined where it is not of that form. */
export function parseTarget(text: string): { readonly service: string; readonly port: string } | undefined {
  const [, service, port] = /^([a-z][a-z0-9-]*):([a-z0-9-]+)$/.exec(text) ?? []
  return service === undefined || port === undefined ? undefined : { service, port }
}

/** `api:http/healthz` of a smoke step. Undefined for a whole URL. */
export function parseServiceUrl(
  text: string,
): { readonly service: string; readonly port: string; readonly path: string } | undefined {
  const [, service, port, path] = /^([a-z][a-z0-9-]*):([a-z0-9-]+)((?:[/?].*)?)$/s.exec(text) ?? []
  if (service === undefined || port === undefined) return undefined
  return { service, port, path: path === undefined || path === '' ? '/' : path }
}
