import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../driver.ts'
import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { tell } from '../apply/told.ts'
import type { KubeResource } from '../spec.ts'
import { loopback, serviceAddress } from '../endpoint.ts'

/** Milliseconds. */
interface Pace {
  readonly patience: number
  readonly pause: number
}

/**
 * A new name of AWS travels through the DNS for a minute or two, and its targets are probed first. What brings a cluster on this
 * machine to localhost listens before it knows the pods, for a second or so.
 */
const paces = {
  cloud: { patience: 5 * 60_000, pause: 1000 },
  localhost: { patience: 15_000, pause: 100 },
} as const satisfies Record<string, Pace>
/** Milliseconds for one try. */
const tryTime = 3000
/** Milliseconds that a connection must last: a load balancer without a healthy target takes it and hangs up. */
const lasting = 300
/**
 * So many connections at once, so many times: while the pods behind it change, some of its ways still lead to those that are gone,
 * and one connection that lasts says nothing of the next.
 */
const connections = 8
const rounds = 2

interface Balanced {
  readonly client: Pick<KubeClient, 'get'>
  readonly namespace: string
  readonly services: readonly string[]
  readonly where: keyof typeof paces
  readonly wanted: Pick<KubeResource, 'id'>
  readonly run: Run
}

/**
 * An address is given out before anybody answers there: waits for its name in the DNS and for targets that hold a
 * connection. One that this machine has no way to stays a doubt, and is no failure.
 */
export async function untilBalancersAnswer(balanced: Balanced): Promise<void> {
  await Promise.all(balanced.services.map((service) => untilAnswers(balanced, service)))
}

async function untilAnswers(
  { client, namespace, where, wanted, run }: Balanced,
  service: string,
): Promise<void> {
  const { patience, pause } = paces[where]
  const until = Date.now() + patience
  const found = await client.get(kinds.Service, namespace, service, run.signal)
  const { host: address, ports } = found ? serviceAddress(found) : { host: undefined, ports: [] }
  const host = where === 'localhost' && address !== undefined ? loopback : address
  const [port] = ports
  if (host === undefined || port === undefined) return
  for (;;) {
    const why = await triedAll(host, port)
    run.signal.throwIfAborted()
    if (why === undefined) return
    if (Date.now() > until) {
      tell(run, `load balancer ${service} (${host}:${port}) does not answer this machine: ${why}`)
      return
    }
    run.progress(wanted.id, `load balancer ${service}: ${why}`)
    await sleep(pause, undefined, { signal: run.signal })
  }
}

/** Why one of all connections was not to be had; undefined when all were. */
async function triedAll(host: string, port: number): Promise<string | undefined> {
  for (let round = 0; round < rounds; round += 1) {
    const ends = await Promise.all(Array.from({ length: connections }, () => tried(host, port)))
    const why = ends.find((end) => end !== undefined)
    if (why !== undefined) return why
  }
  return undefined
}

/** Why a connection was not to be had; undefined when it was. */
function tried(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let isOpen = false
    const end = (why: string | undefined): void => {
      socket.destroy()
      resolve(why)
    }
    socket.setTimeout(tryTime, () => end('no answer yet'))
    socket.once('connect', () => {
      isOpen = true
      setTimeout(() => end(undefined), lasting)
    })
    // `end` counts as well: a socket that nobody reads from does not see it.
    socket.resume()
    socket.once('end', () => end('no healthy target yet'))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (isOpen) end('no healthy target yet')
      else
        end(
          error.code === 'ENOTFOUND'
            ? 'its name is not known yet'
            : `no answer yet (${error.code ?? error.message})`,
        )
    })
  })
}
