import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Checked, Diagnostic, Span } from '../stack/diagnostics.ts'
import { checked, errorAt } from '../stack/diagnostics.ts'
import type { ContextFile } from './context/content.ts'
import { hashContents } from './context/content.ts'
import type { Destination, Landing } from './context/destinations.ts'
import { destinationsOf, landingsOf } from './context/destinations.ts'
import type { FileAccess } from './context/file-access.ts'
import type { Ignore } from './context/ignore.ts'
import { createIgnore, ignoreNothing } from './context/ignore.ts'
import { withLinkTargets } from './context/links.ts'
import { missingSources } from './context/missing.ts'
import type { ContextRead } from './context/reads.ts'
import { readsOfStage } from './context/reads.ts'
import type { StatCache } from './context/stat-cache.ts'
import { isRead, walkContext } from './context/walk.ts'
import type { ImageDefaults } from './defaults.ts'
import type { EvaluatedStage } from './dockerfile/evaluate.ts'
import { evaluateStages } from './dockerfile/evaluate.ts'
import { baseImages, buildStageGraph, findTarget } from './dockerfile/graph.ts'
import { emptyConfig } from './dockerfile/image-config.ts'
import type { Dockerfile } from './dockerfile/instructions.ts'
import { parseDockerfile } from './dockerfile/parse.ts'
import type { BuildInputs } from './dockerfile/scope.ts'
import { hashImage } from './hash.ts'

export interface IdentifyInput extends BuildInputs {
  /** The image's name under `images`. */
  readonly name: string
  /** Absolute. */
  readonly contextDir: string
  /** Absolute; may lie outside the context. */
  readonly dockerfilePath: string
  /** How diagnostics name the Dockerfile; default its absolute path. */
  readonly dockerfileLabel?: string
  /** A stage; default the last. */
  readonly target?: string
  /** Where the stack file names the target, for the diagnostic of an unknown one. */
  readonly targetSpan?: Span
  /** The hash or digest of an image from outside, or of the stack's own image of that name; undefined hashes the reference alone. */
  readonly baseIdentity: (reference: string) => string | undefined
  /** Joined to the hash in this order, such as the keyed hashes of build secrets. */
  readonly extra: readonly string[]
  /** A COPY of a file that is not there is an error; `warning` where a `pre` step has yet to make it. Default `error`. */
  readonly missing?: 'error' | 'warning'
}

/** What an image is made from, and its identity before it is built. */
export interface ImageIdentity {
  /** 64 hex digits. */
  readonly hash: string
  readonly dockerfile: Dockerfile
  readonly dockerfileText: string
  /** The name of the Dockerfile in a context tar, or undefined where the context does not hold it or `.dockerignore` hides it. */
  readonly dockerfileInContext: string | undefined
  /** The index of the stage that is built. */
  readonly target: number
  /** The stages that take part, in the order of the file. */
  readonly stages: ReadonlyMap<number, EvaluatedStage>
  /** What the build can read, sorted by path: no more than this needs to be sent. */
  readonly files: readonly ContextFile[]
  /** Images from outside the Dockerfile, variables expanded; among them those that the stack builds itself. */
  readonly bases: readonly string[]
  readonly defaults: ImageDefaults
  readonly ignore: Ignore
  /** An edit of this path (relative to the context, with slashes) may change the image. */
  readonly reads: (path: string) => boolean
  /** The directories, relative to the context, below which all that is read lies; `.` for all of it. */
  readonly roots: readonly string[]
  readonly destinationsOf: (path: string) => readonly Destination[]
  readonly landingsOf: (path: string) => readonly Landing[]
  /** The identity as it would be if files of the context, by their paths, took no part. */
  readonly hashWithout: (paths: ReadonlySet<string>) => string
}

/**
 * Reads Dockerfile, .dockerignore and as much of the context as the target's stages can see, and derives the image's identity.
 * Every mistake that was found is in the result; throws only where the file system fails in a way that is not about one file.
 */
export async function identifyImage(
  input: IdentifyInput,
  files: FileAccess,
  cache?: StatCache,
): Promise<Checked<ImageIdentity>> {
  const label = input.dockerfileLabel ?? input.dockerfilePath
  const source = await readDockerfile(input, files, label)
  if (!source.ok) return source
  const { text, path: dockerfilePath } = source.value
  const parsed = parseDockerfile(text, label)
  if (!parsed.ok) return parsed
  const graph = buildStageGraph(parsed.value, input)
  if (!graph.ok) return withWarnings(graph, parsed.warnings)
  const target = findTarget(graph.value, input.target, input.targetSpan)
  const findings: Diagnostic[] = [...parsed.warnings, ...graph.warnings]
  if (!target.ok) return withWarnings(target, findings)

  const stages = evaluateStages(graph.value, target.value, input, findings)
  const ignore = await readIgnore(input, dockerfilePath, files, findings)
  const reads = await withLinkTargets([...stages.values()].flatMap(readsOfStage), input.contextDir, files)
  const context = { contextDirectory: input.contextDir, reads, ignore: ignore.value, files }
  const found = await walkContext(context, findings)
  findings.push(...(await missingSources(context, found, input.missing ?? 'error')))
  const contents = await hashContents(found, { ...context, cache }, findings)
  const hashOf = (taking: readonly ContextFile[]): string =>
    hashImage({
      graph: graph.value,
      target: target.value,
      stages,
      platform: input.platform,
      baseIdentity: input.baseIdentity,
      extra: input.extra,
      files: taking,
    })
  const own = insideContext(input.contextDir, dockerfilePath)
  const special = [own, insideContext(input.contextDir, ignore.path)]
  const evaluated = stages.get(target.value)
  return checked(
    {
      hash: hashOf(contents),
      dockerfile: parsed.value,
      dockerfileText: text,
      dockerfileInContext: contents.some((file) => file.path === own) ? own : undefined,
      target: target.value,
      stages,
      files: contents,
      bases: baseImages(graph.value, target.value),
      defaults: { ...(evaluated?.config ?? emptyConfig), isComplete: evaluated?.isComplete ?? false },
      ignore: ignore.value,
      reads: (path) => special.includes(path) || isRead(context, path),
      roots: rootsOf(reads),
      destinationsOf: (path) => (ignore.value.isIgnored(path) ? [] : destinationsOf(reads, path)),
      landingsOf: (path) =>
        ignore.value.isIgnored(path) ? [] : landingsOf(stages, target.value, reads, path),
      hashWithout: (paths) => hashOf(contents.filter(({ path }) => !paths.has(path))),
    },
    findings,
  )
}

async function readDockerfile(
  input: IdentifyInput,
  files: FileAccess,
  label: string,
): Promise<Checked<{ text: string; path: string }>> {
  const path = input.dockerfilePath
  // BuildKit accepts "dockerfile" too where "Dockerfile" is asked for.
  const paths = basename(path) === 'Dockerfile' ? [path, join(dirname(path), 'dockerfile')] : [path]
  for (const each of paths) {
    const text = await files.readText(each)
    if (text !== undefined) return checked({ text, path: each }, [])
  }
  const message = `image ${input.name}: there is no ${label}`
  const span = { file: label, line: 1, column: 1, length: 1 }
  return checked({ text: '', path }, [
    errorAt('dockerfile/missing', message, span, 'images.NAME.dockerfile says where'),
  ])
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile goes before the context's own. */
async function readIgnore(
  input: IdentifyInput,
  dockerfilePath: string,
  files: FileAccess,
  findings: Diagnostic[],
): Promise<{ value: Ignore; path: string }> {
  for (const path of [`${dockerfilePath}.dockerignore`, join(input.contextDir, '.dockerignore')]) {
    const text = await files.readText(path)
    if (text === undefined) continue
    const parsed = createIgnore(text, insideContext(input.contextDir, path) ?? path)
    findings.push(...parsed.warnings, ...(parsed.ok ? [] : parsed.errors))
    return { value: parsed.ok ? parsed.value : ignoreNothing, path }
  }
  return { value: ignoreNothing, path: join(input.contextDir, '.dockerignore') }
}

/** The path relative to the context, with slashes; undefined where it lies outside. */
function insideContext(contextDir: string, path: string): string | undefined {
  const inside = relative(contextDir, path)
  return inside.startsWith('..') || isAbsolute(inside) ? undefined : inside.split(sep).join('/')
}

/** The fixed part of each source, parents first; what lies below another root is left out. */
function rootsOf(reads: readonly ContextRead[]): readonly string[] {
  const fixed = reads.map((read) => {
    const components = read.source.split('/')
    const wild = components.findIndex((component) => /[*?[\\]/.test(component))
    return wild < 0 ? read.source : components.slice(0, wild).join('/') || '.'
  })
  const sorted = [...new Set(fixed)].sort()
  if (sorted.includes('.')) return ['.']
  return sorted.filter((root) => !sorted.some((other) => root.startsWith(`${other}/`)))
}

function withWarnings<T>(
  failed: Checked<T> & { ok: false },
  warnings: readonly Diagnostic[],
): Checked<never> {
  return { ok: false, errors: failed.errors, warnings: [...warnings, ...failed.warnings] }
}
