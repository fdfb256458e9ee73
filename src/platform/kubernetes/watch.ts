import { setTimeout as sleep } from 'node:timers/promises'
import type { IncomingMessage } from 'node:http'
import { StepError } from '../../plan/step-error.ts'
import { KubeError, type KindOfObject, type ListOptions, type WatchEvent } from './client.ts'
import { fieldsOf, textOf } from './entries.ts'
import { statusError } from './errors.ts'
import { linesOf } from './lines.ts'
import { itemOf, listObjects, metadataOf, selectors } from './list.ts'
import { collectionPath } from './paths.ts'
import type { Transport } from './transport.ts'

/** Seconds after which the server ends a watch; we go on where it ended. */
const longestWatch = 280
/** Milliseconds without a byte: bookmarks come about every minute, so a connection this silent is a dead one. */
const silence = 150_000
/** Milliseconds between tries when nothing comes of them. */
const firstPause = 50
const longestPause = 5_000
/** Milliseconds that a connection must have lived to count as a good one. */
const goodLife = 5_000

/**
 * Begins with `listed`, goes on through broken connections, restarts of the server and expired positions, and ends, quietly, with
 * the signal. Throws what the first list throws, and later only a refusal that waiting does not mend.
 */
export async function* watchObjects(
  transport: Transport,
  kind: KindOfObject,
  options: ListOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  let position: string | undefined
  let hasListed = false
  let pause = firstPause
  const isOver = () => signal.aborted
  while (!isOver()) {
    let began = Date.now()
    try {
      if (position === undefined) {
        const list = await listObjects(transport, kind, options, signal)
        hasListed = true
        yield { type: 'listed', objects: list.items }
        // A kind that the server does not know yet: asked for again until it does.
        if (list.resourceVersion === '') throw new Forgotten()
        position = list.resourceVersion
      }
      began = Date.now()
      const response = await open(transport, kind, options, position, signal)
      for await (const change of changesOf(kind, response)) {
        position = change.position ?? position
        if (!change.event) continue
        pause = firstPause
        yield change.event
      }
    } catch (error) {
      if (isOver()) return
      if (error instanceof Forgotten || isExpired(error)) position = undefined
      else if (!hasListed || isFinal(error)) throw error
    }
    if (Date.now() - began >= goodLife) pause = firstPause
    await pauseFor(pause, signal)
    pause = Math.min(pause * 2, longestPause)
  }
}

/** The server cannot go on from where we were. */
class Forgotten extends Error {}

function isExpired(error: unknown): boolean {
  return error instanceof KubeError && error.status === 410
}

/** A refusal that no time will mend. Anything about connections, and everything that is the server's own trouble, passes. */
function isFinal(error: unknown): boolean {
  if (error instanceof KubeError) return error.status < 500 && error.status !== 429 && error.status !== 404
  return error instanceof StepError ? error.isTerminal : error instanceof TypeError
}

async function open(
  transport: Transport,
  kind: KindOfObject,
  options: ListOptions,
  position: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const response = await transport.stream({
    method: 'GET',
    path: collectionPath(kind, options.namespace),
    query: {
      ...selectors(options),
      watch: true,
      resourceVersion: position,
      allowWatchBookmarks: true,
      timeoutSeconds: longestWatch,
    },
    ...(options.metadataOnly === true && { accept: metadataOf('PartialObjectMetadata') }),
    signal,
  })
  response.setTimeout(silence, () => {
    response.destroy(Object.assign(new Error('the watch went silent'), { code: 'ETIMEDOUT' }))
  })
  return response
}

interface Change {
  /** Undefined for a bookmark, which only tells how far we are. */
  readonly event?: WatchEvent
  readonly position?: string
}

async function* changesOf(kind: KindOfObject, response: IncomingMessage): AsyncGenerator<Change> {
  for await (const line of linesOf(response)) {
    if (line === '') continue
    const { type, object } = fieldsOf(JSON.parse(line))
    if (type === 'ERROR') throw statusError(object, 500)
    const item = itemOf(kind, object)
    const found = textOf(item.metadata.resourceVersion)
    yield {
      ...(found !== undefined && { position: found }),
      ...((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') && {
        event: { type: eventTypes[type], object: item },
      }),
    }
  }
}

const eventTypes = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  // Woken by the signal, which the caller looks at.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}
