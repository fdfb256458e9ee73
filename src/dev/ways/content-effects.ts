import { matchGlob, parseGlob } from '../../images/context/glob.ts'
import type { ConfigSource, Job, ResolvedStack, Service } from '../../resolve/resolved.ts'
import { configsOf } from '../../resolve/checks/consumers.ts'
import type { Effect, Subject } from './effects.ts'
import { inside } from './paths.ts'

/** Files of configs and secrets: whoever reads them restarts, or gets the signal of `reload`. */
export function contentEffects({ stack }: Subject, path: string): Effect[] {
  const configs = [...stack.configs.values()].flatMap(({ name, sources }) => {
    const source = sources.find((each) => isMadeFrom(each, path))
    if (!source) return []
    return effectsFor(stack, `config ${name} is made from it`, source.from, (owner) =>
      configsOf(owner).has(name),
    )
  })
  const secrets = [...stack.secrets.values()].flatMap(({ name, keys }) =>
    [...keys.values()].flatMap(({ source, from }) =>
      source.kind === 'file' && source.path === path
        ? effectsFor(stack, `secret ${name} is read from it`, from, (owner) => readsSecret(owner, name))
        : [],
    ),
  )
  return [...configs, ...secrets]
}

function isMadeFrom(source: ConfigSource, path: string): boolean {
  if (source.kind === 'literal') return false
  const pattern = source.kind === 'template' ? source.pattern : source.path
  if (!/[*?]/.test(pattern)) return inside(path, pattern) !== undefined
  const [globbed = '', plain = ''] = [pattern, path].map((each) =>
    each.replaceAll('\\', '/').replace(/^\//, ''),
  )
  const glob = parseGlob(globbed, 'patternmatcher')
  return glob !== undefined && matchGlob(glob, plain).matches
}

/** One effect for each manner of taking a change; a job takes it with its next run. */
function effectsFor(
  stack: ResolvedStack,
  rule: string,
  span: Effect['span'],
  isReader: (owner: Service | Job) => boolean,
): Effect[] {
  const services = [...stack.services.values()].filter(isReader)
  const jobs = [...stack.jobs.values()].filter(isReader)
  const effect = (resource: string, what: string): Effect => ({
    cost: 'reload',
    resources: [resource],
    rule: `${rule}; ${what}`,
    span,
    way: undefined,
  })
  const found = [
    ...services.map(({ name, reload }) =>
      effect(
        `service/${name}`,
        reload.kind === 'signal' ? `its readers get ${reload.signal}` : 'its readers restart',
      ),
    ),
    ...jobs.map(({ name }) => effect(`job/${name}`, 'it is another job then and runs again')),
  ]
  const ignored: Effect = {
    cost: 'ignored',
    resources: [],
    rule: `${rule}, which nothing reads`,
    span,
    way: undefined,
  }
  return found.length > 0 ? found : [ignored]
}

function readsSecret(owner: Service | Job, name: string): boolean {
  return (
    owner.mounts.some((mount) => mount.kind === 'secret' && mount.secret === name) ||
    owner.envFrom.some((from) => from.kind === 'secret' && from.name === name) ||
    [...owner.env.values()].some((value) => value.kind === 'secret' && value.secret === name)
  )
}
