import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../stack/schema/suggest.ts'
import type { ResolvedStack, Service } from '../resolved.ts'
import { referenceAsWritten, referencesOf, type Reference, type Text } from '../text.ts'
import { consumerOf, readsFile, usedTexts, type UsedText } from './consumers.ts'

type Stack = Omit<ResolvedStack, 'warnings'>

/** Every reference must name what is there, in a place where it means something. */
export function checkReferences(stack: Stack): Diagnostic[] {
  const seen = new Set<Text>()
  return [...usedTexts(stack)].flatMap((used) => {
    const isFirst = !seen.has(used.text)
    seen.add(used.text)
    // A literal of a config has many readers; what does not depend on the reader is said once.
    return isFirst || used.use === 'file' ? problemsOf(stack, used, isFirst) : []
  })
}

/** The same for a template file and one of those who mount its config; nothing where it mounts only other files of it. */
export function checkTemplateReferences(stack: Stack, text: Text, reader: string): Diagnostic[] {
  const unit = stack.services.get(reader) ?? stack.jobs.get(reader)
  if (!unit || !readsFile(unit, text.from.file)) return []
  return problemsOf(stack, { text, use: 'file', consumer: consumerOf(unit) }, true)
}

function problemsOf(stack: Stack, used: UsedText, isFirst: boolean): Diagnostic[] {
  return referencesOf(used.text).flatMap((reference) => {
    const dependsOnReader = reference.kind === 'self-port' || reference.kind === 'mount'
    const problem = isFirst || dependsOnReader ? problemOf(stack, used, reference) : undefined
    if (!problem) return []
    const written = `\${${referenceAsWritten(reference)}}`
    return [
      errorAt(`reference/${problem.code}`, `${written}: ${problem.message}`, reference.from, problem.hint),
    ]
  })
}

interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

function problemOf(stack: Stack, used: UsedText, reference: Reference): Problem | undefined {
  switch (reference.kind) {
    case 'service-host':
      return serviceProblem(stack, reference.service)
    case 'service-port':
      return serviceProblem(stack, reference.service) ?? portProblem(stack, reference.service, reference.port)
    case 'url':
      return (
        serviceProblem(stack, reference.service) ??
        portProblem(stack, reference.service, reference.port) ??
        exposureProblem(stack, used, reference.service, reference.port)
      )
    case 'self-port':
      return selfProblem(used, reference.port)
    case 'mount':
      return mountProblem(used, reference.path)
    case 'secret':
      return secretProblem(stack, used, reference.secret, reference.key)
    case 'capture':
      return captureProblem(used, reference.name)
    case 'stack-output':
      return stackProblem(stack, reference.stack)
    default:
      return reference satisfies never
  }
}

function serviceProblem(stack: Stack, name: string): Problem | undefined {
  if (stack.services.has(name)) return undefined
  return {
    code: 'service',
    message: `there is no service \`${name}\``,
    ...hintFrom(name, stack.services.keys(), 'declare it under `services`'),
  }
}

function portProblem(stack: Stack, name: string, port: string): Problem | undefined {
  const service = stack.services.get(name)
  const ports = service ? portsOf(service) : []
  if (ports.includes(port)) return undefined
  const known = ports.length === 0 ? 'it declares no ports' : `its ports are ${ports.join(', ')}`
  return { code: 'port', message: `${name} has no port ${port}`, ...hintFrom(port, ports, known) }
}

function portsOf(service: Service): string[] {
  return [...new Set([...service.ports.keys(), ...(service.external?.ports.keys() ?? [])])]
}

/** From this machine only an exposed port answers; on the process target every port is one of this machine. */
function exposureProblem(stack: Stack, used: UsedText, name: string, port: string): Problem | undefined {
  const isOutside = used.use === 'notes' || used.use === 'request'
  const service = stack.services.get(name)
  if (!isOutside || stack.profile.target === 'process' || !service || service.external) return undefined
  const kind = service.expose.get(port)?.kind
  const isRouted = [...stack.routes.values()].some(({ to }) => to.service === name && to.port === port)
  if (isRouted || (kind !== 'none' && kind !== 'internal')) return undefined
  return {
    code: 'exposure',
    message: `${name}:${port} cannot be reached from this machine`,
    hint: `expose it: \`services: { ${name}: { expose: { ${port}: local } } }\``,
  }
}

function selfProblem({ consumer }: UsedText, port: string): Problem | undefined {
  if (!consumer.ports)
    return {
      code: 'self',
      message: `a ${consumer.kind} has no ports of its own`,
      hint: 'write ${service.NAME.port.PORT}',
    }
  if (consumer.ports.has(port)) return undefined
  return {
    code: 'port',
    message: `${consumer.name} has no port ${port}`,
    ...hintFrom(port, consumer.ports.keys(), 'declare it under `ports`'),
  }
}

function mountProblem({ consumer }: UsedText, path: string): Problem | undefined {
  const isMounted = consumer.mounts.some(
    (mount) => path === mount.path || path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`),
  )
  if (isMounted) return undefined
  const paths = consumer.mounts.map((mount) => mount.path)
  const known = paths.length === 0 ? 'it has no mounts' : `its mounts are ${paths.join(', ')}`
  return { code: 'mount', message: `${consumer.name} mounts nothing there`, ...hintFrom(path, paths, known) }
}

function secretProblem(stack: Stack, used: UsedText, name: string, key: string): Problem | undefined {
  const secret = stack.secrets.get(name)
  if (!secret)
    return {
      code: 'secret',
      message: `there is no secret ${name}`,
      ...hintFrom(name, stack.secrets.keys(), 'declare it under `secrets`'),
    }
  if (!secret.keys.has(key)) {
    return {
      code: 'secret',
      message: `secret ${name} has no key ${key}`,
      ...hintFrom(key, secret.keys.keys(), `it has ${[...secret.keys.keys()].join(', ')}`),
    }
  }
  switch (used.use) {
    case 'argument':
      return {
        code: 'secret-shown',
        message: 'arguments are shown in the process list',
        hint: 'mount the secret as a file, or pass it by `env`',
      }
    case 'notes':
      return { code: 'secret-shown', message: 'notes are printed' }
    case 'address':
      return { code: 'secret-shown', message: 'addresses are shown' }
    case 'environment':
    case 'file':
    case 'request':
      return undefined
    default:
      return used.use satisfies never
  }
}

function captureProblem({ captures }: UsedText, name: string): Problem | undefined {
  if (captures?.has(name) === true) return undefined
  if (!captures) return { code: 'capture', message: 'captures exist only in the steps of an http smoke test' }
  const known =
    captures.size === 0
      ? 'an earlier step must capture it: `capture: { NAME: $.path }`'
      : `captured so far: ${[...captures].join(', ')}`
  return { code: 'capture', message: `no earlier step captures ${name}`, ...hintFrom(name, captures, known) }
}

function stackProblem(stack: Stack, name: string): Problem | undefined {
  const declared = stack.settings.get('stacks')?.value
  const names = declared instanceof Map ? [...(declared as ReadonlyMap<string, unknown>).keys()] : []
  if (names.includes(name)) return undefined
  return {
    code: 'stack',
    message: `there is no CloudFormation stack ${name}`,
    ...hintFrom(name, names, 'declare it under `stacks` of the profile'),
  }
}

function hintFrom(word: string, candidates: Iterable<string>, otherwise: string): { readonly hint: string } {
  const near = nearest(word, candidates)
  return { hint: near === undefined ? otherwise : didYouMean(near) }
}
