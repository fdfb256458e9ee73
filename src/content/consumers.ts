import type { Facts } from '../drivers/facts.ts'
import { configsOf, usedTexts } from '../resolve/checks/consumers.ts'
import type { EnvValue, Job, ResolvedStack, SecretKey, Service } from '../resolve/resolved.ts'
import { referencesOf } from '../resolve/text.ts'

/**
 * Every secret that something of the stack reads, each key once: by environment, mount, build or reference, in templates too.
 * What only stays declared (the password of a database that is external in this profile) is not among them, so nobody is asked
 * for it. Keys that do not exist are left out.
 */
export function secretsUsed(stack: ResolvedStack, configs: Facts['configs']): SecretKey[] {
  const units: (Service | Job)[] = [...stack.services.values(), ...stack.jobs.values()]
  const all = [
    ...units.flatMap((unit) => secretsOfUnit(stack, configs, unit)),
    ...[...stack.images.values()].flatMap(({ secrets }) => [...secrets.values()]),
    ...stack.smoke.flatMap(({ check }) => (check.kind === 'run' ? secretsOfEnvironment(check.env) : [])),
    ...stack.smoke.flatMap(({ check }) =>
      check.kind === 'run' && check.process ? secretsOfEnvironment(check.process.env) : [],
    ),
    ...[...usedTexts(stack)].flatMap(({ text }) =>
      referencesOf(text).flatMap((each) => (each.kind === 'secret' ? [each] : [])),
    ),
  ]
  const unique = new Map<string, SecretKey>()
  for (const { secret, key } of all) {
    if (stack.secrets.get(secret)?.keys.has(key) === true) unique.set(`${secret}/${key}`, { secret, key })
  }
  return [...unique.values()]
}

function secretsOfUnit(stack: ResolvedStack, configs: Facts['configs'], unit: Service | Job): SecretKey[] {
  const all = (secret: string, keys?: readonly string[]): SecretKey[] =>
    (keys ?? [...(stack.secrets.get(secret)?.keys.keys() ?? [])]).map((key) => ({ secret, key }))
  const inits = 'init' in unit ? unit.init : []
  return [
    ...[unit, ...inits].flatMap(({ env, process }) => [
      ...secretsOfEnvironment(env),
      ...(process ? secretsOfEnvironment(process.env) : []),
    ]),
    ...unit.envFrom.flatMap(({ kind, name }) => (kind === 'secret' ? all(name) : [])),
    ...unit.mounts.flatMap((mount) =>
      mount.kind === 'secret' ? all(mount.secret, mount.key === undefined ? mount.keys : [mount.key]) : [],
    ),
    ...[...configsOf(unit)].flatMap(
      (name) => configs.get(name)?.files.flatMap(({ secrets }) => secrets) ?? [],
    ),
  ]
}

function secretsOfEnvironment(env: ReadonlyMap<string, EnvValue>): SecretKey[] {
  return [...env.values()].flatMap((value) =>
    value.kind === 'secret' ? [{ secret: value.secret, key: value.key }] : [],
  )
}

/** Every certificate that is mounted or used by a smoke test. */
export function certsUsed(stack: ResolvedStack): string[] {
  const units: (Service | Job)[] = [...stack.services.values(), ...stack.jobs.values()]
  const mounted = units.flatMap(({ mounts }) =>
    mounts.flatMap((mount) => (mount.kind === 'cert' ? [mount.cert] : [])),
  )
  const trusted = stack.smoke.flatMap(({ check }) =>
    check.kind === 'http'
      ? check.steps.flatMap(({ tls }) => [tls.ca ?? [], tls.client?.cert ?? []].flat())
      : [],
  )
  return [...new Set([...mounted, ...trusted])].filter((name) => stack.certs.has(name))
}
