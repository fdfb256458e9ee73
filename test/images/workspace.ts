import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { nodeFiles } from '../../src/images/context/file-access.ts'
import type { StatCache } from '../../src/images/context/stat-cache.ts'
import { identifyImage } from '../../src/images/identify.ts'

/** File contents by path; `-> target` makes a link, a path that ends in a slash an empty directory. */
export type Tree = Readonly<Record<string, string>>

/** A temporary directory with these files, removed after the test. */
export async function workspace(tree: Tree): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'iamstack-images-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await write(root, tree)
  return root
}

export async function write(root: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path)
    await mkdir(path.endsWith('/') ? full : dirname(full), { recursive: true })
    if (path.endsWith('/')) continue
    if (content.startsWith('-> ')) await symlink(content.slice(3), full)
    else await writeFile(full, content)
    if (content.startsWith('#!')) await chmod(full, 0o755)
  }
}

/** The identity of an image that the folder's `Dockerfile` builds. */
export function identify(root: string, dockerfilePath = join(root, 'Dockerfile'), cache?: StatCache) {
  return identifyImage(
    {
      name: 'app',
      contextDir: root,
      dockerfilePath,
      args: new Map(),
      baseIdentity: () => undefined,
      extra: [],
    },
    nodeFiles,
    cache,
  )
}
