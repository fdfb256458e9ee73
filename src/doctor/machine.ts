import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stateFolder } from '../memory/state-folder.ts'
import { codeOf } from '../platform/engine/docker-config.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** As `engines` of package.json. */
const oldestNode = [20, 19] as const

export function checkNode({ nodeVersion }: Subject): Observation[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const isNewEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  return isNewEnough
    ? [ok(`Node ${nodeVersion}`)]
    : [problem(`Node ${nodeVersion} is too old`, `install Node ${oldestNode.join('.')} or newer`)]
}

/**
 * Kernels before 5.11 allow 8192 watches, which one `node_modules` can use up; every program that watches needs an instance. The
 * wanted values are those that kind advises (kind.sigs.k8s.io/docs/user/known-issues).
 */
const inotify = [
  { setting: 'fs.inotify.max_user_watches', least: 65_536, wanted: 524_288 },
  { setting: 'fs.inotify.max_user_instances', least: 128, wanted: 512 },
]

export async function checkInotify({ platform, kernelSettings }: Subject): Promise<Observation[]> {
  if (platform !== 'linux') return []
  const found = await Promise.all(
    inotify.map(async ({ setting, least, wanted }): Promise<Observation | undefined> => {
      const path = join(kernelSettings, ...setting.split('.'))
      const text = await readFile(path, 'utf8').catch(() => undefined)
      // A kernel that does not show the setting has nothing to say about it.
      if (text === undefined) return undefined
      return Number(text) >= least
        ? ok(`${setting} is ${text.trim()}`)
        : warning(
            `${setting} is ${text.trim()}: \`dev\` may miss edits in a large tree`,
            `sudo sysctl -w ${setting}=${String(wanted)}; in /etc/sysctl.d it lasts`,
          )
    }),
  )
  return found.filter((each) => each !== undefined)
}

/** The folder itself is made by the first command that has something to remember; here it must only be possible. */
export async function checkStateFolder({ stack, env, platform, home }: Subject): Promise<Observation[]> {
  if (stack.kind !== 'valid') return []
  const { name, root, instance } = stack.stack
  const folder = stateFolder({ stackName: name, root, instance, env, platform, home })
  const cure = 'let it be yours, or choose another folder with IAMSTACK_STATE'
  for (let place = folder; ; place = dirname(place)) {
    const kind = await kindOf(place)
    if (kind === 'absent' && dirname(place) !== place) continue
    if (kind === 'file') return [problem(`state cannot be kept in ${folder}: ${place} is no folder`, cure)]
    const isWritable = await access(place, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    )
    return isWritable
      ? [ok(`state is kept in ${folder}`)]
      : [problem(`state cannot be kept in ${folder}: this user may not write to ${place}`, cure)]
  }
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'absent'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    // Below a file nothing can be: the walk goes up until it meets that file.
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR' ? 'absent' : 'folder'
  }
}
