import type { ImageIdentity } from '../../images/identify.ts'
import type { Image, ResolvedStack, Service } from '../../resolve/resolved.ts'
import { digest } from '../../plan/hash.ts'
import { wayOf, type WayInput } from '../ways/way.ts'
import { isSyncable } from '../supervised.ts'
import type { NamedFiles } from './extras.ts'
import { treeOf, type Placing } from './tree.ts'
import type { Syncable } from './weave.ts'

/** What syncing needs of a stack as it was gathered last. */
export interface SyncScene {
  readonly stack: ResolvedStack
  readonly identities: ReadonlyMap<string, ImageIdentity>
  /** What `dev.sync` names, by service. */
  readonly named: NamedFiles
  /** Whether edits can be written into its containers, and its program can be made to see them. */
  readonly takesEdits: (service: Service) => boolean
  readonly barred: ReadonlySet<string>
}

/** The services into whose containers edits can be written, with the trees of their images as they are now. */
export function syncablesOf({ stack, identities, named, takesEdits, barred }: SyncScene): Syncable[] {
  return [...stack.services.values()].flatMap((service): Syncable[] => {
    const image = service.image?.kind === 'built' ? stack.images.get(service.image.image) : undefined
    const identity = image && identities.get(image.name)
    if (!identity || !isSyncable(stack, service) || !takesEdits(service)) return []
    const placingOf = placings(stack, service, image, identity)
    const tree = treeOf(identity, image.context, placingOf, named.get(service.name))
    return [{ service: service.name, tree, then: service.dev.restart, barred }]
  })
}

interface Known {
  /** Of everything about the image but what is in its files. */
  readonly frame: string
  readonly placings: Map<string, Placing | undefined>
}

const known = new WeakMap<Service, Known>()

/** Where a path belongs depends on the Dockerfile and on which paths there are, not on what is in them: worked out once for all edits. */
function placings(
  stack: ResolvedStack,
  owner: Service,
  image: Image,
  identity: ImageIdentity,
): (path: string) => Placing | undefined {
  const paths = identity.files.map(({ path, kind }) => `${path} ${kind}`)
  const rest = identity.hashWithout(new Set(identity.files.map(({ path }) => path)))
  const frame = digest([rest, ...paths])
  const before = known.get(owner)
  const now = before?.frame === frame ? before : { frame, placings: new Map<string, Placing | undefined>() }
  known.set(owner, now)
  const imagesOfStack = new Set(stack.images.keys())
  const input = { image, identity, owner, isProtected: false, imagesOfStack }
  return (path) => {
    if (!now.placings.has(path)) now.placings.set(path, placingOf(input, path))
    return now.placings.get(path)
  }
}

function placingOf(input: WayInput, path: string): Placing | undefined {
  const way = wayOf(input, path)
  if (way.cost !== 'sync') return undefined
  return {
    destinations: way.destinations,
    mode: way.mode === undefined ? undefined : Number.parseInt(way.mode, 8),
    exec: way.exec.map(({ command }) => command),
    isRemovable: wayOf({ ...input, change: 'remove' }, path).cost === 'sync',
  }
}
