import type { MaterialStore } from '../content/materials.ts'
import { readConfigs, type ConfigFiles } from '../content/configs.ts'
import type { Facts, ImageFact } from '../drivers/facts.ts'
import { createStatCache, type StatCacheData } from '../images/context/stat-cache.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import type { IdentifyAllOptions } from '../images/identify-all.ts'
import type { ImageIdentity } from '../images/identify.ts'
import type { StepError } from '../plan/step-error.ts'
import { runPreSteps } from './pre-steps.ts'
import { digestSources, processSources } from './sources.ts'
import type { Memory } from '../memory/memory.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { checked, StackError, type Checked, type Diagnostic } from '../stack/diagnostics.ts'

/** `check` reads files only; `look` also what is remembered; `change` may make what is missing. */
export type Purpose = 'check' | 'look' | 'change'

export interface GatherOptions {
  readonly stack: ResolvedStack
  readonly memory: Memory
  readonly materials: MaterialStore
  readonly files: ConfigFiles
  /** What a revision kept, and is not looked for in today's files. */
  readonly frozen: Pick<Facts, 'images' | 'manifests' | 'charts'> | undefined
  /** What was read before, and whose files somebody watches. */
  readonly known?: Pick<Facts, 'manifests' | 'charts'> | undefined
  /** Gives out ports; a look takes only those that are known. */
  readonly ports: (purpose: Purpose, configs: Facts['configs']) => Promise<ReadonlyMap<string, number>>
  /** Local processes alone have sources of their own. */
  readonly hasSources: boolean
  readonly warn: (findings: readonly Diagnostic[]) => void
  /** Digests of files as they were known last; default: as the last command left them. */
  readonly hashes?: StatCacheData | undefined
}

export interface Gathered {
  readonly facts: Facts
  readonly identities: ReadonlyMap<string, ImageIdentity>
  /** Images whose host steps (`pre`) failed: their build ends with this. */
  readonly preFailures: ReadonlyMap<string, StepError>
  /** For the next time. */
  readonly hashes: StatCacheData
}

const cacheKey = 'file-hashes'

/** Everything that planning needs to know of the world but the target itself. Every mistake in every file is told at once. */
export async function gather(options: GatherOptions, purpose: Purpose): Promise<Gathered> {
  const { stack, memory, materials } = options
  // Local processes run from today's sources, so their images are identified by them.
  const frozen = options.hasSources ? undefined : options.frozen
  const cache = createStatCache(purpose === 'check' ? {} : (options.hashes ?? (await readCache(memory))))
  const configs = await readConfigs(stack, undefined, options.files)
  const preFailures =
    purpose === 'change' && !frozen
      ? await runPreSteps(stack.images, memory, nodeFiles, cache)
      : new Map<string, StepError>()
  const secrets =
    purpose === 'check' || !configs.ok
      ? new Map<string, ReadonlyMap<string, string>>()
      : await materials.secretFacts(purpose, configs.value)
  const identities = await identitiesOf(frozen ? new Map() : stack.images, {
    files: nodeFiles,
    cache,
    platform: undefined,
    secretDigests: (image) =>
      [...image.secrets].map(([id, { secret, key }]) => `${id} ${secrets.get(secret)?.get(key) ?? ''}`),
  })
  const known = frozen ?? options.known
  const raw = known ? checked(known.manifests, []) : await rawObjects(stack)
  const charts = known ? checked(known.charts, []) : await chartsOf(stack)
  const read = [configs, identities, raw, charts]
  options.warn(read.flatMap(({ warnings }) => warnings))
  if (!configs.ok || !identities.ok || !raw.ok || !charts.ok)
    throw new StackError(read.flatMap((each) => (each.ok ? [] : each.errors)))
  const facts: Facts = {
    configs: configs.value,
    secrets,
    certs: purpose === 'check' ? new Map() : await materials.certFacts(purpose),
    images:
      frozen?.images ??
      new Map(
        await Promise.all(
          [...identities.value].map(
            async ([name, identity]) => [name, await imageFact(stack, name, identity)] as const,
          ),
        ),
      ),
    ports: await options.ports(purpose, configs.value),
    sources: options.hasSources
      ? await digestSources(
          await processSources(stack, nodeFiles, memory.folder),
          identities.value,
          nodeFiles,
          cache,
        )
      : new Map(),
    manifests: raw.value,
    charts: charts.value,
  }
  return { facts, identities: identities.value, preFailures, hashes: cache.toData() }
}

/** The next command reads only files that changed since. */
export function keepHashes(memory: Memory, { hashes }: Gathered): Promise<void> {
  return memory.write(cacheKey, hashes)
}

/** Only a cluster has a use for them; elsewhere `check` says that they are left out. */
async function rawObjects(stack: ResolvedStack): Promise<Checked<Facts['manifests']>> {
  if (!isOnCluster(stack) || !stack.settings.has('manifests')) return checked([], [])
  const { readManifests } = await import('../content/manifests.ts')
  return readManifests(stack)
}

async function chartsOf(stack: ResolvedStack): Promise<Checked<Facts['charts']>> {
  if (!isOnCluster(stack) || !stack.settings.has('charts')) return checked(new Map(), [])
  const { readCharts } = await import('../content/charts.ts')
  return readCharts(stack)
}

function isOnCluster({ profile }: ResolvedStack): boolean {
  return profile.target !== 'process' && profile.target !== 'compose'
}

/** The reader of Dockerfiles is loaded only for a stack that builds. */
async function identitiesOf(
  images: ResolvedStack['images'],
  options: IdentifyAllOptions,
): Promise<Checked<ReadonlyMap<string, ImageIdentity>>> {
  if (images.size === 0) return { ok: true, value: new Map(), warnings: [] }
  const { identifyImages } = await import('../images/identify-all.ts')
  return identifyImages(images, options)
}

async function imageFact(stack: ResolvedStack, name: string, identity: ImageIdentity): Promise<ImageFact> {
  const image = stack.images.get(name)
  const gitTag = image?.tag.kind === 'git' ? await describeCommit(image.context) : undefined
  const { defaults } = identity
  const [{ basesWithin }, { referenceOf }] = await Promise.all([
    import('../images/identify-all.ts'),
    import('../images/naming.ts'),
  ])
  return {
    hash: identity.hash,
    reference: referenceOf(stack, name, identity.hash, gitTag),
    bases: basesWithin(identity, stack.images),
    defaults: {
      ports: defaults.ports.flatMap(({ port, protocol }) =>
        protocol === 'sctp' ? [] : [{ port, protocol }],
      ),
      user: defaults.user,
      workingDir: defaults.workingDirectory,
      stopSignal: defaults.stopSignal,
      hasHealthcheck: defaults.healthcheck !== undefined && defaults.healthcheck !== 'none',
      volumes: defaults.volumes,
      entrypoint: defaults.entrypoint,
      command: defaults.command,
    },
  }
}

/** `v1.2-3-gabc123-dirty`; undefined where there is no git or no repository. */
async function describeCommit(folder: string): Promise<string | undefined> {
  const { CommandError, run } = await import('../platform/run.ts')
  try {
    const { exitCode, stdout } = await run(['git', 'describe', '--tags', '--always', '--dirty'], {
      cwd: folder,
    })
    return exitCode === 0 ? stdout.trim() : undefined
  } catch (error) {
    if (error instanceof CommandError) return undefined
    throw error
  }
}

async function readCache(memory: Memory): Promise<StatCacheData> {
  const data = await memory.read(cacheKey)
  return typeof data === 'object' && data !== null ? (data as StatCacheData) : {}
}
