// The real screen over the picture of a stack, to be driven through a pseudo terminal.
import { spawn } from 'node:child_process'
import type { Intent } from '../../../src/state/screen.ts'
import { openScreen } from '../../../tui/screen.ts'
import { pictureLogs, pictureStore, verbs } from '../picture.ts'

const store = pictureStore()
const logs = pictureLogs()

const screen = openScreen({
  store,
  logs,
  env: process.env,
  verbs,
  onExit: undefined,
  isColoured: true,
  act,
})

async function act(intent: Intent): Promise<string | undefined> {
  switch (intent.kind) {
    case 'quit':
      screen.close()
      console.log(`left, and ${intent.then}`)
      process.exitCode = 0
      return undefined
    case 'run':
      await new Promise((resolve) => {
        const shell =
          'stty -a | grep -o -- "-\\?icanon"; echo in the shell; read line; echo "got $line"; sleep 0.2'
        spawn('sh', ['-c', shell], { stdio: 'inherit' }).once('exit', resolve)
      })
      return `${intent.words.join(' ')} came back`
    case 'restart':
      process.stderr.write('somebody else writes\n')
      logs.write({ time: Date.now(), service: 'redis', replica: 1, stream: 'stdout', text: 'a new line' })
      throw new Error('restarting is not possible')
    case 'rebuild':
      setTimeout(() => {
        throw new Error('this program has crashed')
      })
      return undefined
    default:
      return intent.kind
  }
}
