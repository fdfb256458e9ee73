import { defaults } from '../../stack/language/defaults.ts'
import type { health as healthSchema } from '../../stack/language/health.ts'
import type { Infer } from '../../stack/schema/types.ts'
import type { Check, Health, Port, Probe } from '../resolved.ts'
import { defaultDuration, stringsOf, type Reading } from './reading.ts'
import { portNamed } from './ports.ts'

type HealthFile = Infer<typeof healthSchema>
type CheckFile = Pick<
  HealthFile,
  'http' | 'tcp' | 'exec' | 'grpc' | 'port' | 'scheme' | 'headers' | 'service'
>
type ProbeFile = CheckFile & Pick<HealthFile, 'every' | 'timeout' | 'retries'>

/** The ports that a check may name, and whose they are. */
export interface PortOwner {
  readonly name: string
  readonly ports: ReadonlyMap<string, Port>
}

/**
 * One block makes all probes: readiness as written, liveness the same check with three times the failures, startup the same
 * check for as long as the start may take. Each can be refined or, but for readiness, switched off.
 */
export function healthOf(
  reading: Reading,
  written: HealthFile | undefined,
  owner: PortOwner,
): Health | undefined {
  if (!written) return undefined
  const base: Rhythm = {
    every: written.every ?? defaultDuration(defaults.health.every),
    timeout: written.timeout ?? defaultDuration(defaults.health.timeout),
    retries: written.retries ?? defaults.health.retries,
  }
  const startPeriod = written.startPeriod ?? defaultDuration(defaults.health.startPeriod)
  const probe = (refined: ProbeFile | undefined, rhythm: Rhythm): Probe | undefined =>
    probeOf(reading, written, refined, rhythm, owner)
  const readiness = probe(written.readiness, base)
  if (!readiness) return undefined
  const liveness = { ...base, retries: base.retries * defaults.livenessPatience }
  const startup = {
    ...base,
    retries: Math.max(base.retries, Math.ceil(startPeriod / Math.max(1, base.every))),
  }
  return {
    readiness,
    liveness: written.liveness === false ? undefined : probe(refinement(written.liveness), liveness),
    startup:
      written.startup === false || startPeriod === 0
        ? undefined
        : probe(refinement(written.startup), startup),
    startPeriod,
    from: reading.at(written),
  }
}

type Rhythm = Pick<Probe, 'every' | 'timeout' | 'retries'>

function refinement(written: boolean | ProbeFile | undefined): ProbeFile | undefined {
  return typeof written === 'object' ? written : undefined
}

function probeOf(
  reading: Reading,
  base: HealthFile,
  refined: ProbeFile | undefined,
  rhythm: Rhythm,
  owner: PortOwner,
): Probe | undefined {
  const check = checkOf(reading, base, refined, owner)
  return (
    check && {
      check,
      every: refined?.every ?? rhythm.every,
      timeout: refined?.timeout ?? rhythm.timeout,
      retries: refined?.retries ?? rhythm.retries,
      from: reading.at(refined ?? base),
    }
  )
}

/** A refinement that names another check starts afresh; one that does not changes details of the same check. */
function checkOf(
  reading: Reading,
  base: HealthFile,
  refined: ProbeFile | undefined,
  owner: PortOwner,
): Check | undefined {
  const isOther = refined && (refined.http ?? refined.tcp ?? refined.exec ?? refined.grpc) !== undefined
  const written: CheckFile = isOther ? refined : { ...base, ...refined }
  const place = (key: string) => reading.at(refined && Object.hasOwn(refined, key) ? refined : base, key)
  if (written.http !== undefined) {
    const port = written.port ?? [...owner.ports.keys()][0] ?? ''
    return {
      kind: 'http',
      path: written.http.startsWith('/') ? written.http : `/${written.http}`,
      port: portNamed(reading, owner, port, place(written.port === undefined ? 'http' : 'port')),
      scheme: written.scheme ?? defaults.probe.scheme,
      headers: stringsOf(written.headers),
    }
  }
  if (written.tcp !== undefined)
    return { kind: 'tcp', port: portNamed(reading, owner, written.tcp, place('tcp')) }
  if (written.grpc !== undefined)
    return {
      kind: 'grpc',
      port: portNamed(reading, owner, written.grpc, place('grpc')),
      service: written.service,
    }
  return written.exec && { kind: 'exec', command: written.exec.map((each) => reading.textOf(each)) }
}
