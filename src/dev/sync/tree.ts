import { join } from 'node:path'
import type { ContextFile } from '../../images/context/content.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { InnerFile } from '../../plan/step.ts'

/** Where a file of the context is to be written inside a container, and with which permission bits where not its own. */
export interface Placing {
  readonly destinations: readonly string[]
  readonly mode?: number | undefined
  /** Command lines to be run inside when it changed. */
  readonly exec: readonly string[]
  /** Its place inside is empty without it, so it can be taken away again. */
  readonly isRemovable: boolean
}

/** What of an image can be brought up to date inside a container, and the identity of all the rest. */
export interface Tree {
  /** Two images that differ here differ in something that no file inside can make good. */
  readonly fixed: string
  /** By absolute path inside. */
  readonly files: ReadonlyMap<string, InnerFile>
  /** Command lines to be run inside when a path there changed. */
  readonly execs: ReadonlyMap<string, readonly string[]>
  /** Paths inside that the image does not bring: they are only named by `dev.sync`. */
  readonly beside: ReadonlySet<string>
  /** Paths inside that would show something of an earlier layer if they were removed. */
  readonly covering: ReadonlySet<string>
}

/** The tree of an image as one service runs it; `placingOf` is undefined for a file that only a build can bring in. Pure. */
export function treeOf(
  identity: ImageIdentity,
  context: string,
  placingOf: (path: string) => Placing | undefined,
  /** Files that `dev.sync` names, by absolute paths of this machine. */
  named: readonly ContextFile[] = [],
): Tree {
  const files = new Map<string, InnerFile>()
  const execs = new Map<string, readonly string[]>()
  const covering = new Set<string>()
  const beside = new Set<string>()
  const placed = new Set<string>()
  const own = identity.files.map((file) => ({ file, source: join(context, file.path), isNamed: false }))
  const sources = new Set(own.map(({ source }) => source))
  const others = named.filter(({ path }) => !sources.has(path))
  for (const { file, source, isNamed } of [
    ...own,
    ...others.map((file) => ({ file, source: file.path, isNamed: true })),
  ]) {
    const placing = placingOf(file.path)
    if (!placing) continue
    if (!isNamed) placed.add(file.path)
    for (const destination of placing.destinations) {
      if (isNamed) beside.add(destination)
      files.set(destination, innerFile(file, source, placing.mode))
      if (placing.exec.length > 0) execs.set(destination, placing.exec)
      if (!placing.isRemovable) covering.add(destination)
    }
  }
  return { fixed: identity.hashWithout(placed), files, execs, covering, beside }
}

function innerFile(file: ContextFile, source: string, mode: number | undefined): InnerFile {
  return { kind: file.kind, source, content: file.content, mode: (mode ?? file.mode) & 0o7777 }
}

/**
 * One file in a word, to compare and to store: kind, executable or not, and content. Of the permission bits only the executable
 * one counts, as in the identity of an image.
 */
export function markOf({ kind, mode, content }: InnerFile): string {
  const isExecutable = kind === 'file' && (mode & 0o111) !== 0
  return `${kind}${isExecutable ? ' x' : ''} ${content}`
}

/** A tree as it is remembered: what an image brought along. */
export interface StoredTree {
  readonly fixed: string
  /** Marks by path inside. */
  readonly files: Readonly<Record<string, string>>
  /** Of these, those that cover something of an earlier layer. */
  readonly covering: readonly string[]
}

export function storedTree({ fixed, files, covering, beside }: Tree): StoredTree {
  const marks = [...files].flatMap(([path, file]) =>
    beside.has(path) ? [] : [[path, markOf(file)] as const],
  )
  return { fixed, files: Object.fromEntries(marks), covering: [...covering] }
}
