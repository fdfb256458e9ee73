import type { Engine } from './engine.ts'
import { filters, labelFilter } from './filters.ts'
import { parseImageReference } from './references.ts'

/** One entry of `GET /images/json`. */
export interface ImageSummary {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Labels: Readonly<Record<string, string>> | null
  /** Epoch seconds. */
  readonly Created: number
  /** Bytes. */
  readonly Size: number
}

/** `GET /images/{name}/json`. */
export interface ImageDetail {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Architecture: string
  readonly Os: string
  /** RFC 3339. */
  readonly Created: string
  readonly Size: number
  /** `LastTagTime`: RFC 3339. */
  readonly Metadata?: { readonly LastTagTime?: string }
  readonly Config: {
    readonly Env?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly User?: string
    readonly WorkingDir?: string
    readonly StopSignal?: string
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null
    readonly Volumes?: Readonly<Record<string, unknown>> | null
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null
  }
}

/** Images by labels (`name` or `name=value`), or by `reference` patterns. */
export async function listImages(
  engine: Engine,
  by: { readonly labels?: readonly string[]; readonly references?: readonly string[] },
  signal?: AbortSignal,
): Promise<ImageSummary[]> {
  const chosen = by.references
    ? filters({ reference: by.references, label: by.labels ?? [] })
    : labelFilter(by.labels ?? [])
  return (await engine.get('/images/json', {
    query: { filters: chosen },
    ...(signal && { signal }),
  })) as ImageSummary[]
}

/** EngineError 404: not there. */
export async function inspectImage(
  engine: Engine,
  reference: string,
  signal?: AbortSignal,
): Promise<ImageDetail> {
  return (await engine.get(`/images/${reference}/json`, { ...(signal && { signal }) })) as ImageDetail
}

/** Gives an image one more name. */
export async function tagImage(engine: Engine, image: string, reference: string): Promise<void> {
  const { name, version } = parseImageReference(reference)
  await engine.post(`/images/${image}/tag`, { query: { repo: name, tag: version } })
}

/** Removes a name, and the image with its last one. EngineError 409: a container still uses it. */
export async function removeImage(
  engine: Engine,
  reference: string,
  options: { readonly force?: boolean } = {},
): Promise<void> {
  await engine.delete(`/images/${reference}`, { query: { force: options.force ?? false } })
}
