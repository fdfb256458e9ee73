import { identifyImages } from '../../src/images/identify-all.ts'
import { createStatCache } from '../../src/images/context/stat-cache.ts'
import { nodeFiles } from '../../src/images/context/file-access.ts'
import { lintedImages } from '../../src/lint/images.ts'
import { lint, type LintReport } from '../../src/lint/lint.ts'
import { placedObjects } from '../../src/lint/schema/check-objects.ts'
import type { Image, ResolvedStack } from '../../src/resolve/resolved.ts'
import { join } from 'node:path'
import { folderWith } from '../commands/run-command.ts'
import { from, stackOf } from '../content/stack.ts'
import { factsOf, resourcesOf } from './objects.ts'

/** `DF004 2:6 image app: …`, one finding a line, in the order of their places. */
export function lines({ findings }: Pick<LintReport, 'findings'>): string {
  return [...findings]
    .sort((one, other) => one.span.line - other.span.line || (one.rule.id < other.rule.id ? -1 : 1))
    .map(
      ({ rule, subject, message, span }) =>
        `${rule.id} ${rule.level} ${String(span.line)}:${String(span.column)} ${subject}: ${message}`,
    )
    .join('\n')
}

export function imageOf(name: string, folder: string, parts: Partial<Image> = {}): Image {
  return {
    name,
    context: folder,
    dockerfile: join(folder, 'Dockerfile'),
    target: undefined,
    args: new Map(),
    pre: [],
    test: undefined,
    platforms: [],
    cache: true,
    pull: false,
    network: undefined,
    secrets: new Map(),
    ssh: false,
    registry: undefined,
    naming: undefined,
    tag: { kind: 'hash' },
    from,
    ...parts,
  }
}

/** Lints images whose files are given, `app/Dockerfile` being that of the image `app`. */
export async function lintImages(
  files: Readonly<Record<string, string>>,
  parts: Partial<Image> = {},
): Promise<string> {
  const folder = await folderWith(files)
  const names = Object.keys(files).flatMap((path) => /^(\w+)\/Dockerfile$/.exec(path)?.[1] ?? [])
  const images = new Map(names.map((name) => [name, imageOf(name, join(folder, name), parts)]))
  const identities = await identifyImages(images, {
    files: nodeFiles,
    cache: createStatCache({}),
    secretDigests: () => [],
    platform: undefined,
  })
  if (!identities.ok) throw new Error(identities.errors.map(({ message }) => message).join('\n'))
  const stack = stackOf({ images })
  const linted = await lintedImages(stack, identities.value, nodeFiles.readText)
  const report = lint({ stack, facts: factsOf([]), images: linted, objects: [], sources: new Map() })
  return lines(report).replaceAll(`${folder}/`, '')
}

export async function lintText(text: string, stack: Partial<ResolvedStack> = {}): Promise<LintReport> {
  const resolved = stackOf(stack)
  const objects = placedObjects(await resourcesOf(text, stack))
  const sources = new Map([['/todo/k8s.yaml', text]])
  return lint({ stack: resolved, facts: factsOf([]), images: [], objects, sources })
}
