import type { Image, ResolvedStack } from '../resolve/resolved.ts'

/** Hex digits of the hash in a tag: unique among the builds of one image, and short enough to read. */
const tagLength = 12

/**
 * What an image of the stack is called: `<stack>/<image>:<tag>` on this machine, or by the template of the stack file, whose
 * `{registry}`, `{namespace}`, `{name}`, `{arch}`, `{tag}` are filled in and whose `[…]` parts go where a word in them is not known.
 */
export function referenceOf(stack: ResolvedStack, name: string, hash: string, gitTag?: string): string {
  const image = stack.images.get(name)
  const registry = image?.registry === undefined ? undefined : stack.registries.get(image.registry)
  const tag = image ? tagOf(image.tag, hash, gitTag) : hash.slice(0, tagLength)
  const usual = registry ? '{registry}/[{namespace}/]{name}:{tag}' : '{stack}/{name}:{tag}'
  const words = new Map<string, string | undefined>([
    ['registry', registry?.host],
    ['namespace', registry?.namespace],
    ['stack', stack.name],
    ['name', name],
    ['arch', image?.platforms[0]?.split('/')[1]],
    ['tag', tag],
  ])
  return fill(image?.naming ?? usual, words).toLowerCase()
}

/** Outside a repository there is no description of git's, and the hash stands in. */
function tagOf(tag: Image['tag'], hash: string, gitTag: string | undefined): string {
  switch (tag.kind) {
    case 'text':
      return tag.text
    case 'git':
      return gitTag ?? hash.slice(0, tagLength)
    case 'hash':
      return hash.slice(0, tagLength)
    default:
      return tag satisfies never
  }
}

function fill(template: string, words: ReadonlyMap<string, string | undefined>): string {
  const isKnown = (part: string): boolean =>
    [...part.matchAll(/\{(\w+)\}/g)].every((match) => words.get(match[1] ?? '') !== undefined)
  const put = (part: string): string =>
    part.replace(/\{(\w+)\}/g, (_whole, word: string) => words.get(word) ?? '')
  const filled = put(template.replace(/\[([^\]]*)\]/g, (_whole, part: string) => (isKnown(part) ? part : '')))
  // A registry that is not known leaves its slash behind.
  return filled.replace(/^\/+/, '').replace(/\/{2,}/g, '/')
}
