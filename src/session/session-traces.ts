import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { forwardsFolder, gatewayFile, servicesFolder, sessionLog, tasksFolder } from './layout.ts'
import { hasLocks, removeStaleLocks } from './session-lock.ts'
import { socketPath } from './socket-path.ts'

/** After the last process: nothing of a session stays but what commands keep in the state folder. */
export function removeTraces(state: string): void {
  rmSync(sessionLog(state), { force: true })
  const folders = [...heldFolders(state), dirname(socketPath(state))]
  for (const folder of folders) {
    try {
      rmdirSync(folder)
    } catch {
      // Not empty (a stopped service, a finished job, the socket of another instance), or never made.
    }
  }
}

/** How long a session that has nothing to do, or is just being killed, is given to be gone, in milliseconds. */
const farewell = 1000

/** What a session leaves that was killed when it had nothing left to supervise: nobody would start another to clear it away. */
export async function removeTracesOfKilled(state: string): Promise<void> {
  if (existsSync(gatewayFile(state)) || heldFolders(state).some(hasEntries)) return
  const deadline = Date.now() + farewell
  while (hasLocks(state) && Date.now() < deadline) {
    if (await removeStaleLocks(state)) {
      rmSync(socketPath(state), { force: true })
      removeTraces(state)
      return
    }
    await sleep(10)
  }
}

/** Each holds what a session was told to keep. */
function heldFolders(state: string): string[] {
  return [servicesFolder(state), tasksFolder(state), forwardsFolder(state)]
}

function hasEntries(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0
}
