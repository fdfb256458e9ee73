import { declarationOf, type Consumer } from './consumer.ts'
import type { EnvValue, ResolvedStack, SecretKey, Service } from '../resolve/resolved.ts'
import { renderText } from '../resolve/text.ts'
import type { Facts } from './facts.ts'
import { lookupIn, secretAsWritten, type Lookup } from './inner-lookup.ts'

/** What the environment of a container is made from. */
interface EnvironmentContext {
  readonly stack: ResolvedStack
  readonly facts: Facts
  readonly lookup: Lookup
  /** What stands for a secret; default its name as written. */
  readonly secret?: (key: SecretKey) => string
}

type Declared = Pick<Service, 'env' | 'envFrom'>

/** Variables as far as they are known without a secret's value, in the order of declaration; `env` wins over `env-from`. */
export function environmentOf(declared: Declared, context: EnvironmentContext): Map<string, string> {
  const { secret = secretAsWritten } = context
  const environment = new Map<string, string>()
  for (const { kind, name, prefix } of declared.envFrom) {
    if (kind === 'secret') {
      for (const key of context.stack.secrets.get(name)?.keys.keys() ?? []) {
        environment.set(prefix + key, secret({ secret: name, key }))
      }
    } else {
      for (const { path } of context.facts.configs.get(name)?.files ?? []) {
        environment.set(prefix + path, configText(name, path, context))
      }
    }
  }
  for (const [name, value] of declared.env) environment.set(name, valueOf(value, context, secret))
  return environment
}

function valueOf(value: EnvValue, context: EnvironmentContext, secret: (key: SecretKey) => string): string {
  switch (value.kind) {
    case 'text':
      return renderText(value.text, context.lookup)
    case 'secret':
      return secret({ secret: value.secret, key: value.key })
    case 'config':
      return configText(value.config, value.key, context)
    case 'field':
      return fieldOf(value.field, context.stack)
    default:
      return value satisfies never
  }
}

function configText(config: string, path: string, context: EnvironmentContext): string {
  const file = context.facts.configs.get(config)?.files.find((each) => each.path === path)
  if (!file) return ''
  return file.content.kind === 'text'
    ? renderText(file.content.text, context.lookup)
    : new TextDecoder().decode(file.content.bytes)
}

/** `pod-ip` and `node` are refused by `check`: the engine tells neither before the start. */
export function fieldOf(
  field: Extract<EnvValue, { kind: 'field' }>['field'],
  stack: Pick<ResolvedStack, 'namespace' | 'project'>,
): string {
  switch (field) {
    case 'namespace':
      return stack.namespace
    case 'name':
      return stack.project
    case 'pod-ip':
    case 'node':
      return ''
    default:
      return field satisfies never
  }
}

/** Every secret that the environment of a consumer, or of its init steps, reads. */
export function secretsInEnvironment(consumer: Consumer, stack: ResolvedStack, facts: Facts): SecretKey[] {
  const keys = new Map<string, SecretKey>()
  const secret = ({ secret, key }: SecretKey): string => {
    keys.set(`${secret}/${key}`, { secret, key })
    return ''
  }
  const lookup = lookupIn(stack, new Map(), secret)
  const declared: Declared[] = [declarationOf(consumer)]
  if (consumer.kind === 'service') {
    declared.push(...consumer.service.init.map(({ env }) => ({ env, envFrom: [] })))
  }
  for (const each of declared) environmentOf(each, { stack, facts, lookup, secret })
  return [...keys.values()]
}
