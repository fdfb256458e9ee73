import type { SecretKey } from '../resolve/resolved.ts'
import type { Text } from '../resolve/text.ts'
import type { Span } from '../stack/diagnostics.ts'
import type { SourceNode } from '../stack/node.ts'

/**
 * What was gathered before planning and is not in the stack file itself: contents of files as digests, secrets as keyed
 * digests, ports that were given out before. Data only, so that planning stays pure and a plan never sees a secret.
 */
export interface Facts {
  readonly images: ReadonlyMap<string, ImageFact>
  readonly configs: ReadonlyMap<string, ConfigFact>
  /** Keyed digests (HMAC with a key of this target's memory), by secret, then key. A key without a value yet is absent. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Digests of the certificates in use, by cert. Absent until they are made. */
  readonly certs: ReadonlyMap<string, string>
  /** Sticky host ports, `service.port` or `service.port#replica` → number. */
  readonly ports: ReadonlyMap<string, number>
  /** Digest of the sources of a local process, by `service/x` or `job/x`. */
  readonly sources: ReadonlyMap<string, string>
  /** Raw objects of `manifests`, in the order they were found; kustomize folders as what they build to. */
  readonly manifests: readonly ManifestFact[]
  readonly charts: ReadonlyMap<string, ChartFact>
}

/** One object that the user wrote himself, as he wrote it: image names are not yet those of the stack. */
export interface ManifestFact {
  readonly object: { readonly apiVersion: string; readonly kind: string; readonly [key: string]: unknown }
  readonly from: Span
  /** The object with the places of its parts; absent for what kustomize built. */
  readonly node?: SourceNode
}

/** A chart of a third party and what it is installed with. */
export interface ChartFact {
  readonly name: string
  readonly chart: { readonly kind: 'repo' | 'path' | 'oci'; readonly source: string; readonly chart: string }
  readonly version: string | undefined
  /** `values` and `set` as one tree. */
  readonly values: Readonly<Record<string, unknown>>
  /** Digest of the files of a chart from a path; undefined for one from elsewhere. */
  readonly hash: string | undefined
  readonly from: Span
}

export interface ImageFact {
  /** 64 hex digits over everything that the build can read. */
  readonly hash: string
  /** What workloads name: repository and a tag made of the hash. */
  readonly reference: string
  /** Images of the stack that it is built from. */
  readonly bases?: readonly string[]
  /** Somebody else built it (`--image`): it is fetched, never built. */
  readonly isGiven?: boolean
  /** Ports, user, health check … that the Dockerfile states. */
  readonly defaults: ImageDefaults
}

export interface ImageDefaults {
  readonly ports: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[]
  readonly user: string | undefined
  readonly workingDir: string | undefined
  readonly stopSignal: string | undefined
  readonly hasHealthcheck: boolean
  readonly volumes: readonly string[]
  readonly entrypoint: readonly string[] | undefined
  readonly command: readonly string[] | undefined
}

/** The files of a config, templates parsed but not yet rendered: references differ by consumer. */
export interface ConfigFact {
  readonly files: readonly ConfigFile[]
}

export interface ConfigFile {
  /** Relative to the mount. */
  readonly path: string
  readonly content:
    { readonly kind: 'text'; readonly text: Text } | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Digest of the content as written, references included as references. */
  readonly hash: string
  /** A template that reads a secret is a secret wherever it is mounted. */
  readonly secrets: readonly SecretKey[]
}
