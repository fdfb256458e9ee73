import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { LockedError } from '../../src/memory/memory.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'

/**
 * A process of its own for the tests of the lock: `node holder.ts <state> <barrier file> <milliseconds>` waits for the barrier,
 * tries to take the lock, says `taken` or `locked by PID`, and keeps what it has until it is ended or the time is over.
 */
const [state = '', barrier = '', keepFor = '0'] = process.argv.slice(2)
const memory = openFolderMemory({
  stackName: 'todo',
  root: '/projects/todo',
  instance: undefined,
  env: { IAMSTACK_STATE: state },
  platform: process.platform,
  home: '/',
})

process.stdout.write('waiting\n')
while (!existsSync(barrier)) await new Promise((resolve) => setTimeout(resolve, 1))
try {
  const lock = await memory.lock(`test on ${hostname()}`)
  process.stdout.write('taken\n')
  await new Promise((resolve) => setTimeout(resolve, Number(keepFor)))
  await lock.release()
  process.stdout.write('released\n')
} catch (error) {
  if (!(error instanceof LockedError)) throw error
  process.stdout.write(`locked by ${error.holder.pid}\n`)
}
