import type { Engine } from '../../platform/engine/engine.ts'
import { isNotFound } from '../../platform/engine/errors.ts'
import { inspectImage, listImages } from '../../platform/engine/images.ts'
import { canonicalName } from './names.ts'

/** What this machine has of an image. */
export interface EngineImage {
  /** `sha256:…`: the same content has the same id in one engine. */
  readonly id: string
  /** Bytes, of all layers. */
  readonly size: number
}

/** Ids by canonical name, of everything that the engine has, by tag and by digest. One request. */
export async function idsOfEngine(engine: Engine, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const images = await listImages(engine, {}, signal)
  return new Map(
    images.flatMap(({ Id, RepoTags, RepoDigests }) =>
      [...(RepoTags ?? []), ...(RepoDigests ?? [])].map((name) => [canonicalName(name), Id] as const),
    ),
  )
}

export async function imageOfEngine(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<EngineImage | undefined> {
  try {
    const { Id, Size } = await inspectImage(engine, reference, signal)
    return { id: Id, size: Size }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** A tag that stands for the content: other content has another one. */
export function contentTag(id: string): string {
  return `id-${id.replace(/^sha256:/, '').slice(0, 32)}`
}

/** `12.3 MB`: how much there is of something. */
export function megabytes(bytes: number): string {
  const amount = bytes / 1e6
  return `${amount < 10 ? amount.toFixed(1) : amount.toFixed(0)} MB`
}
