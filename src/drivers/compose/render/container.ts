import type { ContainerSpec, HealthcheckSpec, HostConfig } from '../../../platform/engine/container-spec.ts'
import { duration } from './values.ts'
import type { Yaml } from '../../yaml-text.ts'

/** What of a container's body Compose has a key for. Mounts and networks are told by the stack instead. */
export function containerKeys(
  body: ContainerSpec,
  environment: ReadonlyMap<string, string>,
): Record<string, Yaml> {
  const host = body.HostConfig ?? {}
  return present({
    image: body.Image,
    entrypoint: body.Entrypoint,
    command: body.Cmd,
    working_dir: body.WorkingDir,
    environment: environment.size > 0 ? Object.fromEntries(environment) : undefined,
    user: body.User,
    group_add: host.GroupAdd,
    hostname: body.Hostname,
    tty: body.Tty,
    stdin_open: body.OpenStdin,
    ports: portsOf(host),
    healthcheck: body.Healthcheck && healthOf(body.Healthcheck),
    read_only: host.ReadonlyRootfs,
    privileged: host.Privileged,
    cap_add: host.CapAdd,
    cap_drop: host.CapDrop,
    stop_signal: body.StopSignal,
    stop_grace_period: body.StopTimeout === undefined ? undefined : `${body.StopTimeout}s`,
    restart: host.RestartPolicy?.Name,
    cpus: host.NanoCpus === undefined ? undefined : host.NanoCpus / 1e9,
    cpu_shares: host.CpuShares,
    mem_limit: host.Memory === undefined ? undefined : `${host.Memory}b`,
    mem_reservation: host.MemoryReservation === undefined ? undefined : `${host.MemoryReservation}b`,
  })
}

/** Ports that the engine chooses serve our own checks, and mean nothing to Compose. */
function portsOf({ PortBindings = {} }: HostConfig): Yaml | undefined {
  const ports = Object.entries(PortBindings).flatMap(([inner, bindings]) =>
    bindings.flatMap(({ HostIp = '', HostPort = '' }) =>
      HostPort === '' ? [] : [`${HostIp}:${HostPort}:${inner}`],
    ),
  )
  return ports.length > 0 ? ports : undefined
}

function healthOf({ Test, Interval, Timeout, Retries, StartPeriod }: HealthcheckSpec): Yaml {
  if (Test[0] === 'NONE') return { disable: true }
  return present({
    test: Test,
    interval: duration(Interval),
    timeout: duration(Timeout),
    retries: Retries,
    start_period: duration(StartPeriod),
  })
}

function present(record: Readonly<Record<string, Yaml | undefined>>): Record<string, Yaml> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, Yaml] => entry[1] !== undefined),
  )
}
