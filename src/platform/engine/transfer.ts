import { setTimeout as sleep } from 'node:timers/promises'
import { textOf } from './docker-config.ts'
import type { Engine } from './engine.ts'
import { EngineError } from './errors.ts'
import { parseImageReference } from './references.ts'
import type { RegistryCredentials } from './registry-credentials.ts'
import {
  classifyRegistryFailure,
  pullError,
  pushError,
  type RegistryError,
  type RegistryFailure,
} from './registry-error.ts'
import { followTransfer, TransferError, type TransferProgress } from './transfer-progress.ts'

export interface TransferOptions {
  readonly credentials?: RegistryCredentials | undefined
  readonly onProgress?: (progress: TransferProgress) => void
  readonly signal?: AbortSignal
  /** Milliseconds before the second and the third try; with the tries themselves about ten seconds by default. */
  readonly pauses?: readonly number[]
}

/**
 * Pulls one tag or digest. Throws RegistryError: at once where it is not there or denied, after three tries where the network
 * is at fault.
 */
export async function pullImage(
  engine: Engine,
  reference: string,
  options: TransferOptions & { readonly platform?: string } = {},
): Promise<void> {
  const { name, version } = parseImageReference(reference)
  await withTries(
    engine,
    options,
    (failure, words) => pullError(failure, reference, words),
    async () => {
      const response = await engine.stream('POST', '/images/create', {
        query: { fromImage: name, tag: version, platform: options.platform },
        ...(options.credentials && { headers: { 'X-Registry-Auth': options.credentials.authHeader() } }),
        ...(options.signal && { signal: options.signal }),
      })
      return await followTransfer(response, options.onProgress ?? ignore)
    },
  )
}

/** Pushes a tag that the engine has, and gives the digest it got (`sha256:…`). Throws RegistryError as pulling does. */
export async function pushImage(
  engine: Engine,
  reference: string,
  options: TransferOptions = {},
): Promise<string> {
  const { name, version } = parseImageReference(reference)
  const aux = await withTries(
    engine,
    options,
    (failure, words) => pushError(failure, reference, words),
    async () => {
      const response = await engine.stream('POST', `/images/${name}/push`, {
        query: { tag: version },
        // The engine refuses a push without this header, even to a registry that asks for nothing.
        headers: { 'X-Registry-Auth': options.credentials?.authHeader() ?? anonymous },
        ...(options.signal && { signal: options.signal }),
      })
      return await followTransfer(response, options.onProgress ?? ignore)
    },
  )
  return textOf(aux['Digest']) ?? ''
}

const anonymous = Buffer.from('{}').toString('base64')
const defaultPauses = [1500, 4000]

function ignore(): void {
  // Nobody asked.
}

async function withTries<T>(
  engine: Engine,
  options: TransferOptions,
  toError: (failure: RegistryFailure, words: string) => RegistryError,
  attempt: () => Promise<T>,
): Promise<T> {
  const pauses = options.pauses ?? defaultPauses
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      const isOurs = error instanceof EngineError || error instanceof TransferError
      if (!isOurs || options.signal?.aborted === true) throw engine.failureOf(error, options.signal)
      const failure = classifyRegistryFailure(
        error instanceof EngineError ? error.status : undefined,
        error.message,
      )
      const pause = pauses[tries]
      if (failure !== 'network' || pause === undefined) throw toError(failure, error.message)
      await sleep(pause, undefined, { ...(options.signal && { signal: options.signal }) }).catch(
        (aborted: unknown) => {
          throw engine.failureOf(aborted, options.signal)
        },
      )
    }
  }
}
