import type { ImageFact } from '../drivers/facts.ts'
import type { Run } from '../drivers/driver.ts'
import type { Materials } from '../content/materials.ts'
import type { Engine } from '../platform/engine/engine.ts'
import type { Image, ResolvedStack } from '../resolve/resolved.ts'
import { StepError } from '../plan/step-error.ts'
import type { BuildEvent } from './build-progress.ts'
import { buildContext } from './context/build-context.ts'
import type { FileAccess } from './context/file-access.ts'
import type { DockerLogins } from './credentials.ts'
import { argsWithBases, withBases } from './dockerfile/with-bases.ts'
import type { ImageIdentity } from './identify.ts'

export interface BuilderOptions {
  readonly stack: ResolvedStack
  readonly engine: Engine
  readonly files: FileAccess
  readonly materials: Materials
  readonly logins: () => Promise<DockerLogins>
  /** As last gathered. */
  readonly identity: (image: string) => ImageIdentity | undefined
  /** As last gathered; what `FROM name` of the stack stands for. */
  readonly reference: (image: string) => string | undefined
  /** Why the host steps before the build failed, if they did. */
  readonly preFailure: (image: string) => StepError | undefined
  readonly noCache: boolean
}

/** Builds one image of the stack as the reference that its facts name; its test stage, if it has one, must pass first. */
export type ImageBuilder = (image: Image, fact: ImageFact, run: Run) => Promise<void>

export function createImageBuilder(options: BuilderOptions): ImageBuilder {
  return async (image, fact, run) => {
    const failed = options.preFailure(image.name)
    if (failed) throw failed
    const identity = options.identity(image.name)
    if (!identity)
      throw new StepError('build', `image ${image.name} cannot be built: its Dockerfile has mistakes`, {
        span: image.from,
      })
    if (image.test && 'target' in image.test) {
      run.progress(`image/${image.name}`, `test stage ${image.test.target}`)
      await buildTest(image, identity, image.test.target, fact, run, options)
    }
    await buildTarget(
      image,
      identity,
      image.target,
      { tag: fact.reference, isTest: false },
      fact,
      run,
      options,
    )
    if (image.test && 'command' in image.test)
      await runTestCommand(image, image.test.command, fact, options, run)
    const { pruneBuilds } = await import('./prune.ts')
    await pruneBuilds(options.engine, options.stack.name, image.name, fact.reference)
  }
}

/**
 * The stage that must pass is built for what happens in it. An engine makes an image of it all the same, so it gets a name to be
 * removed by; its layers stay in the cache.
 */
async function buildTest(
  image: Image,
  identity: ImageIdentity,
  target: string,
  fact: ImageFact,
  run: Run,
  options: BuilderOptions,
): Promise<void> {
  const { removeImage } = await import('../platform/engine/images.ts')
  const tag = `${fact.reference}.test`
  await buildTarget(image, identity, target, { tag, isTest: true }, fact, run, options)
  await removeImage(options.engine, tag)
}

async function buildTarget(
  image: Image,
  identity: ImageIdentity,
  target: string | undefined,
  made: { readonly tag: string; readonly isTest: boolean },
  fact: ImageFact,
  run: Run,
  options: BuilderOptions,
): Promise<void> {
  const { buildImage } = await import('./build.ts')
  const references = new Map(
    [...options.stack.images.keys()].flatMap((name) => {
      const reference = options.reference(name)
      return reference === undefined ? [] : [[name, reference] as const]
    }),
  )
  const { tag, isTest } = made
  const text = withBases(identity.dockerfileText, identity.dockerfile, references)
  const context = await buildContext({
    contextDirectory: image.context,
    files: isTest ? await filesOfTest(image, identity, options) : identity.files,
    dockerfile: {
      text,
      inContext: text === identity.dockerfileText ? identity.dockerfileInContext : undefined,
    },
    access: options.files,
    builder: [options.stack.project, image.name, target],
  })
  const mounts = hasMounts(identity.dockerfileText)
  const logins = mounts || identity.bases.length > 0 ? await options.logins() : undefined
  const needsLogin = logins && (await needsCredentials(identity.bases, options.stack, logins))
  await buildImage(
    options.engine,
    {
      context,
      target,
      args: argsWithBases(image.args, identity.dockerfile, references),
      tags: [tag],
      labels: labelsOf(options.stack, image, fact),
      platform: image.platforms[0],
      // BuildKit's cache does not look at the value of a secret, so an image that mounts one is built anew when it is built.
      noCache: options.noCache || !image.cache || image.secrets.size > 0,
      pull: image.pull,
      network: image.network,
      hasMounts: mounts,
      secrets: new Map(
        [...image.secrets].map(([id, key]) => [
          id,
          async () => (await options.materials.secret(key)).expose(),
        ]),
      ),
      ...(needsLogin && { credentials: (registry: string) => logins.credentialsFor(registry) }),
      sshAgent: image.ssh ? process.env['SSH_AUTH_SOCK'] : undefined,
      signal: run.signal,
    },
    (event) => tell(event, image, run),
  )
}

/** The stage that tests may read files that the one that ships does not. */
async function filesOfTest(image: Image, identity: ImageIdentity, options: BuilderOptions) {
  if (!image.test || !('target' in image.test)) return identity.files
  const { identifyImage } = await import('./identify.ts')
  const found = await identifyImage(
    {
      name: image.name,
      contextDir: image.context,
      dockerfilePath: image.dockerfile,
      target: image.test.target,
      args: image.args,
      baseIdentity: () => undefined,
      extra: [],
      missing: 'warning',
    },
    options.files,
  )
  return found.ok ? found.value.files : identity.files
}

function hasMounts(dockerfileText: string): boolean {
  return /--mount=type=(secret|ssh)/.test(dockerfileText)
}

/** A session costs time, so it is opened only where a login exists for a registry that is asked. */
async function needsCredentials(
  bases: readonly string[],
  stack: ResolvedStack,
  logins: DockerLogins,
): Promise<boolean> {
  const { parseImageReference } = await import('../platform/engine/references.ts')
  for (const base of bases) {
    if (
      !stack.images.has(base) &&
      (await logins.credentialsFor(parseImageReference(base).registry)) !== undefined
    )
      return true
  }
  return false
}

/** What makes the image ours, so that `down --images` and pruning find it. */
export function labelsOf(stack: ResolvedStack, image: Image, fact: ImageFact): ReadonlyMap<string, string> {
  return new Map([
    ['dev.iamstack.stack', stack.name],
    ['dev.iamstack.image', image.name],
    ['dev.iamstack.inputs', fact.hash],
  ])
}

async function runTestCommand(
  image: Image,
  command: readonly string[],
  fact: ImageFact,
  options: BuilderOptions,
  run: Run,
): Promise<void> {
  const { runToEnd } = await import('./run-to-end.ts')
  run.progress(`image/${image.name}`, `test ${command.join(' ')}`)
  const { exitCode, lastLines } = await runToEnd(options.engine, fact.reference, command, run.signal)
  if (exitCode === 0) return
  const { removeImage } = await import('../platform/engine/images.ts')
  // An image whose test failed must not look built to the next plan.
  await removeImage(options.engine, fact.reference)
  throw new StepError('build', `test of image ${image.name} ended with exit code ${exitCode}`, {
    span: image.from,
    evidence: lastLines,
  })
}

function tell(event: BuildEvent, image: Image, run: Run): void {
  const resource = `image/${image.name}` as const
  switch (event.type) {
    case 'vertex.started':
      if (/^\[/.test(event.name)) run.progress(resource, event.name)
      return
    case 'vertex.completed':
      if (/^\[/.test(event.name))
        run.emit({
          type: 'build.logged',
          at: Date.now(),
          resource,
          text: `${event.name}${event.isCached ? ' (cached)' : ` ${event.milliseconds} ms`}`,
        })
      return
    case 'vertex.failed':
      run.emit({ type: 'build.logged', at: Date.now(), resource, text: `${event.name}: ${event.error}` })
      return
    case 'vertex.logged':
      run.emit({ type: 'build.logged', at: Date.now(), resource, text: event.line })
      return
    case 'build.warned':
      run.emit({ type: 'build.logged', at: Date.now(), resource, text: `warning: ${event.message}` })
      return
    case 'vertex.progressed':
      return
    default:
      event satisfies never
  }
}
