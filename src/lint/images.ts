import { join } from 'node:path'
import { buildStageGraph } from '../images/dockerfile/graph.ts'
import type { ImageIdentity } from '../images/identify.ts'
import type { Image, ResolvedStack } from '../resolve/resolved.ts'
import type { LintedImage } from './rules/dockerfile.ts'

/** The images of the stack as lint looks at them. `readText` gives undefined where there is no file. */
export async function lintedImages(
  stack: ResolvedStack,
  identities: ReadonlyMap<string, ImageIdentity>,
  readText: (path: string) => Promise<string | undefined>,
): Promise<LintedImage[]> {
  const linted = [...stack.images.values()].map(async (image): Promise<LintedImage[]> => {
    const identity = identities.get(image.name)
    if (!identity) return []
    const { dockerfile, dockerfileText: text, target } = identity
    return [
      {
        image,
        dockerfile,
        text,
        target,
        bases: basesOf(stack, image, identity),
        hasIgnoreFile: await hasIgnoreFile(image, readText),
      },
    ]
  })
  return (await Promise.all(linted)).flat()
}

/** Images of the stack itself have the tags that it gives them. */
function basesOf(
  stack: ResolvedStack,
  image: Image,
  { dockerfile }: ImageIdentity,
): ReadonlyMap<number, string> {
  const graph = buildStageGraph(dockerfile, { args: image.args })
  if (!graph.ok) return new Map()
  return new Map(
    graph.value.nodes.flatMap(({ stage, base }) =>
      base.kind === 'image' && !stack.images.has(base.reference)
        ? [[stage.index, base.reference] as const]
        : [],
    ),
  )
}

async function hasIgnoreFile(
  { context, dockerfile }: Image,
  readText: (path: string) => Promise<string | undefined>,
): Promise<boolean> {
  const texts = await Promise.all(
    [`${dockerfile}.dockerignore`, join(context, '.dockerignore')].map(readText),
  )
  return texts.some((text) => text !== undefined)
}
