import type { Job, ResolvedStack, Service } from '../../resolve/resolved.ts'
import type { Effect, Subject } from './effects.ts'
import { whyIgnored } from './ignored.ts'
import { inside } from './paths.ts'

/** A local process is restarted when its sources change; nothing is copied or built for it. */
export function processEffects(subject: Subject, path: string): Effect[] {
  const { services, jobs } = subject.stack
  return [
    ...[...services.values()].flatMap((service) =>
      effectOf(subject, `service/${service.name}`, service, path),
    ),
    ...[...jobs.values()].flatMap((job) => effectOf(subject, `job/${job.name}`, job, path)),
  ]
}

function effectOf(subject: Subject, id: string, owner: Service | Job, path: string): Effect[] {
  const source = subject.processes.get(id)
  if (!source) return reloadingEffect(subject.stack, id, owner, path)
  return source.kind === 'image'
    ? effectOfImage(subject, id, source.image, path)
    : effectOfTree(id, owner, source.tree, path)
}

function effectOfImage(
  { stack, identities, ignoreFiles }: Subject,
  id: string,
  name: string,
  path: string,
): Effect[] {
  const image = stack.images.get(name)
  const identity = identities.get(name)
  const relative = image && inside(path, image.context)
  if (!identity || relative === undefined) return []
  if (identity.reads(relative))
    return [restarted(id, `image ${name}, which it stands for, is made from it`, image?.from)]
  const { rule, span } = whyIgnored(name, identity, ignoreFiles.get(name), relative)
  return [{ cost: 'ignored', resources: [], rule, span, way: undefined }]
}

function effectOfTree(
  id: string,
  owner: Service | Job,
  {
    folder,
    ignore,
    accepts,
  }: Extract<NonNullable<ReturnType<Subject['processes']['get']>>, { kind: 'tree' }>['tree'],
  path: string,
): Effect[] {
  const relative = inside(path, folder)
  if (relative === undefined || relative === '') return []
  const span = owner.at('process.inputs')
  if (accepts && !accepts(relative)) return [ignored(`process.inputs of ${words(id)} does not name it`, span)]
  if (ignore.isIgnored(relative))
    return [ignored(`the ignore rules of the folder that ${words(id)} runs from leave it out`, undefined)]
  return [restarted(id, accepts ? 'process.inputs names it' : 'the process runs from this folder', span)]
}

/** A program that reloads itself is left alone; its folder is named only to say so. */
function reloadingEffect(
  { images }: ResolvedStack,
  id: string,
  owner: Service | Job,
  path: string,
): Effect[] {
  const { process, image } = owner
  if (!process || !('dev' in owner) || owner.dev.restart.kind !== 'none') return []
  const folder = (image?.kind === 'built' ? images.get(image.image)?.context : undefined) ?? process.cwd
  if (inside(path, folder) === undefined) return []
  return [ignored(`${words(id)} reloads itself (dev.restart: none)`, owner.at('dev.restart'))]
}

function restarted(id: string, rule: string, span: Effect['span']): Effect {
  return { cost: 'restart', resources: [id], rule, span, way: undefined }
}

function ignored(rule: string, span: Effect['span']): Effect {
  return { cost: 'ignored', resources: [], rule, span, way: undefined }
}

function words(id: string): string {
  return id.replace('/', ' ')
}
