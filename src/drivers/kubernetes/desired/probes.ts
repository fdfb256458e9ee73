import type { Check, Health, Port, Probe } from '../../../resolve/resolved.ts'
import type { Lookup } from '../../inner-lookup.ts'
import { literals } from './literal.ts'
import { filled } from './objects.ts'
import { seconds } from './quantities.ts'

/**
 * One `health` as three probes (S69). Until the start has succeeded once the other two do not ask, so it is looked at as often as
 * Kubernetes can.
 */
export function probesOf(
  health: Health | undefined,
  ports: ReadonlyMap<string, Port>,
  lookup: Lookup,
): Record<string, unknown> {
  if (!health) return {}
  const { readiness, liveness, startup } = health
  return filled({
    readinessProbe: probeOf(readiness, ports, lookup),
    livenessProbe: liveness && probeOf(liveness, ports, lookup),
    startupProbe: startup && probeOf(impatient(startup, readiness), ports, lookup),
  })
}

/** The shortest time between two looks that Kubernetes knows, in milliseconds. */
const shortestPeriod = 1000

/** The same time in smaller steps, where the stack file says nothing of its own about the start. */
function impatient(startup: Probe, readiness: Probe): Probe {
  if (startup.every !== readiness.every || startup.every <= shortestPeriod) return startup
  const retries = Math.ceil((startup.every * startup.retries) / shortestPeriod)
  return { ...startup, every: shortestPeriod, retries }
}

function probeOf(probe: Probe, ports: ReadonlyMap<string, Port>, lookup: Lookup): Record<string, unknown> {
  const { check, every, timeout, retries } = probe
  // Steps of less than a second become whole ones; what counts is the time that failures may take together.
  const period = seconds(every)
  const failures = every < shortestPeriod ? Math.ceil((every * retries) / (period * 1000)) : retries
  return {
    ...actionOf(check, ports, lookup),
    periodSeconds: period,
    timeoutSeconds: seconds(timeout),
    failureThreshold: Math.max(1, failures),
  }
}

function actionOf(check: Check, ports: ReadonlyMap<string, Port>, lookup: Lookup): Record<string, unknown> {
  switch (check.kind) {
    case 'http':
      return {
        httpGet: filled({
          path: check.path,
          port: portOf(check.port, ports),
          scheme: check.scheme === 'https' ? 'HTTPS' : 'HTTP',
          httpHeaders: [...check.headers].map(([name, value]) => ({ name, value })),
        }),
      }
    case 'tcp':
      return { tcpSocket: { port: portOf(check.port, ports) } }
    case 'grpc': {
      const port = ports.get(check.port)?.port ?? Number(check.port)
      return { grpc: { port, service: check.service ?? '' } }
    }
    case 'exec':
      return { exec: { command: literals(check.command, lookup) } }
    default:
      return check satisfies never
  }
}

/** A name where the container has a port of it. */
function portOf(written: string, ports: ReadonlyMap<string, Port>): string | number {
  return ports.has(written) ? written : Number(written)
}
