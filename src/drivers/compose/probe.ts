import { connect } from 'node:net'
import { probe, type ProbeOptions, type ProbeResult } from '../../smoke/probe.ts'
import { networkFailure } from '../../smoke/network.ts'
import { loopback } from './desired/ports.ts'
import type { NetworkCheck } from './options.ts'

/** How soon Docker's proxy closes a connection that nobody inside takes, in milliseconds; it needs a few. */
const proxyCloses = 100

/** Makes a check through a published port of this machine. */
export async function probePublished(
  check: NetworkCheck,
  port: number,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const at = { host: loopback, port }
  return check.kind === 'tcp' ? await probeTcp(port, options) : await probe(check, at, options)
}

/**
 * Docker's proxy takes every connection to a published port and closes those that nobody inside takes, so a connection counts only
 * when it stays open, or when the other side says something.
 */
async function probeTcp(port: number, { timeout, signal }: ProbeOptions): Promise<ProbeResult> {
  return await new Promise((resolve) => {
    const socket = connect({ host: loopback, port, timeout, ...(signal && { signal }) })
    const done = (result: ProbeResult): void => {
      socket.destroy()
      resolve(result)
    }
    const connected: ProbeResult = { ok: true, detail: 'connected' }
    socket.once('connect', () => {
      setTimeout(done, proxyCloses, connected)
    })
    socket.once('data', () => {
      done(connected)
    })
    socket.once('end', () => {
      done({ ok: false, detail: 'nobody listens inside the container' })
    })
    socket.once('timeout', () => {
      done({ ok: false, detail: `no answer within ${timeout} ms` })
    })
    socket.once('error', (error) => {
      done({ ok: false, detail: networkFailure(error) })
    })
  })
}
