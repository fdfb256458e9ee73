import type { Facts } from '../../drivers/facts.ts'
import type { ResolvedStack, Service } from '../../resolve/resolved.ts'
import { textAsWritten } from '../../resolve/text.ts'
import { rule, type Finding, type Rule } from '../finding.ts'
import { holdsPrivateKey, looksSecret, secretLineIn } from './secret-words.ts'

/** Rules for what the stack file says. */
export const stackRules = {
  secretByEnv: rule('ST001', 'secret-by-env', 'INFO', 'Secrets reach programs as files.'),
  buildArg: rule('ST002', 'secret-build-arg', 'CRITICAL', 'No build argument is a secret.'),
  entrypoint: rule('ST003', 'entrypoint-bypassed', 'INFO', 'The entrypoint of an image runs.'),
  resources: rule('ST004', 'resources', 'WARNING', 'A service says how much memory it may take.'),
  literalSecret: rule('ST005', 'literal-secret', 'CRITICAL', 'No secret is written in the stack file.'),
  health: rule('ST006', 'health', 'WARNING', 'A service that others reach says when it is ready.'),
  secretInConfig: rule('ST007', 'secret-in-config', 'CRITICAL', 'Secrets are under `secrets`.'),
} as const satisfies Record<string, Rule>

/** What is wrong with the stack itself. What the rules for Kubernetes objects say better is left to them. */
export function lintStack(stack: ResolvedStack, facts: Facts): Finding[] {
  const isKubernetes = !['process', 'compose'].includes(stack.profile.target)
  const services = [...stack.services.values()].filter(({ external }) => !external)
  return [
    ...services.flatMap((service) => [
      ...lintEnvironment('service', service),
      ...lintEntrypoint(service, facts),
      ...(isKubernetes ? [] : [...lintResources(service), ...lintHealth(service)]),
    ]),
    ...[...stack.jobs.values()].flatMap((job) => lintEnvironment('job', job)),
    ...lintBuildArguments(stack),
    ...lintConfigs(stack, facts),
  ]
}

function lintEnvironment(kind: 'service' | 'job', { name, env }: Pick<Service, 'name' | 'env'>): Finding[] {
  return [...env].flatMap(([variable, value]): Finding[] => {
    const subject = `${kind} ${name}`
    if (value.kind === 'secret') {
      const message = `${variable} is a secret in the environment, which every child process and crash report sees`
      const hint = `mount it: \`mounts: { /run/secrets/${value.secret}: { secret: ${value.secret} } }\``
      return [{ rule: stackRules.secretByEnv, subject, message, hint, span: value.from }]
    }
    if (value.kind !== 'text' || !looksSecret(variable)) return []
    const isLiteral = value.text.parts.every((part) => typeof part === 'string')
    if (!isLiteral || textAsWritten(value.text) === '') return []
    const message = `the value of ${variable} is in the stack file, for everybody to read`
    const hint = `write \`${variable}: { secret: NAME, key: KEY }\`, and say under \`secrets\` where it comes from`
    return [{ rule: stackRules.literalSecret, subject, message, hint, span: value.from }]
  })
}

function lintEntrypoint(service: Service, facts: Facts): Finding[] {
  if (!service.entrypoint || service.image?.kind !== 'built') return []
  const own = facts.images.get(service.image.image)?.defaults.entrypoint
  if (!own || own.length === 0) return []
  const message = `${own.join(' ')} of the image does not run, because \`entrypoint\` takes its place`
  const hint = 'write `command` for the arguments alone, unless that is meant'
  return [
    {
      rule: stackRules.entrypoint,
      subject: `service ${service.name}`,
      message,
      hint,
      span: service.at('entrypoint'),
    },
  ]
}

function lintResources({ name, resources, process, image, from }: Service): Finding[] {
  if (resources.limits.memory !== undefined || (process && !image)) return []
  const message = 'may take all memory of its machine'
  const hint = 'write `resources: { memory: 256Mi, limits: { memory: 512Mi } }`'
  return [{ rule: stackRules.resources, subject: `service ${name}`, message, hint, span: from }]
}

function lintHealth({ name, health, ports, from }: Service): Finding[] {
  if (health || ports.size === 0) return []
  const message = 'counts as ready as soon as it is started'
  const hint = 'write `health: { http: /healthz, port: NAME }`, or tcp, grpc, exec'
  return [{ rule: stackRules.health, subject: `service ${name}`, message, hint, span: from }]
}

function lintBuildArguments(stack: ResolvedStack): Finding[] {
  return [...stack.images.values()].flatMap((image) =>
    [...image.args.keys()].filter(looksSecret).map((name) => ({
      rule: stackRules.buildArg,
      subject: `image ${image.name}`,
      message: `the build argument ${name} is kept in the history of the image`,
      hint: 'write it under `secrets` of the image, and mount it: RUN --mount=type=secret',
      span: image.from,
    })),
  )
}

function lintConfigs(stack: ResolvedStack, facts: Facts): Finding[] {
  return [...facts.configs].flatMap(([name, { files }]) => {
    const span = stack.configs.get(name)?.from
    if (!span) return []
    return files.flatMap(({ path, content, secrets }) => {
      // A template that reads a secret is delivered as one.
      if (secrets.length > 0) return []
      const text =
        content.kind === 'text' ? textAsWritten(content.text) : new TextDecoder().decode(content.bytes)
      const line = secretLineIn(text)
      const what = holdsPrivateKey(text) ? 'a private key' : line === undefined ? undefined : `\`${line}\``
      if (what === undefined) return []
      const hint = 'write ${secret.NAME.KEY} in the template: the file is then a secret, mounted where it was'
      const message = `${path} holds ${what}, for everybody to read`
      return [{ rule: stackRules.secretInConfig, subject: `config ${name}`, message, hint, span }]
    })
  })
}
