import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { loopback } from '../desired/ports.ts'
import { look, publishedPort, type SeenContainer } from '../observe/look.ts'
import { backendName, statePort, type Route } from './config.ts'

/** What a gateway says of itself. */
interface GatewayStatus {
  readonly revision: string
  /** How many servers answer, by backend. */
  readonly answering: ReadonlyMap<string, number>
}

/** How long the gateway may take to see that a server answers, in milliseconds; it looks ten times a second. */
const noticed = 3000

/** Undefined while it does not answer. */
export async function stateOf(gateway: SeenContainer): Promise<GatewayStatus | undefined> {
  const port = publishedPort(gateway, statePort)
  const text = port === undefined ? undefined : await read(port)
  if (text === undefined) return undefined
  const [revision = '', ...counts] = text.trim().split(' ')
  const pairs = counts.map((each) => each.split('='))
  return { revision, answering: new Map(pairs.map(([name = '', count]) => [name, Number(count)])) }
}

/** Comes back when the gateway has noticed that a service answers; a service is ready for others only then. */
export async function untilPassedOn(
  context: Context,
  service: string,
  routes: readonly Route[],
  replicas: number,
  signal: AbortSignal,
): Promise<void> {
  const targets = routes.filter(({ target }) => target.service === service)
  const end = Date.now() + noticed
  const found = await look(context.engine, context.stack, { signal })
  const gateway = found.find(({ role, state }) => role === 'gateway' && state === 'running')
  while (gateway && targets.length > 0 && Date.now() < end) {
    const status = await stateOf(gateway)
    const counts = targets.map(({ kind, target }) => status?.answering.get(backendName(kind, target)) ?? 0)
    if (counts.every((count) => count >= replicas)) return
    await sleep(20, undefined, { signal })
  }
}

function read(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: loopback, port, path: '/', agent: false, timeout: 1000 }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve(text)
      })
      response.on('error', () => {
        resolve(undefined)
      })
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => {
      resolve(undefined)
    })
  })
}
