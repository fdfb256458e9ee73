import { rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { devSocketPath } from '../session/socket-path.ts'

/** Removes what a killed `dev` could not take away. For whoever holds the lock of the instance: then none lives. */
export function removeDevSocket(state: string): void {
  if (process.platform === 'win32') return
  const path = devSocketPath(state)
  rmSync(path, { force: true })
  if (dirname(path) !== state) removeIfEmpty(dirname(path))
}

/** The folder of short sockets is one for all instances. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Another socket is in it, or nobody ever made it.
  }
}
