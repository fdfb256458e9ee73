import { statfs } from 'node:fs/promises'
import { listNetworks } from '../platform/engine/networks.ts'
import type { EngineInfo } from '../platform/engine/system.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Found, and answers this user. Without it the compose target has nowhere to go. */
export function checkEngine({ engine, target }: Subject): Observation[] {
  // A setting that names no engine is told by `target/choice`.
  if (target.name !== 'compose' || target.error || engine === undefined) return []
  switch (engine.kind) {
    case 'absent':
      return [problem(engine.why, 'start Docker, or run without containers: --profile process')]
    case 'unusable':
      return [problem(engine.why.message, engine.why.hint)]
    case 'answers':
      return [ok(`the engine at ${engine.place} answers`)]
    default:
      return engine satisfies never
  }
}

/** The oldest whose API we speak. */
const oldestDocker = '20.10'

export async function checkDockerVersion(subject: Subject): Promise<Observation[]> {
  const engine = engineOf(subject)
  if (!engine) return []
  const { default: semver } = await import('semver')
  const { Version: text } = engine.version
  const version = semver.coerce(text)
  return version === null || semver.gte(version, `${oldestDocker}.0`)
    ? [ok(`Docker ${text}`)]
    : [problem(`Docker ${text} is too old`, `update Docker to ${oldestDocker} or newer`)]
}

/** Before API 1.45 (Docker 26.0) a part of a volume cannot be mounted: one file of a config beside its neighbours, a sub-path. */
const subPathsSince = '1.45'

export function checkApi(subject: Subject): Observation[] {
  const engine = engineOf(subject)
  if (!engine) return []
  const spoken = `Engine API ${engine.apiVersion} (theirs is ${engine.version.ApiVersion})`
  const users = isOlder(engine.apiVersion, subPathsSince) ? usersOfSubPaths(subject) : []
  if (users.length === 0) return [ok(spoken)]
  return [
    problem(
      `${spoken} cannot mount a part of a volume, which ${users.join(', ')} asks for`,
      'update Docker to 26.0 or newer, or mount the whole folder',
    ),
  ]
}

/** What keeps a few images with their build cache. */
const leastDisk = 5 * 2 ** 30

/** Only where the engine's files lie on this machine: Docker Desktop and remote engines keep theirs elsewhere. */
export async function checkDisk(subject: Subject): Promise<Observation[]> {
  const engine = engineOf(subject)
  if (!engine || engine.engine.endpoint.kind !== 'socket' || subject.platform !== 'linux') return []
  const { DockerRootDir: folder, OperatingSystem: system } = engine.info
  if (/docker desktop/i.test(system)) return []
  const usage = await statfs(folder).catch(() => undefined)
  if (!usage) return []
  const free = usage.bavail * usage.bsize
  const message = `${(free / 2 ** 30).toFixed(1)} GiB are free in ${folder}`
  return free >= leastDisk
    ? [ok(message)]
    : [warning(message, 'docker system df shows what takes it; docker builder prune frees the build cache')]
}

/** How many networks the engine's own pools hold (moby, `ipamutils`): 172.17.0.0/16 to 172.31.0.0/16, and 192.168.0.0/16 in /20. */
const usualPools = 31

/** Beyond its pools the engine gives no subnet; we then choose one in 10.213.0.0/16, other programs fail. */
export async function checkAddressPools(subject: Subject): Promise<Observation[]> {
  const engine = engineOf(subject)
  if (!engine) return []
  const room = roomOf(engine.info)
  const networks = await listNetworks(engine.engine, [])
  const used = networks.filter(
    ({ Driver, IPAM }) => Driver === 'bridge' && (IPAM.Config ?? []).length > 0,
  ).length
  const message = `${String(used)} of about ${String(room)} networks of the engine's address pools are in use`
  return used < room - 1
    ? [ok(message)]
    : [
        warning(
          message,
          'docker network prune removes unused ones; default-address-pools in daemon.json makes room for more',
        ),
      ]
}

function roomOf({ DefaultAddressPools: pools }: EngineInfo): number {
  if (!pools || pools.length === 0) return usualPools
  return pools.reduce((room, { Base, Size }) => room + 2 ** Math.max(0, Size - Number(Base.split('/')[1])), 0)
}

function usersOfSubPaths({ stack }: Subject): string[] {
  if (stack.kind !== 'valid') return []
  return [...stack.stack.services.values(), ...stack.stack.jobs.values()].flatMap(({ name, mounts }) => {
    const isPart = mounts.some(
      (mount) =>
        (mount.kind === 'volume' && mount.subPath !== undefined) ||
        ((mount.kind === 'config' || mount.kind === 'secret') && mount.key !== undefined),
    )
    return isPart ? [name] : []
  })
}

/** The engine, where it answers and the target is made of it. */
export function engineOf({ engine, target }: Subject) {
  return target.name === 'compose' && engine?.kind === 'answers' ? engine : undefined
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
