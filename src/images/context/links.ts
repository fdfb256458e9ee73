import { join, posix } from 'node:path'
import type { FileAccess } from './file-access.ts'
import { followGlob, parseGlob } from './glob.ts'
import type { ContextRead } from './reads.ts'
import { hasWildcards, insideContext, literalGlob } from './reads.ts'

/** As many links as a kernel follows before it calls it a loop. */
const mostLinks = 40

/**
 * BuildKit follows links that a source names (links inside a copied directory stay links), within the context only. The result
 * is the given reads and, for each link on the way, reads of the link and of what it leads to.
 */
export async function withLinkTargets(
  reads: readonly ContextRead[],
  contextDirectory: string,
  files: FileAccess,
): Promise<readonly ContextRead[]> {
  const added = await Promise.all(
    reads.filter((read) => read.source !== '.').map((read) => linkedReads(read, contextDirectory, files)),
  )
  return [...reads, ...added.flat()]
}

async function linkedReads(
  read: ContextRead,
  contextDirectory: string,
  files: FileAccess,
): Promise<readonly ContextRead[]> {
  const found: ContextRead[] = []

  /** `named` is the path as the source names it, `actual` the same with links resolved. */
  async function follow(
    named: string,
    actual: string,
    rest: readonly string[],
    links: number,
  ): Promise<void> {
    const [component, ...others] = rest
    if (component === undefined) {
      if (links > 0 && named !== actual) found.push(alias(read, named, actual))
      return
    }
    for (const name of await candidates(actual, component)) {
      const path = posix.join(actual, name)
      const [stat] = await files.stat([join(contextDirectory, path)])
      if (stat?.kind !== 'link') {
        if (stat) await follow(posix.join(named, name), path, others, links)
      } else if (links < mostLinks) {
        const target = await files.readLink(join(contextDirectory, path))
        const resolved = insideContext(target.startsWith('/') ? target : posix.join('/', actual, target))
        found.push(alias(read, path, path))
        // The target may itself lead through links; its components are walked again from the top.
        const ahead = resolved === '' ? [] : resolved.split('/')
        await followTarget(posix.join(named, name), ahead, others, links + 1)
      }
    }
  }

  async function followTarget(
    named: string,
    ahead: readonly string[],
    others: readonly string[],
    links: number,
  ): Promise<void> {
    const actual = await resolve('', ahead, links)
    if (actual !== undefined) await follow(named, actual, others, links)
  }

  async function resolve(
    actual: string,
    rest: readonly string[],
    links: number,
  ): Promise<string | undefined> {
    const [component, ...others] = rest
    if (component === undefined) return actual
    const path = posix.join(actual, component)
    const [stat] = await files.stat([join(contextDirectory, path)])
    if (stat?.kind !== 'link') return resolve(path, others, links)
    if (links >= mostLinks) return undefined
    const target = await files.readLink(join(contextDirectory, path))
    const resolved = insideContext(target.startsWith('/') ? target : posix.join('/', actual, target))
    found.push(alias(read, path, path))
    return resolve('', [...resolved.split('/').filter((part) => part !== ''), ...others], links + 1)
  }

  async function candidates(directory: string, component: string): Promise<readonly string[]> {
    const glob = hasWildcards(component) ? parseGlob(component, 'match') : undefined
    if (!glob) return [component]
    const [stat] = await files.stat([join(contextDirectory, directory)])
    if (stat?.kind !== 'directory') return []
    const entries = await files.list(join(contextDirectory, directory))
    return entries.map((entry) => entry.name).filter((name) => followGlob(glob, name).length === name.length)
  }

  await follow('', '', read.source.split('/'), 0)
  return found
}

/** Reads `actual` in the name of `named`. */
function alias(read: ContextRead, named: string, actual: string): ContextRead {
  const glob = literalGlob(actual)
  return {
    ...read,
    source: actual === '' ? '.' : actual,
    isPattern: true,
    ...(named !== actual && { standsFor: read }),
    matches: (file) => !glob || followGlob(glob, file).length !== undefined,
    mayMatchUnder: (directory) => !glob || followGlob(glob, directory).isOpen,
    destinationOf: (file) => {
      const below = actual === '' ? `/${file}` : file.slice(actual.length)
      return read.destinationOf(named + below)
    },
  }
}
