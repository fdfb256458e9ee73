import { errorAt, warningAt, type Diagnostic } from '../../stack/diagnostics.ts'
import type { EnvValue, Init, Job, Mount, ResolvedStack, Service } from '../resolved.ts'
import { referencesOf, type Text } from '../text.ts'
import { configsOf, linesOf } from './consumers.ts'

type Stack = Pick<ResolvedStack, 'services' | 'jobs' | 'smoke' | 'configs'>

/** What the `process` target cannot do: it has no containers, so everything must say how it runs here, and mounts lie elsewhere. */
export function checkProcessTarget(stack: Stack): Diagnostic[] {
  return [
    ...[...stack.services.values()].flatMap((service) => [
      ...missingProcess('service', service),
      ...missingInit(service),
      ...sharedPort(stack, service),
      ...literalPaths(service),
    ]),
    ...[...stack.jobs.values()].flatMap((job) => [...missingProcess('job', job), ...literalPaths(job)]),
    ...missingInSmoke(stack),
  ]
}

function missingProcess(kind: 'service' | 'job', unit: Service | Job): Diagnostic[] {
  if (unit.process || ('external' in unit && unit.external)) return []
  const message = `${kind} ${unit.name} does not say how it runs without containers`
  const orExternal = kind === 'service' ? ', make it `external`' : ''
  const hint = `add \`process: { run: … }\`${orExternal}, or remove it in this profile: \`${kind}s: { ${unit.name}: null }\``
  return [errorAt('process/missing', message, unit.from, hint)]
}

function missingInit(service: Service): Diagnostic[] {
  if (!service.process) return []
  return service.init
    .filter((step: Init) => !step.process)
    .map((step) => {
      const message = `init step ${step.name} of ${service.name} does not say how it runs without containers`
      return errorAt(
        'process/missing',
        message,
        step.from,
        'add `process: { run: … }` to the step, or leave it out in this profile',
      )
    })
}

function missingInSmoke(stack: Stack): Diagnostic[] {
  return stack.smoke
    .filter(({ check }) => check.kind === 'run' && !check.process)
    .map(({ name, from }) => {
      const message = `smoke test ${name} does not say how it runs without containers`
      return errorAt(
        'process/missing',
        message,
        from,
        `add \`process: { run: … }\`, or remove it in this profile: \`smoke: { ${name}: null }\``,
      )
    })
}

/** Replicas of one machine cannot all listen on the same port. Templates are read later, so they get the benefit of the doubt. */
function sharedPort(stack: Stack, service: Service): Diagnostic[] {
  if (service.replicas < 2 || service.ports.size === 0 || !service.process) return []
  const texts = [...linesOf(service.process), ...textsIn(service.env), ...textsIn(service.process.env)]
  const asks = texts.some((text) => referencesOf(text).some((reference) => reference.kind === 'self-port'))
  const mayAskInTemplate = [...configsOf(service)].some((name) =>
    stack.configs
      .get(name)
      ?.sources.some((source) => source.kind === 'template' || source.kind === 'literal'),
  )
  if (asks || mayAskInTemplate) return []
  const port = [...service.ports.keys()][0] ?? ''
  const message = `${service.name} has ${service.replicas} replicas, and nothing tells each of them its own port`
  const hint = `pass \${self.port.${port}} to it, in \`process.run\` or \`process.env\`; or set \`replicas: 1\` in this profile`
  return [errorAt('process/replicas', message, service.at('replicas'), hint)]
}

/** `/etc/todo/api.yaml` is a path of the container; here the mount lies under the state folder. */
function literalPaths(unit: Service | Job): Diagnostic[] {
  if (!unit.process) return []
  const about = (path: string) =>
    `${path} exists only in containers; as a process, ${unit.name} finds the mount elsewhere`
  const commands = linesOf(unit.process).flatMap((text) =>
    mountsNamed(text, unit.mounts).map(({ path }) =>
      errorAt('process/mount-path', about(path), text.from, `write \${mount.${path}}`),
    ),
  )
  const values = [...unit.env.values(), ...unit.process.env.values()].flatMap((value) =>
    mountsNamed(value.kind === 'text' ? value.text : undefined, unit.mounts).map(({ path }) =>
      warningAt(
        'process/mount-path',
        about(path),
        value.from,
        `write \${mount.${path}}: on other targets it is the same path`,
      ),
    ),
  )
  return [...commands, ...values]
}

function textsIn(env: ReadonlyMap<string, EnvValue>): Text[] {
  return [...env.values()].flatMap((value) => (value.kind === 'text' ? [value.text] : []))
}

/** The mounts whose path stands in a text, whole or as the beginning of a path. */
function mountsNamed(text: Text | undefined, mounts: readonly Mount[]): Mount[] {
  return mounts.filter(({ path }) =>
    text?.parts.some((part) => typeof part === 'string' && hasPath(part, path)),
  )
}

function hasPath(text: string, path: string): boolean {
  for (let index = text.indexOf(path); index !== -1; index = text.indexOf(path, index + 1)) {
    const before = text[index - 1] ?? ' '
    const after = text[index + path.length] ?? ' '
    if (/[\s"'=:,;(]/.test(before) && /[\s"'/:,;)]/.test(after)) return true
  }
  return false
}
