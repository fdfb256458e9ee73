import { randomUUID } from 'node:crypto'
import { StepError } from '../plan/step-error.ts'
import { recordOf, textOf } from '../platform/engine/docker-config.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { EngineError } from '../platform/engine/errors.ts'
import { jsonLines } from '../platform/engine/streams.ts'
import { BuildError, buildError } from './build-error.ts'
import { buildProgress, type BuildEvent, type BuildProgress, type BuildStep } from './build-progress.ts'
import type { BuildProvisions } from '../platform/engine/build-services.ts'
import type { BuildSession } from '../platform/engine/build-session.ts'
import type { BuildContext } from './context/build-context.ts'

export interface BuildRequest {
  /** What the build may read, its Dockerfile included. */
  readonly context: BuildContext
  /** Default: the last stage. */
  readonly target?: string | undefined
  /** Never secret: they show in the image's history. */
  readonly args: ReadonlyMap<string, string>
  readonly tags: readonly string[]
  readonly labels: ReadonlyMap<string, string>
  /** `linux/arm64`; default: the engine's own. */
  readonly platform?: string | undefined
  readonly noCache?: boolean
  /** Asks the registries for newer base images. */
  readonly pull?: boolean
  /** Network of RUN steps: `default`, `none` or `host`. */
  readonly network?: string | undefined
  /** A changed value does not disturb BuildKit's cache: a build that is to see it needs `noCache`, or an argument that changes too. */
  readonly secrets: BuildProvisions['secrets']
  /** Asked for the registries of base images. Given only where one of them needs it, because it costs a session. */
  readonly credentials?: BuildProvisions['credentials']
  readonly sshAgent?: string | undefined
  /** A step mounts secrets or ssh, which BuildKit refuses without a session even where they are optional; default false. */
  readonly hasMounts?: boolean
  readonly signal?: AbortSignal
}

export interface BuildResult {
  /** `sha256:…` */
  readonly imageId: string
  /** The Dockerfile's own steps, in the order they ended. */
  readonly steps: readonly BuildStep[]
  /** Ids of secrets that a step asked for without requiring them, and that nobody declared: it ran without. */
  readonly missingSecrets: readonly string[]
}

/**
 * Builds an image with BuildKit inside the engine (`POST /build`, version 2). A session is opened only where the build has
 * something to ask of us. Throws BuildError; an abort cancels the build in the engine too, and throws the signal's reason.
 */
export async function buildImage(
  engine: Engine,
  request: BuildRequest,
  onEvent: (event: BuildEvent) => void,
): Promise<BuildResult> {
  request.signal?.throwIfAborted()
  const withheld = withholdSecrets(request.secrets)
  const progress = buildProgress(onEvent, withheld.redact)
  const { session, context } = await openSession(engine, { ...request, secrets: withheld.secrets }, onEvent)
  try {
    const imageId = await build(engine, request, { session: session?.id, context }, progress)
    const missingSecrets = [...(session?.unanswered.unknownSecrets ?? [])]
    return { imageId, steps: progress.finish(), missingSecrets }
  } catch (error) {
    progress.finish()
    throw explained(engine.failureOf(error, request.signal), session, progress)
  } finally {
    session?.close()
  }
}

interface Opened {
  readonly session: BuildSession | undefined
  readonly context: BuildContext
}

/** Where only the context wants a session and the engine gives none (Podman, a proxy in front of it), the whole context is sent. */
async function openSession(
  engine: Engine,
  request: BuildRequest,
  onEvent: (event: BuildEvent) => void,
): Promise<Opened> {
  const { context, hasMounts, secrets, credentials, sshAgent } = request
  const isNeeded =
    hasMounts === true || secrets.size > 0 || credentials !== undefined || sshAgent !== undefined
  if (!isNeeded && context.kind === 'tar') return { session: undefined, context }
  const { openBuildSession } = await import('../platform/engine/build-session.ts')
  const provisions = { secrets, credentials, sshAgent }
  if (context.kind === 'tar') return { session: await openBuildSession(engine, provisions), context }
  try {
    const { folders, sharedKey } = context
    return { session: await openBuildSession(engine, { ...provisions, folders }, sharedKey), context }
  } catch (error) {
    if (isNeeded || !(error instanceof EngineError)) throw error
    const message = `the whole context is sent, since the engine opens no build session: ${error.message}`
    onEvent({ type: 'build.warned', message, details: [], url: '', line: undefined })
    return { session: undefined, context: context.whole }
  }
}

async function build(
  engine: Engine,
  request: BuildRequest,
  { session, context }: { readonly session: string | undefined; readonly context: BuildContext },
  progress: BuildProgress,
): Promise<string> {
  const { decodeStatus } = await import('../platform/engine/build-wire.ts')
  const buildId = randomUUID()
  const cancel = () => {
    // Letting go of the request ends the build as well; this ends it when that is stuck behind a proxy.
    engine.post('/build/cancel', { query: { id: buildId } }).catch(() => undefined)
  }
  request.signal?.addEventListener('abort', cancel, { once: true })
  const tar = context.kind === 'tar' ? await context.open() : undefined
  // How the engine is told that the files come over the session.
  const remote = context.kind === 'synced' ? 'client-session' : undefined
  const { dockerfile } = context
  try {
    const response = await engine.stream('POST', '/build', {
      query: { version: 2, buildid: buildId, session, remote, dockerfile, ...parametersOf(request) },
      ...(tar && { body: { type: 'application/x-tar', content: tar } }),
      ...(request.signal && { signal: request.signal }),
    })
    let imageId: string | undefined
    for await (const line of jsonLines(response)) {
      const message = recordOf(line)
      const error = textOf(recordOf(message['errorDetail'])['message']) ?? textOf(message['error'])
      if (error !== undefined) throw new EngineError(500, error, 'POST', '/build')
      if (message['id'] === 'moby.image.id') imageId = textOf(recordOf(message['aux'])['ID'])
      const trace = message['id'] === 'moby.buildkit.trace' ? textOf(message['aux']) : undefined
      if (trace !== undefined) progress.take(decodeStatus(Buffer.from(trace, 'base64')))
    }
    if (imageId === undefined)
      throw new EngineError(500, 'the engine ended the build without an image', 'POST', '/build')
    return imageId
  } finally {
    tar?.destroy()
    request.signal?.removeEventListener('abort', cancel)
  }
}

function parametersOf(request: BuildRequest) {
  return {
    t: request.tags,
    target: request.target,
    buildargs: request.args.size === 0 ? undefined : JSON.stringify(Object.fromEntries(request.args)),
    labels: request.labels.size === 0 ? undefined : JSON.stringify(Object.fromEntries(request.labels)),
    platform: request.platform,
    nocache: request.noCache === true ? true : undefined,
    pull: request.pull === true ? true : undefined,
    networkmode: request.network,
  }
}

function explained(error: unknown, session: BuildSession | undefined, progress: BuildProgress): unknown {
  if (!(error instanceof EngineError)) return error
  const [unsent] = session?.unanswered.unsent ?? []
  if (unsent !== undefined) return unsent
  const failed = progress.failed()
  const [failure] = session?.unanswered.failures ?? []
  if (failure !== undefined) {
    const hint = failure instanceof StepError ? failure.hint : undefined
    return new BuildError(`the build needed a value that we could not get: ${failure.message}`, {
      vertex: failed?.name,
      hint,
      cause: failure,
    })
  }
  return buildError(error.message, failed)
}

/** Passes secrets on, and takes those that were handed out from lines of output. */
function withholdSecrets(secrets: BuildRequest['secrets']) {
  const values = new Set<string>()
  const watched = [...secrets].map(([id, fetch]) => {
    const fetchWatched = async () => {
      const value = await fetch()
      // Shorter ones would blank out half of every line.
      for (const line of Buffer.from(value).toString().split('\n'))
        if (line.trim().length >= 4) values.add(line.trim())
      return value
    }
    return [id, fetchWatched] as const
  })
  return {
    secrets: new Map(watched),
    redact: (line: string) => [...values].reduce((text, value) => text.replaceAll(value, '***'), line),
  }
}
