import { basename, dirname, isAbsolute, join } from 'node:path'
import { stageLabel } from '../../images/dockerfile/instructions.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Image, Job, Service } from '../../resolve/resolved.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { placeIn, spanOf } from './cite.ts'
import { dockerfileStart, firstStart, ignoreFileStart, type Start } from './dockerfile-edit.ts'
import { whyIgnored, type IgnoreFile } from './ignored.ts'
import { inferenceOf } from './inference.ts'
import { refusalOf } from './refusal.ts'
import { restartFor, type Restart } from './restart.ts'
import { hiddenBy, nameOf, takesWrites } from './hidden.ts'
import { inside } from './paths.ts'
import { commandsFor, isNamedBy, isRootOfSync, statedDestinations } from './stated.ts'
import { writtenBy } from './written.ts'

/** What an edit of a path costs one service or job that runs an image. */
export type Way =
  | { readonly cost: 'ignored'; readonly rule: string; readonly span: Span | undefined }
  | SyncWay
  | {
      readonly cost: 'rebuild'
      /** The first stage that is built anew. */
      readonly stage: { readonly index: number; readonly name: string }
      readonly rule: string
      /** What would make it cheaper; undefined where nothing would. */
      readonly cure: string | undefined
      /** The line of the Dockerfile from which on everything is built anew. */
      readonly span: Span
    }

export interface SyncWay {
  readonly cost: 'sync'
  /** Absolute inside, never none; a removed path is removed there. */
  readonly destinations: readonly string[]
  /** Permission bits in octal digits; undefined: those of the file here. */
  readonly mode: string | undefined
  /** `user:group` as `COPY --chown` has it; undefined: root, or whoever owns what is there. */
  readonly owner: string | undefined
  /** Commands of `dev.exec`, to run inside after the copy, in this order. */
  readonly exec: readonly { readonly command: string }[]
  /** What makes the program notice, after the commands. */
  readonly then: Restart
  readonly rule: string
  readonly span: Span
}

export interface WayInput {
  /** The image that the owner runs, as its files are now. */
  readonly image: Pick<Image, 'name' | 'context' | 'dockerfile' | 'pre'>
  readonly identity: ImageIdentity
  /** Who runs it: the service or job itself, or one of its init steps. */
  readonly owner: Service | Job
  /** Default `write`: the file is there after the edit, new or changed. */
  readonly change?: 'write' | 'remove'
  /** What the path is, or was before its removal. Default: what the identities have it as, else a file. */
  readonly kind?: 'file' | 'directory' | 'link'
  /** What was built last, to tell from where on an edit of the Dockerfile matters. */
  readonly before?: ImageIdentity
  /** The ignore file that counts for the image, to name the line of it. */
  readonly ignoreFile?: IgnoreFile
  /** Nothing is copied into what runs under a protected profile. */
  readonly isProtected: boolean
  /** Names under `images`: what the base of one is may be another one's doing. */
  readonly imagesOfStack: ReadonlySet<string>
}

/** What an edit of a path, absolute or relative to the image's context, means. Total and pure; the table is in docs/explain.md. */
export function wayOf(input: WayInput, path: string): Way {
  const { context } = input.image
  const absolute = isAbsolute(path) ? path : join(context, path)
  const edit: Edit = { ...input, absolute, relative: inside(absolute, context) }
  return definitionWay(edit) ?? statedWay(edit) ?? preparedWay(edit) ?? unreadWay(edit) ?? readWay(edit)
}

interface Edit extends WayInput {
  readonly absolute: string
  /** Seen from the context; undefined outside of it. */
  readonly relative: string | undefined
}

/** The Dockerfile and the ignore file say what the build is; nothing else that reads them counts. */
function definitionWay(edit: Edit): Way | undefined {
  const { image, identity, before, absolute } = edit
  if (isDockerfile(edit)) {
    const start = dockerfileStart(before, identity)
    const rule = before
      ? 'the Dockerfile says something else from here on'
      : 'the Dockerfile says how it is built'
    return start
      ? rebuildFrom(start, rule)
      : { cost: 'ignored', rule: 'what the edit changes in the Dockerfile does not count', span: undefined }
  }
  const isIgnoreFile =
    absolute === `${image.dockerfile}.dockerignore` ||
    // Beside the Dockerfile's own ignore file, that of the context does not count.
    (edit.relative === '.dockerignore' && identity.reads('.dockerignore'))
  if (!isIgnoreFile) return undefined
  const start = ignoreFileStart(identity)
  return start
    ? rebuildFrom(start, 'the ignore file says what the build can read')
    : { cost: 'ignored', rule: 'no instruction reads the context', span: undefined }
}

/** BuildKit takes `dockerfile` where there is no `Dockerfile`. */
function isDockerfile({ image, identity, absolute, relative }: Edit): boolean {
  if (absolute === image.dockerfile) return true
  return (
    basename(image.dockerfile) === 'Dockerfile' &&
    absolute === join(dirname(image.dockerfile), 'dockerfile') &&
    relative !== undefined &&
    identity.reads(relative)
  )
}

/** Pairs of `dev.sync` win over what the Dockerfile says, inside the context and outside of it. */
function statedWay(edit: Edit): Way | undefined {
  const { owner, identity, absolute } = edit
  if (!('dev' in owner) || refusalOf(edit)?.isFinal === true) return undefined
  const stated = statedDestinations(owner, identity.defaults.workingDirectory, absolute)
  const span = owner.at('dev.sync')
  if (!stated) {
    const rule = 'dev.sync puts it below a working directory that the Dockerfile does not tell'
    return rebuildFrom(startOf(edit), rule, 'write an absolute path for `to`')
  }
  if (stated.length === 0) return undefined
  if (edit.change === 'remove' && edit.kind !== 'file' && isRootOfSync(owner, absolute))
    return { cost: 'ignored', rule: 'dev.sync copies what is in this folder; inside, the folder stays', span }
  const open = stated.filter((place) => takesWrites(hiddenBy(owner.mounts, place)))
  if (open.length === 0) return hiddenWay(edit, stated)
  const rule = `dev.sync of service ${owner.name} names it`
  return syncTo(edit, owner, { destinations: open, mode: undefined, owner: undefined, rule, span })
}

/** What a step on this machine makes is built anew, whatever becomes of it then. */
function preparedWay(edit: Edit): Way | undefined {
  const step = edit.image.pre.find(({ inputs }) => inputs.some((input) => isNamedBy(input, edit.absolute)))
  if (!step) return undefined
  const cure = 'name what the step makes in dev.sync, and run it yourself'
  return rebuildFrom(
    startOf(edit),
    `it is an input of \`${step.run}\` (${placeIn(step.from)}), which runs first`,
    cure,
  )
}

function unreadWay({ image, identity, ignoreFile, relative }: Edit): Way | undefined {
  if (relative === undefined)
    return { cost: 'ignored', rule: `it lies outside of the context of image ${image.name}`, span: undefined }
  if (identity.reads(relative)) return undefined
  return { cost: 'ignored', ...whyIgnored(image.name, identity, ignoreFile, relative) }
}

/** The build reads it: is there a copy into the container that makes what the build would? */
function readWay(edit: Edit): Way {
  const { identity, owner, relative = '', change = 'write', imagesOfStack } = edit
  const found = inferenceOf({ identity, change, isFolder: isFolder(edit), imagesOfStack }, relative)
  const refusal = refusalOf(edit)
  if (!found || !('dev' in owner) || refusal?.isFinal === true) {
    const rule = found?.obstacle?.rule ?? refusal?.rule ?? `image ${edit.image.name} is made from it`
    return rebuildFrom(found ?? startOf(edit), rule, refusal?.cure)
  }
  const visible = found.destinations.filter((place) => !hiddenBy(owner.mounts, place))
  if (visible.length > 0 && commandsFor(owner, edit.absolute).length > 0) {
    const rule = `dev.exec of service ${owner.name} says what to do with it`
    return syncTo(edit, owner, { ...found, destinations: visible, rule, span: owner.at('dev.exec') })
  }
  if (found.obstacle) return rebuildFrom(found, found.obstacle.rule, found.obstacle.cure ?? refusal?.cure)
  if (refusal) return rebuildFrom(found, refusal.rule, refusal.cure)
  if (visible.length === 0) return hiddenWay(edit, found.destinations)
  return syncTo(edit, owner, { ...found, destinations: visible })
}

/** Of a folder that is gone only the watcher, or what was built before, knows what it was. */
function isFolder({ kind, identity, before, relative = '' }: Edit): boolean {
  const known = writtenBy(identity).kindOf(relative) ?? (before && writtenBy(before).kindOf(relative))
  return relative === '' || (kind ?? known) === 'directory'
}

function hiddenWay({ owner, absolute }: Edit, places: readonly string[]): Way {
  const mount = places.flatMap((place) => hiddenBy(owner.mounts, place) ?? [])[0]
  if (!mount) return { cost: 'ignored', rule: 'a mount shows inside in its place', span: undefined }
  const shown =
    mount.kind === 'bind' && inside(absolute, mount.source) !== undefined
      ? 'shows the file itself inside; nothing has to be copied'
      : 'shows inside in its place'
  const rule = `${nameOf(mount)} at ${mount.path} (${placeIn(mount.from)}) ${shown}`
  return { cost: 'ignored', rule, span: mount.from }
}

function syncTo(
  { identity, absolute }: Edit,
  service: Service,
  found: Pick<SyncWay, 'destinations' | 'mode' | 'owner' | 'rule' | 'span'>,
): SyncWay {
  const { destinations, mode, owner, rule, span } = found
  return {
    cost: 'sync',
    destinations,
    mode,
    owner,
    exec: commandsFor(service, absolute),
    then: restartFor(service, identity.defaults, destinations),
    rule,
    span,
  }
}

/** Where a build begins that nothing of the Dockerfile places: at the first stage that can see the context. */
function startOf({ identity, relative = '' }: Edit): Start {
  const entry = identity.destinationsOf(relative)[0]
  if (entry) return { stage: entry.stage, span: spanOf(entry.stage, entry.instruction) }
  return ignoreFileStart(identity) ?? firstStart(identity)
}

function rebuildFrom({ stage, span }: Start, rule: string, cure?: string): Way {
  return { cost: 'rebuild', stage: { index: stage.index, name: stageLabel(stage) }, rule, cure, span }
}
