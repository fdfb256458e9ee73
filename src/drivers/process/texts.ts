import type { Check, Health, Init, Service } from '../../resolve/resolved.ts'
import type { Text } from '../../resolve/text.ts'
import type { Facts } from '../facts.ts'
import type { JobLike } from './options.ts'

type Declares = Pick<Init, 'env' | 'process'>

/** Every text that a service or job hands to a program of its own: command lines, environment, probes, mounted templates. */
export function textsOf(unit: Service | JobLike, configs: Facts['configs']): Text[] {
  const isService = 'ports' in unit
  const declared: Declares[] = [unit, ...(isService ? unit.init : [])]
  const mounted = unit.mounts.flatMap((mount) => (mount.kind === 'config' ? [mount.config] : []))
  const read = unit.envFrom.flatMap(({ kind, name }) => (kind === 'config' ? [name] : []))
  return [
    ...declared.flatMap((each) => [...commandOf(each), ...textsOfEnvironment(each)]),
    ...(isService && unit.health ? textsOfHealth(unit.health) : []),
    ...[...mounted, ...read].flatMap((name) => textsOfConfig(name, configs)),
  ]
}

export function commandOf({ process }: Pick<Init, 'process'>): readonly Text[] {
  if (!process) return []
  return Array.isArray(process.run) ? (process.run as readonly Text[]) : [process.run as Text]
}

function textsOfEnvironment({ env, process }: Declares): Text[] {
  return [...env.values(), ...(process?.env.values() ?? [])].flatMap((value) =>
    value.kind === 'text' ? [value.text] : [],
  )
}

function textsOfHealth(health: Health): Text[] {
  const checks: Check[] = [health.readiness, health.liveness, health.startup].flatMap(
    (probe) => probe?.check ?? [],
  )
  return checks.flatMap((check) => (check.kind === 'exec' ? check.command : []))
}

export function textsOfConfig(name: string, configs: Facts['configs']): Text[] {
  return (configs.get(name)?.files ?? []).flatMap(({ content }) =>
    content.kind === 'text' ? [content.text] : [],
  )
}
