import type { ResourceId } from '../plan/resource.ts'

/** From the dearest to the cheapest. */
export type EditClass = 'replan' | 'rebuild' | 'restart' | 'reload' | 'sync' | 'ignored'

/** One thing that reads files, and what an edit of them means for which services. */
export interface Reader {
  /** In words, for `edit.classified`: `image iam-apiserver reads it`, `template of config app`. */
  readonly rule: string
  readonly update: Exclude<EditClass, 'ignored'>
  readonly resources: readonly ResourceId[]
  /** Whether an edit of this absolute path matters. */
  readonly reads: (path: string) => boolean
  /** What it means path by path and service by service, where that is known. */
  readonly finer?: (path: string) => readonly Omit<Impact, 'path'>[]
}

export interface Impact {
  readonly path: string
  readonly update: EditClass
  readonly rule: string
  readonly resources: readonly ResourceId[]
}

/** What each edited path means: total, one answer per reader that it concerns, `ignored` when it concerns none. Pure. */
export function impactOf(paths: readonly string[], readers: readonly Reader[]): Impact[] {
  return paths.flatMap((path): Impact[] => {
    const concerned = readers.filter((reader) => reader.reads(path))
    if (concerned.length === 0)
      return [{ path, update: 'ignored', rule: 'nothing in the stack reads it', resources: [] }]
    return concerned.flatMap(({ finer, update, rule, resources }) =>
      (finer?.(path) ?? [{ update, rule, resources }]).map((each) => ({ path, ...each })),
    )
  })
}

/** Why each resource is looked at, for the plan: the first edited file, and how many more. */
export function causesOf(impacts: readonly Impact[]): ReadonlyMap<ResourceId, string> {
  const pathsByResource = new Map<ResourceId, Set<string>>()
  for (const { path, resources } of impacts) {
    for (const resource of resources)
      pathsByResource.set(resource, (pathsByResource.get(resource) ?? new Set()).add(path))
  }
  return new Map(
    [...pathsByResource].map(([resource, paths]) => {
      const [first = ''] = paths
      return [resource, paths.size === 1 ? first : `${first} and ${paths.size - 1} more`]
    }),
  )
}
