import type { Config, Image, ResolvedStack, Secret, SecretSource, Volume } from '../resolve/resolved.ts'
import { textAsWritten } from '../resolve/text.ts'
import { describeJob, describeService } from './describe-workload.ts'
import { fieldsOf, type Fields } from './fields.ts'
import { pathBelow } from './kept-files.ts'

/** Everything that a stack means, by `service api`, `volume data` …; values of secrets are none of it. */
export function describeStack(stack: ResolvedStack): ReadonlyMap<string, Fields> {
  const { root } = stack
  return new Map<string, Fields>([
    ['stack', stackFields(stack)],
    ...[...stack.services.values()].map((each) => [`service ${each.name}`, describeService(each)] as const),
    ...[...stack.jobs.values()].map((each) => [`job ${each.name}`, describeJob(each)] as const),
    ...[...stack.images.values()].map((each) => [`image ${each.name}`, imageFields(each, root)] as const),
    ...[...stack.volumes.values()].map((each) => [`volume ${each.name}`, volumeFields(each)] as const),
    ...[...stack.configs.values()].map((each) => [`config ${each.name}`, configFields(each, root)] as const),
    ...[...stack.secrets.values()].map((each) => [`secret ${each.name}`, secretFields(each, root)] as const),
    ...plainFields('cert', stack.certs),
    ...plainFields('route', stack.routes),
    ...[...stack.settings].map(([name, { value }]) => [name, fieldsOf(settingOf(value))] as const),
  ])
}

function stackFields({ profile, namespace, project, isolation }: ResolvedStack): Fields {
  return new Map([
    ['target', profile.target],
    ...(namespace === project ? [] : [['namespace', namespace] as const]),
    ['isolation', isolation],
  ])
}

function imageFields(image: Image, root: string): Fields {
  return fieldsOf({
    context: pathBelow(root, image.context),
    dockerfile: pathBelow(root, image.dockerfile),
    target: image.target,
    args: image.args.size > 0 ? image.args : undefined,
    platforms: image.platforms.length > 0 ? image.platforms : undefined,
    registry: image.registry,
    name: image.naming,
    tag: image.tag.kind === 'text' ? image.tag.text : image.tag.kind,
  })
}

/** What only one driver reads, as it is written. */
function settingOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : { value }
}

function volumeFields({ size, access, keep, class: storageClass, restoreFrom }: Volume): Fields {
  return fieldsOf({ size, access, keep, class: storageClass, from: restoreFrom })
}

function configFields({ sources }: Config, root: string): Fields {
  return new Map(
    sources.map((source) => {
      switch (source.kind) {
        case 'template':
          return [pathBelow(root, source.pattern), 'template']
        case 'files':
          return [source.key ?? pathBelow(root, source.path), `file ${pathBelow(root, source.path)}`]
        case 'env-file':
          return [pathBelow(root, source.path), 'env-file']
        case 'literal':
          return [source.key, textAsWritten(source.text)]
        default:
          return source satisfies never
      }
    }),
  )
}

function secretFields({ keys }: Secret, root: string): Fields {
  return new Map([...keys].map(([key, { source }]) => [key, describeSource(source, root)]))
}

/** Where a value comes from; never the value. */
function describeSource(source: SecretSource, root: string): string {
  switch (source.kind) {
    case 'env':
      return `env ${source.variable}`
    case 'file':
      return `file ${pathBelow(root, source.path)}`
    case 'command':
      return 'command'
    case 'generate':
      return `generate ${source.length}`
    case 'prompt':
      return 'prompt'
    case 'store':
      return `store ${source.reference}`
    default:
      return source satisfies never
  }
}

function plainFields(
  kind: string,
  members: ReadonlyMap<string, { readonly name: string }>,
): (readonly [string, Fields])[] {
  return [...members.values()].map((member) => {
    const { name, ...rest } = member
    return [
      `${kind} ${name}`,
      fieldsOf(Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'from'))),
    ]
  })
}
