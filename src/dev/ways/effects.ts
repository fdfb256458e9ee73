import type { ImageIdentity } from '../../images/identify.ts'
import { basesWithin } from '../../images/identify-all.ts'
import type { Image, ImageSource, Job, ResolvedStack, Service } from '../../resolve/resolved.ts'
import { isRunSmoke, jobOfSmoke } from '../../drivers/smoke-job.ts'
import type { ProcessSource } from '../../session/sources.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { contentEffects } from './content-effects.ts'
import type { IgnoreFile } from './ignored.ts'
import { inside } from './paths.ts'
import { processEffects } from './process-effects.ts'
import { wayOf, type Way } from './way.ts'

/** From the dearest to the cheapest. */
export const costs = ['replan', 'rebuild', 'restart', 'sync', 'reload', 'ignored'] as const
export type Cost = (typeof costs)[number]

/** What an edit of a path means for some resources that it means the same for. */
export interface Effect {
  readonly cost: Cost
  /** `service/api`, `job/migrate`, `smoke/suite`, `image/base`; none where the stack as a whole is meant. */
  readonly resources: readonly string[]
  readonly rule: string
  /** The line of the Dockerfile, the stack or the ignore file that says so. */
  readonly span: Span | undefined
  /** Undefined where no image is concerned. */
  readonly way: Way | undefined
}

export interface Subject {
  readonly stack: ResolvedStack
  readonly identities: ReadonlyMap<string, ImageIdentity>
  /** Of the process target, by `service/x` and `job/x`. */
  readonly processes: ReadonlyMap<string, ProcessSource>
  /** Files that make another stack, absolute. */
  readonly stackFiles: readonly string[]
  /** Files of raw objects and of charts, absolute. */
  readonly manifests: readonly string[]
  /** By image. */
  readonly ignoreFiles: ReadonlyMap<string, IgnoreFile>
}

/** What an edit of an absolute path means, thing by thing; never nothing. Pure. */
export function effectsOf(subject: Subject, path: string, change: 'write' | 'remove' = 'write'): Effect[] {
  const isProcess = subject.stack.profile.target === 'process'
  const found = [
    ...stackEffects(subject, path),
    ...(isProcess ? processEffects(subject, path) : imageEffects(subject, path, change)),
    ...contentEffects(subject, path),
  ]
  const felt = found.filter(({ cost, resources }) => cost !== 'ignored' || resources.length > 0)
  const told = felt.length > 0 ? felt : found
  return told.length > 0 ? joined(told) : [unread(subject, path)]
}

/** The dearest of what an edit means. */
export function dearest(effects: readonly Effect[]): Cost {
  return costs.find((cost) => effects.some((effect) => effect.cost === cost)) ?? 'ignored'
}

function stackEffects({ stackFiles, manifests }: Subject, path: string): Effect[] {
  const rule = stackFiles.includes(path)
    ? 'the stack is read from it; the difference is planned'
    : manifests.includes(path)
      ? 'objects of the stack are read from it; the difference is planned'
      : undefined
  return rule === undefined ? [] : [{ cost: 'replan', resources: [], rule, span: undefined, way: undefined }]
}

function imageEffects(subject: Subject, path: string, change: 'write' | 'remove'): Effect[] {
  return [...subject.stack.images.values()].flatMap((image) => {
    const identity = subject.identities.get(image.name)
    return identity ? effectsOfImage(subject, image, identity, path, change) : []
  })
}

function effectsOfImage(
  subject: Subject,
  image: Image,
  identity: ImageIdentity,
  path: string,
  change: 'write' | 'remove',
): Effect[] {
  const { stack } = subject
  const ignoreFile = subject.ignoreFiles.get(image.name)
  const owners = ownersOf(stack, ({ image: source }) => isOf(source, image.name))
  const ways = owners.map(([id, owner]) => {
    const way = wayOf(
      {
        image,
        identity,
        owner,
        change,
        isProtected: stack.profile.isProtected,
        imagesOfStack: new Set(stack.images.keys()),
        ...(ignoreFile && { ignoreFile }),
      },
      path,
    )
    return { id, way }
  })
  const relative = inside(path, image.context)
  // A mount that hides the file is worth a word; that the image has nothing to do with it is not.
  const felt = ways.filter(({ way }) => way.cost !== 'ignored' || isReadBy(identity, relative))
  if (felt.length > 0 || isReadBy(identity, relative))
    return [...felt.map(({ id, way }) => effectOf([id], way)), ...derivedEffects(subject, image)]
  const [first] = ways
  return first && relative !== undefined ? [effectOf([], first.way)] : []
}

function isReadBy(identity: ImageIdentity, relative: string | undefined): boolean {
  return relative !== undefined && identity.reads(relative)
}

/** What is built FROM an image changes with it; only the image itself is looked into for copies. */
function derivedEffects({ stack, identities }: Subject, image: Image): Effect[] {
  return [...stack.images.values()].flatMap((derived) => {
    const identity = identities.get(derived.name)
    if (!identity || !basesWithin(identity, stack.images).includes(image.name)) return []
    const resources = ownersOf(stack, ({ image: source }) => isOf(source, derived.name)).map(([id]) => id)
    const rule = `image ${derived.name} is built FROM ${image.name}, which is made from it`
    return [{ cost: 'rebuild', resources, rule, span: derived.from, way: undefined }]
  })
}

/** Services, jobs and smoke tests that run an image, in an init step too. */
function ownersOf(
  stack: ResolvedStack,
  isUser: (unit: { readonly image: ImageSource | undefined }) => boolean,
): (readonly [string, Service | Job])[] {
  return [
    ...[...stack.services.values()]
      .filter((service) => isUser(service) || service.init.some(isUser))
      .map((service) => [`service/${service.name}`, service] as const),
    ...[...stack.jobs.values()].filter(isUser).map((job) => [`job/${job.name}`, job] as const),
    ...stack.smoke
      .filter(isRunSmoke)
      .filter(({ check }) => isUser(check))
      .map((smoke) => [`smoke/${smoke.name}`, jobOfSmoke(smoke)] as const),
  ]
}

function isOf(source: ImageSource | undefined, name: string): boolean {
  return source?.kind === 'built' && source.image === name
}

function effectOf(resources: readonly string[], way: Way): Effect {
  return { cost: way.cost, resources, rule: way.rule, span: way.span, way }
}

function unread({ stack }: Subject, path: string): Effect {
  const isInside = inside(path, stack.root) !== undefined
  const rule = isInside
    ? 'nothing in the stack reads it'
    : 'it lies outside of the stack, and nothing there reads it'
  return { cost: 'ignored', resources: [], rule, span: undefined, way: undefined }
}

/** What means the same is told once, the dearest first. */
function joined(effects: readonly Effect[]): Effect[] {
  const groups = new Map<string, Effect>()
  for (const effect of effects) {
    const key = JSON.stringify({ ...effect, resources: [] })
    const resources = [...(groups.get(key)?.resources ?? []), ...effect.resources]
    groups.set(key, { ...effect, resources: [...new Set(resources)] })
  }
  return [...groups.values()].toSorted((one, other) => costs.indexOf(one.cost) - costs.indexOf(other.cost))
}
