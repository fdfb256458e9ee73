import { Duplex } from 'node:stream'
import { StepError } from '../../plan/step-error.ts'
import { openChannels, type ChannelEvents, type Channels } from './channels.ts'
import { kinds } from './kinds.ts'
import { objectPath } from './paths.ts'
import type { Transport } from './transport.ts'

/** Channels of one forwarded port (k8s.io/cri-streaming, port forwarding over WebSocket); each begins with the port, two bytes. */
const channel = { data: 0, error: 1 } as const
const portLength = 2
const protocols = ['v4.channel.k8s.io']
/** Bytes that are read ahead. */
const highWaterMark = 65_536

/**
 * A connection to a port of a pod. A port on which nothing listens, and a pod that goes away, show themselves afterwards: the
 * stream is destroyed with a StepError, so listen for `error` at once. The protocol has no half close: after `end()` the other
 * side may still answer, but does not learn that nothing more comes; destroy the stream to let go. When the pod closes, the
 * stream ends.
 */
export async function openForward(
  transport: Transport,
  namespace: string,
  pod: string,
  port: number,
  signal?: AbortSignal,
): Promise<Duplex> {
  const place = `port ${String(port)} of pod ${pod}`
  const { duplex } = await openChannels(
    transport,
    {
      path: objectPath(kinds.Pod, namespace, pod, 'portforward'),
      query: { ports: port },
      protocols,
    },
    (channels) => connectionOver(channels, place),
    signal,
  )
  if (signal) {
    const abort = () => {
      duplex.destroy(signal.reason instanceof Error ? signal.reason : undefined)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    duplex.once('close', () => {
      signal.removeEventListener('abort', abort)
    })
  }
  return duplex
}

function connectionOver(channels: Channels, place: string): ChannelEvents & { readonly duplex: Duplex } {
  const duplex = new Duplex({
    highWaterMark,
    // When the pod has closed, nobody is there to write to; the other way round there is.
    allowHalfOpen: false,
    read: () => {
      channels.resume()
    },
    write: (chunk: Buffer, _encoding, done) => {
      channels.send(channel.data, chunk, done)
    },
    destroy: (error, done) => {
      // A paused connection would not see the goodbye of the other side.
      channels.resume()
      channels.close()
      done(error)
    },
  })
  const announced = new Set<number>()
  let refusal = ''
  let hasFailed = false
  /** Later, because a refusal may come with the opening itself, before anybody can have begun to listen for errors. */
  function fail(error: StepError): void {
    hasFailed = true
    setImmediate(() => duplex.destroy(error))
  }
  return {
    duplex,
    onMessage: (number, data) => {
      const content = announced.has(number) ? data : data.subarray(portLength)
      announced.add(number)
      if (content.byteLength === 0 || duplex.destroyed) return
      if (number === channel.data) {
        if (!duplex.push(content)) channels.pause()
      } else if (number === channel.error) {
        refusal += content.toString()
        fail(refused(place, refusal))
      }
    },
    onClose: (error) => {
      if (duplex.destroyed || hasFailed) return
      if (error) {
        const message = `the connection to ${place} broke off`
        fail(new StepError('deploy', message, { cause: error, isTerminal: false }))
      } else duplex.push(null)
    },
  }
}

function refused(place: string, words: string): StepError {
  const isClosed = /connection refused|ECONNREFUSED/i.test(words)
  return new StepError('deploy', `${place} ${isClosed ? 'refuses the connection' : 'cannot be reached'}`, {
    evidence: [words.trim()],
    ...(isClosed && { hint: 'does the program listen there, and on all interfaces or loopback of the pod?' }),
    isTerminal: false,
  })
}
