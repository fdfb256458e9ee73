import { openClusterMemory } from '../../src/memory/cluster.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import { LockedError } from '../../src/memory/memory.ts'
import { connect } from './connect.ts'

/** Takes the lock of a namespace as one of several machines, says how that went, and keeps it. */
const [state = '', namespace = ''] = process.argv.slice(2)
const client = await connect()
const memory = openClusterMemory({
  local: openFolderMemory({
    stackName: 'todo',
    root: '/projects/todo',
    instance: undefined,
    env: { IAMSTACK_STATE: state },
    platform: process.platform,
    home: '/',
  }),
  client: () => Promise.resolve(client),
  namespace,
  project: namespace,
  tell: (text) => process.stdout.write(`${text}\n`),
})
try {
  const lock = await memory.lock('up')
  process.stdout.write('taken\n')
  lock.lost?.addEventListener('abort', () => process.stdout.write('lost\n'))
  process.stdin.resume()
  process.stdin.once('end', () => void lock.release().then(() => process.stdout.write('released\n')))
} catch (error) {
  if (!(error instanceof LockedError)) throw error
  process.stdout.write(`locked by ${error.holder.pid}\n`)
}
