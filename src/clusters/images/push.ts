import { StepError } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { EngineError, isNotFound } from '../../platform/engine/errors.ts'
import { removeImage, tagImage } from '../../platform/engine/images.ts'
import { pushImage } from '../../platform/engine/transfer.ts'
import type { Delivery } from '../cluster.ts'
import { contentTag, idsOfEngine, imageOfEngine, megabytes } from './engine-images.ts'
import { canonicalName, fullReference, mirrorRepository, ownRepository, tagInRegistry } from './names.ts'
import { openRegistry, type RegistrySpeech } from './registry-client.ts'
import { turns } from './turns.ts'

export interface PushOptions {
  readonly engine: () => Promise<Engine>
  /** `localhost:PORT`; undefined while there is no registry, which then has nothing. */
  readonly find: (signal: AbortSignal) => Promise<string | undefined>
  /** The same; makes or starts a registry of ours. */
  readonly registry: (signal: AbortSignal, tell: (text: string) => void) => Promise<string>
  /** Images that the stack builds: nobody else has them. */
  readonly isOwn: (reference: string) => boolean
  /** How it is spoken to. Default: plain HTTP without a login, as one of this machine. */
  readonly login?: (signal: AbortSignal) => Promise<RegistrySpeech>
}

/** More at once only share the same disk. */
const mostPushes = 3

/**
 * Delivery through a registry that the nodes pull from. The engine sends only layers that the registry lacks, the nodes fetch
 * only those that they lack. An image lies there under its tag and under one that stands for its content, so that a tag that
 * means something else by now is seen.
 */
export function pushDelivery({ engine, find, registry, isOwn, login }: PushOptions): Delivery {
  const inTurn = turns(mostPushes)
  const repositoryOf = (reference: string): string =>
    (isOwn(reference) ? ownRepository : mirrorRepository)(fullReference(reference))

  return {
    has: async (references, signal) => {
      const [host, ids] = await Promise.all([
        find(signal),
        engine().then((each) => idsOfEngine(each, signal)),
      ])
      const client = host === undefined ? undefined : openRegistry(host, await login?.(signal))
      const found = await Promise.all(
        references.map(async (reference) => {
          const id = ids.get(canonicalName(reference))
          // Neither here nor ours to make: there is nothing to bring, the nodes fetch it where it comes from.
          if (id === undefined && !isOwn(reference)) return [reference]
          if (!client) return []
          const repository = repositoryOf(reference)
          const tag = tagInRegistry(fullReference(reference))
          const [named, content] = await Promise.all([
            client.digestOf(repository, tag, signal),
            id === undefined ? undefined : client.digestOf(repository, contentTag(id), signal),
          ])
          const isThere = named !== undefined && (id === undefined || named === content)
          return isThere ? [reference] : []
        }),
      )
      return new Set(found.flat())
    },

    deliver: async (reference, run, resource) => {
      await inTurn(async () => {
        const { signal } = run
        const tell = (text: string): void => run.progress(resource, text)
        const client = await engine()
        const image = await imageOfEngine(client, reference, signal)
        if (!image) {
          tell('not on this machine: the nodes pull it')
          return
        }
        const host = await registry(signal, tell)
        const repository = repositoryOf(reference)
        const wanted = tagInRegistry(fullReference(reference))
        const temporary = `${host}/${repository}:${contentTag(image.id)}`
        const speech = await login?.(signal)
        const store = openRegistry(host, speech)
        const there = await store.digestOf(repository, contentTag(image.id), signal)
        const digest =
          there ?? (await push({ engine: client, id: image.id, reference: temporary, speech, tell, signal }))
        await store.tag(repository, digest, wanted, signal)
      })
    },
  }
}

interface Push {
  readonly engine: Engine
  readonly id: string
  readonly reference: string
  readonly speech: RegistrySpeech | undefined
  readonly tell: (text: string) => void
  readonly signal: AbortSignal
}

/** The name in the engine exists only while it pushes; another process that delivers the same image may take it away. */
async function push({ engine, id, reference, speech, tell, signal }: Push): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    await tagImage(engine, id, reference)
    try {
      return await pushImage(engine, reference, {
        signal,
        credentials: speech?.credentials,
        onProgress: ({ bytes, bytesTotal, layers, layersDone }) => {
          if (bytesTotal > 0) tell(`pushed ${megabytes(bytes)} of ${megabytes(bytesTotal)}`)
          else if (layers > 0) tell(`${layersDone} of ${layers} layers are there`)
        },
      })
    } catch (error) {
      const isUntagged =
        (error instanceof StepError || error instanceof EngineError) &&
        /does not exist|no such image|not found/i.test(
          [error.message, ...(error instanceof StepError ? error.evidence : [])].join(' '),
        )
      if (!isUntagged || tries >= 2 || signal.aborted) throw error
    } finally {
      await removeImage(engine, reference).catch((error: unknown) => {
        if (!isNotFound(error) && !(error instanceof EngineError && error.status === 409)) throw error
      })
    }
  }
}
