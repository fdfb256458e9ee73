import type { Checked, Diagnostic } from '../stack/diagnostics.ts'
import { checked } from '../stack/diagnostics.ts'
import type { Image } from '../resolve/resolved.ts'
import type { FileAccess } from './context/file-access.ts'
import type { StatCache } from './context/stat-cache.ts'
import { identifyImage, type ImageIdentity } from './identify.ts'

export interface IdentifyAllOptions {
  readonly files: FileAccess
  readonly cache: StatCache
  /** Keyed digests of the secrets that the image's build mounts, in a stable order. */
  readonly secretDigests: (image: Image) => readonly string[]
  /** Architecture of the engine, for images that name no platform: `linux/amd64`. */
  readonly platform: string | undefined
}

/**
 * The identities of all images of a stack. An image that is FROM another one of the stack has that one's hash in its own, so a
 * change below reaches everything above. Images that are FROM each other in a circle are refused by name.
 */
export async function identifyImages(
  images: ReadonlyMap<string, Image>,
  options: IdentifyAllOptions,
): Promise<Checked<ReadonlyMap<string, ImageIdentity>>> {
  const findings: Diagnostic[] = []
  const identities = new Map<string, ImageIdentity>()
  const alone = await Promise.all(
    [...images.values()].map(async (image) => ({
      image,
      found: await identify(image, options, () => undefined),
    })),
  )
  for (const { image, found } of alone) {
    findings.push(...found.warnings, ...(found.ok ? [] : found.errors))
    if (found.ok) identities.set(image.name, found.value)
  }
  for (const name of derivedInOrder(images, identities)) {
    const image = images.get(name)
    if (!image) continue
    const again = await identify(image, options, (reference) => identities.get(reference)?.hash)
    if (again.ok) identities.set(name, again.value)
  }
  return checked(identities, findings)
}

/** Names of the images of the stack that this one is built from. */
export function basesWithin(identity: ImageIdentity, images: ReadonlyMap<string, unknown>): string[] {
  return identity.bases.filter((base) => images.has(base))
}

function identify(
  image: Image,
  options: IdentifyAllOptions,
  baseIdentity: (reference: string) => string | undefined,
) {
  const platform = image.platforms[0] ?? options.platform
  return identifyImage(
    {
      name: image.name,
      contextDir: image.context,
      dockerfilePath: image.dockerfile,
      args: image.args,
      baseIdentity,
      extra: [...image.pre.map(({ run }) => run), ...options.secretDigests(image)],
      missing: image.pre.length > 0 ? 'warning' : 'error',
      targetSpan: image.from,
      ...(image.target !== undefined && { target: image.target }),
      ...(platform !== undefined && { platform }),
    },
    options.files,
    options.cache,
  )
}

/** Images with a base in the stack, bases first; a circle is left to the engine, which cannot pull such a name and says so. */
function derivedInOrder(
  images: ReadonlyMap<string, Image>,
  identities: ReadonlyMap<string, ImageIdentity>,
): string[] {
  const ordered = new Set<string>()
  const visit = (name: string, chain: readonly string[]): void => {
    const identity = identities.get(name)
    if (!identity || ordered.has(name) || chain.includes(name)) return
    const bases = basesWithin(identity, images)
    for (const base of bases) visit(base, [...chain, name])
    if (bases.length > 0) ordered.add(name)
  }
  for (const name of identities.keys()) visit(name, [])
  return [...ordered]
}
