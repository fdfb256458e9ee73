import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { StepError } from '../plan/step-error.ts'

/** `sun_path` of macOS and the BSDs, with its closing zero; Linux has four more. */
const longestPath = 103

/** 12 hex digits that tell this instance from all others of this machine: in socket names and process markers. */
export function instanceHash(state: string): string {
  return createHash('sha256').update(state).digest('hex').slice(0, 12)
}

/**
 * Where the session of a state folder listens. Not in that folder, whose path may be longer than a socket's may be; in
 * `$XDG_RUNTIME_DIR`, else the temporary folder, else `/tmp`, whichever is first and short enough. A named pipe on Windows.
 */
export function socketPath(state: string, environment: NodeJS.ProcessEnv = process.env): string {
  const hash = instanceHash(state)
  if (process.platform === 'win32') return `\\\\.\\pipe\\iamstack-${hash}`
  return inRuntimeFolder(`${hash}.sock`, environment, longestPath)
}

/** A socket gets its name only when it listens; until then it has a longer one. */
export const draftEnding = (pid: number): string => `.${String(pid)}`
const longestDraftEnding = draftEnding(9_999_999).length

/** Where the `dev` of a state folder listens: in that folder, or beside the session's socket where the path would be too long. */
export function devSocketPath(state: string, environment: NodeJS.ProcessEnv = process.env): string {
  const hash = instanceHash(state)
  if (process.platform === 'win32') return `\\\\.\\pipe\\iamstack-${hash}-dev`
  const own = join(state, 'dev.sock')
  const longest = longestPath - longestDraftEnding
  return Buffer.byteLength(own) <= longest ? own : inRuntimeFolder(`${hash}-dev.sock`, environment, longest)
}

function inRuntimeFolder(name: string, environment: NodeJS.ProcessEnv, longest: number): string {
  const user = String(userInfo().uid)
  const roots = [environment['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'].filter(
    (root) => root !== undefined && root !== '',
  )
  const paths = roots.map((root) => join(root ?? '/tmp', `iamstack-${user}`, name))
  return paths.find((path) => Buffer.byteLength(path) <= longest) ?? join('/tmp', `iamstack-${user}`, name)
}

/**
 * Makes the folder of a socket, for its owner alone. In a temporary folder anybody could have made it first and would then see
 * whom we talk to: StepError when it is not ours.
 */
export function makeSocketFolder(folder: string): void {
  if (process.platform === 'win32') return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const status = lstatSync(folder)
  if (status.isDirectory() && status.uid === userInfo().uid && (status.mode & 0o077) === 0) return
  throw new StepError('precondition', `${folder} belongs to somebody else or is open to others`, {
    hint: `remove it, or set XDG_RUNTIME_DIR to a folder of your own`,
  })
}
