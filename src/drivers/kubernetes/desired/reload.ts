import type { Service } from '../../../resolve/resolved.ts'
import { configsInEnvironment } from '../../consumer.ts'
import { secretsInEnvironment } from '../../inner-environment.ts'
import type { DesiredContext } from './context.ts'

/**
 * Parts that running pods see change by themselves and that the program reads again when it is told to (`reload: signal:…`).
 * Variables never change in a running program, and a file mounted beside its neighbours keeps the content it started with.
 */
export function reloadedParts(
  members: readonly Service[],
  { stack, facts }: DesiredContext,
): ReadonlySet<string> {
  const mayReload = new Set<string>()
  const mustRestart = new Set<string>()
  for (const service of members) {
    const target = service.reload.kind === 'signal' ? mayReload : mustRestart
    for (const mount of service.mounts) {
      const isFile = (mount.kind === 'config' || mount.kind === 'secret') && mount.key !== undefined
      const names = isFile ? mustRestart : target
      if (mount.kind === 'cert') names.add(`cert ${mount.cert}`)
      if (mount.kind === 'secret') names.add(`secret ${mount.secret}`)
      if (mount.kind === 'config') {
        names.add(`config ${mount.config}`)
        for (const { secrets } of facts.configs.get(mount.config)?.files ?? [])
          for (const { secret } of secrets) names.add(`secret ${secret}`)
      }
    }
    const consumer = { kind: 'service', service } as const
    for (const { secret } of secretsInEnvironment(consumer, stack, facts)) mustRestart.add(`secret ${secret}`)
    for (const [config] of configsInEnvironment(consumer)) mustRestart.add(`config ${config}`)
  }
  return new Set([...mayReload].filter((name) => !mustRestart.has(name)))
}
