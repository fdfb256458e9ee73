import type { ConfigFile, Facts } from '../drivers/facts.ts'
import { StepError } from '../plan/step-error.ts'
import type { EnvValue, ResolvedStack, Service } from '../resolve/resolved.ts'
import { errorAt, StackError, type Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { decodeUtf8 } from '../stack/utf8.ts'
import { renderWithSecrets, type RenderedText, type Rendering } from './render.ts'

/** What has an environment: a service, a job, an init step. */
export interface EnvironmentOwner {
  readonly env: ReadonlyMap<string, EnvValue>
  readonly envFrom?: Service['envFrom']
}

export interface EnvironmentContext extends Rendering {
  readonly stack: Pick<ResolvedStack, 'secrets'>
  readonly facts: Pick<Facts, 'configs'>
  /** What the target knows of the replica; absent where it knows none of it before it runs. */
  readonly field?: (name: FieldName) => string | undefined
}

export type FieldName = Extract<EnvValue, { readonly kind: 'field' }>['field']

export interface Environment {
  readonly values: ReadonlyMap<string, string>
  /** Names of those that hold a secret or part of one. */
  readonly secretNames: ReadonlySet<string>
}

/**
 * The variables of one replica with their values: `env-from` in its order, then `env`, of which the later wins. StackError for
 * keys that do not exist and for files that cannot be a variable, StepError where a secret has no value.
 */
export async function resolveEnvironment(
  owner: EnvironmentOwner,
  context: EnvironmentContext,
): Promise<Environment> {
  const values = new Map<string, string>()
  const secretNames = new Set<string>()
  const set = (name: string, { text, isSecret }: RenderedText): void => {
    values.set(name, text)
    if (isSecret) secretNames.add(name)
    else secretNames.delete(name)
  }
  for (const source of owner.envFrom ?? []) {
    for (const [name, value] of await valuesFrom(source, context)) set(name, value)
  }
  for (const [name, value] of owner.env) set(name, await valueOf(name, value, context))
  return { values, secretNames }
}

async function valuesFrom(
  { kind, name, prefix, from }: Service['envFrom'][number],
  context: EnvironmentContext,
): Promise<[string, RenderedText][]> {
  const members =
    kind === 'config'
      ? filesOf(context, name).map((file) => [file.path, () => fileText(file, context, from)] as const)
      : [...(context.stack.secrets.get(name)?.keys.keys() ?? [])].map(
          (key) => [key, () => secretText(name, key, context)] as const,
        )
  const wrong = members.map(([key]) => prefix + key).filter((variable) => !isVariableName(variable))
  if (wrong.length > 0)
    throw new StackError(wrong.map((variable) => notAVariable(kind, name, variable, from)))
  return Promise.all(
    members.map(async ([key, read]) => [prefix + key, await read()] as [string, RenderedText]),
  )
}

async function valueOf(name: string, value: EnvValue, context: EnvironmentContext): Promise<RenderedText> {
  switch (value.kind) {
    case 'text':
      return renderWithSecrets(value.text, context)
    case 'secret':
      return secretText(value.secret, value.key, context)
    case 'config': {
      const files = filesOf(context, value.config)
      const file = files.find(({ path }) => path === value.key)
      if (file) return fileText(file, context, value.from)
      throw noSuchKey(value, files)
    }
    case 'field': {
      const text = context.field?.(value.field)
      if (text !== undefined) return { text, isSecret: false }
      const message = `${name}: ${value.field} is not known on this target`
      throw new StepError('precondition', message, {
        span: value.from,
        hint: 'set it to a text in this profile',
      })
    }
    default:
      return value satisfies never
  }
}

function filesOf({ facts }: EnvironmentContext, config: string): readonly ConfigFile[] {
  return facts.configs.get(config)?.files ?? []
}

async function fileText(file: ConfigFile, context: EnvironmentContext, from: Span): Promise<RenderedText> {
  if (file.content.kind === 'text') return renderWithSecrets(file.content.text, context)
  return { text: utf8Of(file.path, file.content.bytes, from), isSecret: false }
}

async function secretText(secret: string, key: string, { materials }: Rendering): Promise<RenderedText> {
  const value = await materials.secret({ secret, key })
  return { text: value.exposeText(), isSecret: true }
}

function utf8Of(path: string, bytes: Uint8Array, from: Span): string {
  const decoded = decodeUtf8(bytes)
  if (decoded.ok && !decoded.text.includes('\0')) return decoded.text
  const message = `${path} is no text, and a variable can hold nothing else`
  throw new StackError([errorAt('environment/binary', message, from, 'mount it as a file')])
}

/** What Kubernetes and shells agree on, apart from dots and dashes, which programs use as well. */
function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)
}

function notAVariable(kind: string, name: string, variable: string, from: Span) {
  const message = `${kind} ${name} has ${variable}, which cannot be the name of a variable`
  return errorAt('environment/name', message, from, 'rename it, or name what is wanted under `env`')
}

function noSuchKey(value: Extract<EnvValue, { kind: 'config' }>, files: readonly ConfigFile[]): StackError {
  const known = files.map(({ path }) => path)
  const near = nearest(value.key, known)
  const hint = near === undefined ? `it has ${known.join(', ') || 'none'}` : didYouMean(near)
  const message = `config ${value.config} has no key ${value.key}`
  return new StackError([errorAt('environment/unknown-key', message, value.from, hint)])
}
