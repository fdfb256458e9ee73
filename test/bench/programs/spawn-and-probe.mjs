// node spawn-and-probe.mjs PROGRAM PORT…: starts a server on each port and ends when each answered 200; they go on. Prints their pids.
import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [program, ...ports] = process.argv.slice(2)

const answers = (port) =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })

async function untilReady(port) {
  while (!(await answers(port))) await sleep(10)
}

const pids = await Promise.all(
  ports.map(async (port) => {
    const child = spawn(process.execPath, [program, port], { detached: true, stdio: 'ignore' })
    child.unref()
    await untilReady(port)
    return child.pid
  }),
)
console.log(pids.join('\n'))
