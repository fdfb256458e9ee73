import { createHash } from 'node:crypto'
import { posix, win32, type PlatformPath } from 'node:path'

/** Everything that decides where the state of one instance lies. */
export interface StatePlace {
  readonly stackName: string
  /** Absolute folder of the stack file: two checkouts of one stack are two stacks. */
  readonly root: string
  readonly instance: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
}

/** `<state folder>/iamstack/<name>-<8 hex digits of the root>/<instance>`; `default` for the one without a name. Touches nothing. */
export function stateFolder(place: StatePlace): string {
  const digest = createHash('sha256').update(place.root).digest('hex').slice(0, 8)
  return pathsOf(place).join(
    baseFolder(place),
    'iamstack',
    `${place.stackName}-${digest}`,
    instanceFolder(place.instance),
  )
}

/** An instance may be called `default` too; none has an underscore in its name. */
function instanceFolder(instance: string | undefined): string {
  return instance === 'default' ? 'default_' : (instance ?? 'default')
}

/**
 * `$IAMSTACK_STATE`, else what the platform means for state: the XDG base directory specification (a relative value does not
 * count there), Application Support on macOS, the local application data on Windows.
 */
function baseFolder({ env, platform, home }: StatePlace): string {
  const paths = pathsOf({ platform })
  const own = env['IAMSTACK_STATE']
  if (own !== undefined && own !== '') return paths.resolve(own)
  if (platform === 'darwin') return paths.join(home, 'Library', 'Application Support')
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? paths.join(home, 'AppData', 'Local')
  const xdg = env['XDG_STATE_HOME']
  return xdg !== undefined && paths.isAbsolute(xdg) ? xdg : paths.join(home, '.local', 'state')
}

function pathsOf({ platform }: Pick<StatePlace, 'platform'>): PlatformPath {
  return platform === 'win32' ? win32 : posix
}
