import type { EnvValue, Service } from '../../../resolve/resolved.ts'
import { referencesOf, renderText, type Text } from '../../../resolve/text.ts'
import type { Lookup } from '../../inner-lookup.ts'
import type { SecretContent } from '../spec.ts'
import { withSecretsOnly, type ConfigEntry } from './configs.ts'
import type { DesiredContext } from './context.ts'
import { literal } from './literal.ts'
import { secretOfConfig, secretOfEnvironment } from './names.ts'
import { isSecretReference } from './secrets.ts'

export interface Environment {
  readonly env: readonly unknown[]
  readonly envFrom: readonly unknown[]
  /** Texts that contain secrets, by key of the consumer's own Secret. */
  readonly secrets: ReadonlyMap<string, SecretContent>
}

export interface EnvironmentReader {
  readonly consumer: string
  readonly lookup: Lookup
  /** Before the keys in the consumer's own Secret: init steps have variables of their own. */
  readonly prefix: string
}

type Declared = Pick<Service, 'env' | 'envFrom'>

/** Variables in Kubernetes' notation. No value of a secret is among them. */
export function environmentOf(
  { env, envFrom }: Declared,
  reader: EnvironmentReader,
  context: DesiredContext,
): Environment {
  const secrets = new Map<string, SecretContent>()
  const list = [...env].map(([name, value]) => variableOf(name, value, reader, context, secrets))
  return { env: list, envFrom: envFrom.flatMap((each) => sourcesOf(each, reader, context)), secrets }
}

/** A later variable of the same name takes the place of an earlier one, as in a list of a container it must. */
export function merged(inherited: Environment, own: Environment): Environment {
  const env = new Map([...inherited.env, ...own.env].map((each) => [(each as { name: string }).name, each]))
  return {
    env: [...env.values()],
    envFrom: inherited.envFrom,
    secrets: new Map([...inherited.secrets, ...own.secrets]),
  }
}

function variableOf(
  name: string,
  value: EnvValue,
  reader: EnvironmentReader,
  context: DesiredContext,
  secrets: Map<string, SecretContent>,
): unknown {
  switch (value.kind) {
    case 'text':
      return textVariable(name, value.text, reader, secrets)
    case 'secret':
      return fromSecret(name, value.secret, value.key)
    case 'config': {
      const entry = entryOf(value.config, value.key, reader, context)
      return entry?.isSecret
        ? fromSecret(name, secretOfConfig(value.config), entry.key)
        : { name, valueFrom: { configMapKeyRef: { name: value.config, key: entry?.key ?? value.key } } }
    }
    case 'field':
      return { name, valueFrom: { fieldRef: { fieldPath: fieldPathOf(value.field) } } }
    default:
      return value satisfies never
  }
}

function textVariable(
  name: string,
  text: Text,
  { consumer, lookup, prefix }: EnvironmentReader,
  secrets: Map<string, SecretContent>,
): unknown {
  const [only] = text.parts
  if (text.parts.length === 1 && isSecretReference(only)) return fromSecret(name, only.secret, only.key)
  if (referencesOf(text).some(isSecretReference)) {
    const key = prefix + name
    secrets.set(key, { kind: 'text', text: withSecretsOnly(text, lookup) })
    return fromSecret(name, secretOfEnvironment(consumer), key)
  }
  return { name, value: literal(renderText(text, lookup)) }
}

function fromSecret(name: string, secret: string, key: string): unknown {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } }
}

function entryOf(
  config: string,
  path: string,
  { consumer }: EnvironmentReader,
  { configs }: DesiredContext,
): ConfigEntry | undefined {
  return configs
    .get(config)
    ?.entriesOf(consumer)
    .find(({ file }) => file.path === path)
}

/** A whole config or secret. The files of a config that read secrets are in a Secret of their own. */
function sourcesOf(
  { kind, name, prefix }: Service['envFrom'][number],
  { consumer }: EnvironmentReader,
  { configs }: DesiredContext,
): unknown[] {
  const withPrefix = prefix === '' ? {} : { prefix }
  if (kind === 'secret') return [{ ...withPrefix, secretRef: { name } }]
  const hasSecrets =
    configs
      .get(name)
      ?.entriesOf(consumer)
      .some(({ isSecret }) => isSecret) ?? false
  return [
    { ...withPrefix, configMapRef: { name } },
    ...(hasSecrets ? [{ ...withPrefix, secretRef: { name: secretOfConfig(name) } }] : []),
  ]
}

function fieldPathOf(field: Extract<EnvValue, { kind: 'field' }>['field']): string {
  switch (field) {
    case 'pod-ip':
      return 'status.podIP'
    case 'node':
      return 'spec.nodeName'
    case 'namespace':
      return 'metadata.namespace'
    case 'name':
      return 'metadata.name'
    default:
      return field satisfies never
  }
}
