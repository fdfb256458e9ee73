import type { Life, Observed, ObservedResource, Resource, ResourceId } from '../../plan/resource.ts'
import type { SyncEnd, SyncFile, SyncWork } from '../../plan/step.ts'
import { gone, unknown, type Ledger, type Standing } from './ledger.ts'
import { markOf, storedTree, type StoredTree, type Tree } from './tree.ts'

/** A service into whose containers edits can be written. */
export interface Syncable {
  readonly service: string
  /** The tree as it is now. */
  readonly tree: Tree
  readonly then: SyncEnd
  /** Containers into which writing failed for a reason that stays: only another image helps these. */
  readonly barred: ReadonlySet<string>
}

export interface Woven {
  readonly syncs: ReadonlyMap<ResourceId, SyncWork>
  /** What was observed, with containers counted as what has been written into them. */
  readonly observed: Observed
  /** What the wanted image of each service brings along, and whether it is what runs already. */
  readonly trees: readonly WovenTree[]
}

export interface WovenTree {
  readonly service: string
  readonly image: string
  readonly tree: StoredTree
  readonly isRunning: boolean
}

/** The part of a workload that its image is. */
const imagePart = 'image'

/**
 * Turns another image into files wherever what differs can be written into what runs. A container whose files are as the tree is
 * counts as made from the image that the tree would give. Pure: the same tree, ledger and look give the same work.
 */
export function weave(
  desired: readonly Resource[],
  observed: Observed,
  syncables: readonly Syncable[],
  ledger: Pick<Ledger, 'standingOf' | 'treeOf'>,
): Woven {
  const syncs = new Map<ResourceId, SyncWork>()
  const adjusted = new Map(observed)
  const trees: WovenTree[] = []
  const byId = new Map(desired.map((resource) => [resource.id, resource]))
  for (const syncable of syncables) {
    const id: ResourceId = `service/${syncable.service}`
    const image = byId.get(id)?.parts[imagePart]
    if (image === undefined) continue
    const seen = observed.get(id)
    const running = seen?.parts?.[imagePart]
    const now = storedTree(syncable.tree)
    trees.push({ service: syncable.service, image, tree: now, isRunning: running === image })
    const start = running === image ? now : ledger.treeOf(syncable.service, running ?? '')
    if (!seen?.lives?.length || start?.fixed !== now.fixed) continue
    if (seen.lives.some((life) => syncable.barred.has(life.id))) continue
    const lacking = seen.lives.map((life) => ({
      life,
      files: lackingIn(start, syncable.tree, ledger.standingOf(life.id)),
    }))
    if (lacking.some(({ files }) => uncovers(files, start))) continue
    const lives = lacking.filter(({ files }) => files.length > 0)
    if (lives.length === 0) {
      adjusted.set(id, inSync(seen, image))
    } else if (lives.every(({ life }) => life.isRunning)) {
      syncs.set(id, { lives, exec: execFor(syncable.tree, lives), then: syncable.then })
      adjusted.set(id, { ...seen, lives: seen.lives.map(notEdited) })
    }
  }
  return { syncs, observed: adjusted, trees }
}

/** Without the file something else would show at its place, which only a build can tell. */
function uncovers(files: readonly SyncFile[], { covering }: StoredTree): boolean {
  return files.some(({ path, wanted }) => wanted === undefined && covering.includes(path))
}

/** Each command line that a changed path asks for, once. */
function execFor({ execs }: Tree, lives: SyncWork['lives']): string[] {
  const lines = lives.flatMap(({ files }) => files.flatMap(({ path }) => execs.get(path) ?? []))
  return [...new Set(lines)]
}

/** What has to be written so that a container is as the tree is, in an order in which folders come before what is in them. */
function lackingIn(start: StoredTree, tree: Tree, standings: ReadonlyMap<string, Standing>): SyncFile[] {
  const inside = (path: string): Standing => standings.get(path) ?? start.files[path] ?? gone
  const known = new Set([...Object.keys(start.files), ...standings.keys()])
  const cleared = clearedIn(tree, inside, known)
  const isCleared = (path: string): boolean => cleared.some((folder) => path.startsWith(`${folder}/`))
  const changed = [...tree.files].flatMap(([path, wanted]): SyncFile[] =>
    inside(path) === markOf(wanted) && !isCleared(path) ? [] : [{ path, wanted }],
  )
  const left = [...known].flatMap((path): SyncFile[] =>
    tree.files.has(path) || inside(path) === gone ? [] : [{ path, wanted: undefined }],
  )
  // What goes makes room first: a file may stand where a folder is to be.
  const removals = [...left.map(({ path }) => path), ...cleared].sort()
  return [...removals.map((path) => ({ path, wanted: undefined })), ...changed.sort(byPath)]
}

/**
 * A file where a folder is to be, or the other way round, goes before the new one comes. Where it is not known what is there (a
 * batch was cut off), it is taken for the other kind if it may be; what is below goes with it.
 */
function clearedIn(
  tree: Tree,
  inside: (path: string) => Standing,
  known: ReadonlySet<string>,
): readonly string[] {
  const isFolder = (path: string): boolean => [...known].some((each) => each.startsWith(`${path}/`))
  return [...tree.files].flatMap(([path, { kind }]) => {
    const there = inside(path)
    if (there === gone) return []
    if (there === unknown) return kind === 'directory' || isFolder(path) ? [path] : []
    return there.split(' ', 1)[0] === kind ? [] : [path]
  })
}

function byPath(one: SyncFile, other: SyncFile): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0
}

function inSync(seen: ObservedResource, image: string): ObservedResource {
  return {
    ...seen,
    parts: { ...seen.parts, [imagePart]: image },
    ...(seen.lives && { lives: seen.lives.map(notEdited) }),
  }
}

/** What was written in is accounted for. */
function notEdited(life: Life): Life {
  return { ...life, isEdited: false }
}
