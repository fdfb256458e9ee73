import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolve } from '../../../src/resolve/resolve.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { StackError } from '../../../src/stack/diagnostics.ts'
import { loadStack } from '../../../src/stack/load.ts'
import { loadProfiles } from '../../../src/stack/load-profile.ts'
import type { Given } from '../compose/setup.ts'

const root = join(import.meta.dirname, '../../..')

/** No personal file of whoever runs this may count. */
const read = async (path: string): Promise<Uint8Array | undefined> =>
  path.endsWith('.local.yaml') ? undefined : readFile(path).catch(() => undefined)

/** The stack of the repository, as a profile of it makes it. */
export async function referenceStack(profile: string): Promise<ResolvedStack> {
  const loaded = await loadStack(join(root, 'iamstack.yaml'), read)
  if (!loaded.ok) throw new StackError(loaded.errors)
  const profiles = await loadProfiles(loaded.value, [profile], read)
  if (!profiles.ok) throw new StackError(profiles.errors)
  const sourceOf = (file: string): string => readFileSync(file, 'utf8')
  const resolved = resolve(loaded.value, { profileNames: [profile], profiles: profiles.value, sourceOf })
  if (!resolved.ok) throw new StackError(resolved.errors)
  return resolved.value
}

/** Its templates as they are, and images that were built. */
export function referenceFacts(stack: ResolvedStack): Given {
  const folder = join(root, 'examples/iam/config')
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const defaults = {
    ports: [],
    user: undefined,
    workingDir: undefined,
    stopSignal: undefined,
    hasHealthcheck: false,
    volumes: [],
    entrypoint: undefined,
    command: undefined,
  }
  return {
    configs: {
      iam: Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
    },
    secrets: Object.fromEntries(
      [...stack.secrets].map(([name, { keys }]) => [
        name,
        Object.fromEntries([...keys.keys()].map((key) => [key, key])),
      ]),
    ),
    images: new Map(
      [...stack.images.keys()].map((name) => [
        name,
        { hash: 'a'.repeat(64), reference: `${name}:aaaaaaaaaaaa`, defaults },
      ]),
    ),
  }
}
