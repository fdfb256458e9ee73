import { join } from 'node:path'
import { wayOf, type Way, type WayInput } from '../../../src/dev/ways/way.ts'
import { nodeFiles } from '../../../src/images/context/file-access.ts'
import { identifyImage, type ImageIdentity } from '../../../src/images/identify.ts'
import type { Service } from '../../../src/resolve/resolved.ts'
import { valueOf } from '../../images/describe.ts'
import { resolvedStack } from '../../resolve/stack.ts'

/** The identity of the image whose context and Dockerfile lie in a folder. */
export async function identityIn(root: string, target?: string): Promise<ImageIdentity> {
  return valueOf(
    await identifyImage(
      {
        name: 'app',
        contextDir: root,
        dockerfilePath: join(root, 'Dockerfile'),
        args: new Map(),
        baseIdentity: () => undefined,
        extra: [],
        ...(target !== undefined && { target }),
      },
      nodeFiles,
    ),
  )
}

/** The service `api` of image `app` in a folder, with what else is said of it in YAML flow: `dev: { … }`. */
export async function serviceIn(root: string, rest = ''): Promise<Service> {
  const stack = await resolvedStack(`
images: { app: { context: ${root} } }
volumes: { data: {} }
configs: { app: { literals: { a: b } } }
services: { api: { image: app, ${rest} } }
`)
  const service = stack.services.get('api')
  if (!service) throw new Error('the stack has no service api')
  return service
}

/** The way of one path for `api`, as nothing but the Dockerfile says it. */
export async function wayIn(root: string, identity: ImageIdentity, options: Partial<WayInput> = {}) {
  const owner = options.owner ?? (await serviceIn(root))
  return (path: string, change: 'write' | 'remove' = 'write'): Way =>
    wayOf(
      {
        image: { name: 'app', context: root, dockerfile: join(root, 'Dockerfile'), pre: [] },
        identity,
        owner,
        change,
        isProtected: false,
        imagesOfStack: new Set(['app']),
        ...options,
      },
      path,
    )
}
