import type { Facts } from '../drivers/facts.ts'
import type { Mount, ResolvedStack } from '../resolve/resolved.ts'
import type { Reference } from '../resolve/text.ts'
import { errorAt, StackError, type Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import type { Materials } from './materials.ts'
import { renderWithSecrets } from './render.ts'

/** A file as it must lie in a mount of one consumer. */
export interface MountFile {
  /** Relative to the mount's path; empty for a file mount, where the mount's path is the file. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Permission bits, e.g. 0o400. */
  readonly mode: number
  readonly isSecret: boolean
}

/** The kinds of mount whose content is made by us. */
export type ContentMount = Extract<Mount, { readonly kind: 'config' | 'secret' | 'cert' }>

/** How a consumer's mounts are filled; the same for every target, only `lookup` (what references mean there) differs. */
export type FillMount = (
  mount: ContentMount,
  context: {
    readonly stack: ResolvedStack
    readonly facts: Facts
    readonly materials: Materials
    readonly lookup: (reference: Reference) => string
  },
) => Promise<MountFile[]>

type Context = Parameters<FillMount>[1]

/**
 * Files in the order of their declaration. StackError for a key that the config or secret does not have, StepError for a secret
 * without a value.
 */
export const fillMount: FillMount = (mount, context) => {
  switch (mount.kind) {
    case 'config':
      return configFiles(mount, context)
    case 'secret':
      return secretFiles(mount, context)
    case 'cert':
      return certFiles(mount, context)
    default:
      return mount satisfies never
  }
}

/** A file that reads a secret is one, and its owner's alone. */
async function configFiles(
  mount: Extract<ContentMount, { kind: 'config' }>,
  context: Context,
): Promise<MountFile[]> {
  const files = new Map(context.facts.configs.get(mount.config)?.files.map((file) => [file.path, file]))
  return Promise.all(
    chosen(mount, `config ${mount.config}`, files).map(async ([path, { content }]) => {
      if (content.kind === 'bytes') return { path, bytes: content.bytes, mode: mount.mode, isSecret: false }
      const { text, isSecret } = await renderWithSecrets(content.text, context)
      const mode = isSecret ? mount.mode & ownerOnly : mount.mode
      return { path, bytes: new TextEncoder().encode(text), mode, isSecret }
    }),
  )
}

const ownerOnly = 0o500

async function secretFiles(
  mount: Extract<ContentMount, { kind: 'secret' }>,
  { stack, materials }: Context,
): Promise<MountFile[]> {
  const { secret } = mount
  const keys = new Map([...(stack.secrets.get(secret)?.keys.keys() ?? [])].map((key) => [key, key]))
  return Promise.all(
    chosen(mount, `secret ${secret}`, keys).map(async ([path, key]) => {
      const value = await materials.secret({ secret, key })
      return { path, bytes: value.expose(), mode: mount.mode, isSecret: true }
    }),
  )
}

/** What is public may be read by everybody who may enter; keys have the mode of the mount. */
async function certFiles(
  mount: Extract<ContentMount, { kind: 'cert' }>,
  { materials }: Context,
): Promise<MountFile[]> {
  const files = await materials.cert(mount.cert)
  return [...files].map(([path, { bytes, isSecret }]) => ({
    path,
    bytes,
    mode: isSecret ? mount.mode : mount.mode | 0o044,
    isSecret,
  }))
}

interface Selection {
  readonly key: string | undefined
  readonly keys: readonly string[] | undefined
  readonly from: Span
}

/** The members that a mount asks for, each with its path in the mount: one file, a subset, or everything. */
function chosen<Member>(
  { key, keys, from }: Selection,
  owner: string,
  members: ReadonlyMap<string, Member>,
): [string, Member][] {
  const wanted = key !== undefined ? [key] : (keys ?? [...members.keys()])
  const found: [string, Member][] = []
  const missing: string[] = []
  for (const name of wanted) {
    const member = members.get(name)
    if (member === undefined) missing.push(name)
    else found.push([key === undefined ? name : '', member])
  }
  if (missing.length > 0) throw new StackError(missing.map((name) => noSuchKey(owner, name, members, from)))
  return found
}

function noSuchKey(owner: string, name: string, members: ReadonlyMap<string, unknown>, from: Span) {
  const known = [...members.keys()]
  const near = nearest(name, known)
  const hint = near === undefined ? `it has ${known.join(', ') || 'none'}` : didYouMean(near)
  return errorAt('mount/unknown-key', `${owner} has no key ${name}`, from, hint)
}
