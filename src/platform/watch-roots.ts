import { join, relative, sep } from 'node:path'

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The paths that somebody wants to know of. */
export function createRoots() {
  const roots = new Set<string>()
  return {
    add: (path: string) => void roots.add(path),
    delete: (path: string) => void roots.delete(path),
    has: (path: string) => roots.has(path),
    /** Whether the path is a root or lies below one. */
    cover: (path: string) => [...roots].some((root) => isWithin(path, root)),
    /** Whether the path is a root or lies above one. */
    leadsTo: (path: string) => [...roots].some((root) => isWithin(root, path)),
    below: (folder: string) => [...roots].filter((root) => isWithin(root, folder) && root !== folder),
  }
}

/** What stands right below `folder` on the way to `root`. */
export function nextStep(folder: string, root: string): string {
  return join(folder, relative(folder, root).split(sep)[0] ?? '')
}
