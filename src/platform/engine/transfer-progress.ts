import { recordOf, textOf } from './docker-config.ts'
import { jsonLines } from './streams.ts'

/** How far a pull or push is, over all layers known so far. Bytes are undefined where the engine does not count them. */
export interface TransferProgress {
  readonly layers: number
  readonly layersDone: number
  readonly bytes: number
  readonly bytesTotal: number
  /** The engine's own words for what it does now. */
  readonly status: string
}

const finished: ReadonlySet<string> = new Set([
  'Pull complete',
  'Already exists',
  'Download complete',
  'Pushed',
  'Layer already exists',
])

/** The engine gave up in the middle of a transfer; the message is in its own words. */
export class TransferError extends Error {
  override readonly name = 'TransferError'
}

/** Reads the answer of a pull or push to its end, and gives what came as `aux`. Throws TransferError. */
export async function followTransfer(
  response: AsyncIterable<Buffer>,
  onProgress: (progress: TransferProgress) => void,
): Promise<Readonly<Record<string, unknown>>> {
  const layers = new Map<string, { isDone: boolean; current: number; total: number }>()
  let aux: Readonly<Record<string, unknown>> = {}
  for await (const line of jsonLines(response)) {
    const message = recordOf(line)
    const error = textOf(message['error'])
    if (error !== undefined)
      throw new TransferError(textOf(recordOf(message['errorDetail'])['message']) ?? error)
    if (message['aux'] !== undefined) aux = recordOf(message['aux'])
    const status = textOf(message['status'])
    if (status === undefined) continue
    const layer = textOf(message['id'])
    const isOfLayer = layer !== undefined && /^[0-9a-f]{12}$/.test(layer)
    if (isOfLayer) {
      const detail = recordOf(message['progressDetail'])
      const before = layers.get(layer)
      layers.set(layer, {
        isDone: finished.has(status),
        current: numberOf(detail['current']) ?? before?.current ?? 0,
        total: numberOf(detail['total']) ?? before?.total ?? 0,
      })
    }
    const known = [...layers.values()]
    onProgress({
      layers: known.length,
      layersDone: known.filter((each) => each.isDone).length,
      bytes: known.reduce((sum, each) => sum + (each.isDone ? each.total : each.current), 0),
      bytesTotal: known.reduce((sum, each) => sum + each.total, 0),
      status,
    })
  }
  return aux
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
