import { readRegistryLogin } from '../images/registry-login.ts'
import { plan } from '../plan/plan.ts'
import type { Resource, ResourceId } from '../plan/resource.ts'
import { StepError } from '../plan/step-error.ts'
import { pushImage } from '../platform/engine/transfer.ts'
import type { Engine } from '../platform/engine/engine.ts'
import { formatTable } from '../report/table.ts'
import type { Image, Registry, ResolvedStack } from '../resolve/resolved.ts'
import { engineOf } from '../session/engine.ts'
import { execute } from '../session/execute.ts'
import { locked } from '../session/locked.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { errorAt, StackError } from '../stack/diagnostics.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/**
 * Builds images whose inputs changed and pushes them to their registries, where only layers go that are not there. Prints each by
 * its digest: what `up --image` takes, on whatever target.
 */
export const push: Command = async (given, around) => {
  const opened = await openStack(given, around, { noCache: given.isOn('no-cache') })
  try {
    const images = imagesToPush(opened.stack, given.operands)
    return await locked(opened, 'push', around.signal, (signal) =>
      pushAll(opened, images, given, { ...around, signal }),
    )
  } finally {
    await opened.close()
  }
}

/** A row of `push -o json`. */
export interface PushedImage {
  readonly image: string
  /** With its tag. */
  readonly reference: string
  /** `sha256:…`: what the registry has it by. */
  readonly digest: string
}

interface Destination {
  readonly image: Image
  readonly registry: Registry
}

/** StackError that names every image without a registry. */
function imagesToPush(stack: ResolvedStack, names: readonly string[]): readonly Destination[] {
  const unknown = names.filter((name) => !stack.images.has(name))
  if (unknown.length > 0)
    throw new UsageError(
      `there is no image ${unknown.join(', ')}`,
      `the stack has ${[...stack.images.keys()].join(', ') || 'none'}`,
    )
  const wanted = [...stack.images.values()].filter(({ name }) => names.length === 0 || names.includes(name))
  if (wanted.length === 0) throw new StepError('precondition', 'the stack builds no images: nothing to push')
  const found = wanted.map((image) => ({ image, registry: registryOf(image, stack) }))
  const homeless = found.flatMap(({ image, registry }) => (registry ? [] : [image]))
  if (homeless.length > 0)
    throw new StackError(
      homeless.map(({ name, from }) =>
        errorAt(
          'push/no-registry',
          `the image ${name} has no registry to be pushed to`,
          from,
          'declare one under registries: { NAME: { host: … } }, and choose it in the profile: registry: NAME',
        ),
      ),
    )
  return found.flatMap(({ image, registry }) => (registry ? [{ image, registry }] : []))
}

function registryOf({ registry }: Image, stack: ResolvedStack): Registry | undefined {
  return registry === undefined ? undefined : stack.registries.get(registry)
}

async function pushAll(
  opened: Opened,
  destinations: readonly Destination[],
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const { signal } = around
  const facts = await opened.gather('change')
  const desired = opened.driver.desired(opened.stack, facts)
  const failed = await buildMissing(opened, desired, destinations, signal)
  if (failed !== exitCodes.ok) return failed
  const engine = await engineOf({ env: around.env, memory: opened.memory, withoutEngine: false })
  try {
    const pushed: PushedImage[] = []
    // One after the other: layers that two images share go once.
    for (const destination of destinations) {
      const reference = facts.images.get(destination.image.name)?.reference ?? ''
      pushed.push(await pushOne(opened, engine, destination, reference, around))
    }
    around.stdout.write(
      given.text('output') === 'json' ? `${JSON.stringify(pushed)}\n` : `${asTable(pushed)}\n`,
    )
    return exitCodes.ok
  } finally {
    engine.close()
  }
}

/** Neither cluster nor containers are looked at: whether an image is there, the engine knows. */
async function buildMissing(
  { driver, ...opened }: Opened,
  desired: readonly Resource[],
  destinations: readonly Destination[],
  signal: AbortSignal,
): Promise<number> {
  const ids = new Set<ResourceId>(destinations.map(({ image }): ResourceId => `image/${image.name}`))
  const images = desired.filter(({ kind }) => kind === 'image')
  if (!driver.observeImages || !images.some(({ id }) => ids.has(id)))
    throw new StepError('precondition', `${opened.stack.profile.target} builds no images`, {
      hint: 'name a profile that does: --profile compose',
    })
  const observed = await driver.observeImages(images, signal)
  const builds = plan({ desired: images, observed, selection: ids, images: ids })
  return exitCodeOfOutcome(await execute({ ...opened, driver }, builds, { wait: true, signal }))
}

async function pushOne(
  { emit }: Opened,
  engine: Engine,
  { image, registry }: Destination,
  reference: string,
  { env, signal }: Surroundings,
): Promise<PushedImage> {
  const resource: ResourceId = `image/${image.name}`
  const credentials = await readRegistryLogin(registry, env)
  let told = ''
  const tell = (text: string): void => {
    if (text !== told) emit({ type: 'step.progressed', at: Date.now(), resource, text })
    told = text
  }
  const digest = await pushImage(engine, reference, {
    signal,
    ...(credentials && { credentials }),
    onProgress: ({ layers, layersDone }) =>
      tell(`pushing ${reference}: ${layersDone} of ${layers} layers are there`),
  })
  return { image: image.name, reference, digest }
}

/** `registry/name@sha256:…` has no tag: a digest says it all. */
function asTable(pushed: readonly PushedImage[]): string {
  return formatTable(
    pushed.map(({ image, reference, digest }) => [image, `${reference.replace(/:[^:/]+$/, '')}@${digest}`]),
  )
}
