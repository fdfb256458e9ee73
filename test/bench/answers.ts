import { get } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds. A connection to a published port that nobody serves yet can hang for a second: better to try again. */
const patience = { attempt: 100, pause: 2, total: 60_000 }

/** Asks in a tight loop until the answer contains the text, at most `patient` milliseconds long. */
export async function untilAnswers(port: number, text: string, patient = patience.total): Promise<void> {
  const end = Date.now() + patient
  while (!(await answer(port)).includes(text)) {
    if (Date.now() > end) throw new Error(`127.0.0.1:${port} never answered ${text}`)
    await sleep(patience.pause)
  }
}

/** The body of `GET` with status 200, or nothing. */
export function answer(port: number, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const place = { host: '127.0.0.1', port, path, agent: false, timeout: patience.attempt }
    const request = get(place, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve(response.statusCode === 200 ? body : ''))
      response.on('error', () => resolve(''))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(''))
  })
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
