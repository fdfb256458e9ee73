import type { Duplex } from 'node:stream'

/**
 * Any object of the Kubernetes API, as JSON. Field names and meanings: kubernetes.io/docs/reference/kubernetes-api.
 */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly uid: string
    readonly controller?: boolean
  }[]
  readonly managedFields?: readonly ManagedFields[]
}

/** Who owns which fields: kubernetes.io/docs/reference/using-api/server-side-apply. */
export interface ManagedFields {
  readonly manager?: string
  readonly operation?: string
  readonly subresource?: string
  readonly time?: string
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

/** A kind as the API's paths name it. */
export interface KindOfObject {
  readonly apiVersion: string
  readonly kind: string
  /** In paths: `deployments`. */
  readonly plural: string
  readonly isNamespaced: boolean
}

/** Which cluster, as whom: the one context that every call goes through. */
export interface ContextName {
  readonly context: string
  readonly cluster: string
  /** URL of the API server. */
  readonly server: string
}

export interface ListOptions {
  /** Undefined: every namespace, or a kind without namespaces. */
  readonly namespace: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Only metadata is sent (`PartialObjectMetadataList`): for Secrets, whose values are nobody's business in a look. */
  readonly metadataOnly?: boolean
}

export interface ObjectList {
  readonly items: readonly KubeObject[]
  /** Where a watch goes on from here. */
  readonly resourceVersion: string
}

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
  /** Everything there is, at the start and whenever the server had forgotten where we were (410): what is missing is gone. */
  | { readonly type: 'listed'; readonly objects: readonly KubeObject[] }

export interface ApplyOptions {
  /** Default: `iamstack`. */
  readonly fieldManager?: string
  /** Take fields over that somebody else owns. Default: false, and a conflict is a KubeError 409 (`conflictsOf`). */
  readonly force?: boolean
  /** The server checks everything and keeps nothing. Default: false. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

export interface LogOptions {
  readonly container: string
  readonly follow: boolean
  readonly previous: boolean
  /** Epoch milliseconds. */
  readonly since?: number
  readonly tail?: number
}

export interface ExecOptions {
  readonly container: string
  readonly command: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
}

/** One running command. Streams end with it. */
export interface Execution {
  readonly stdin: NodeJS.WritableStream | undefined
  readonly stdout: NodeJS.ReadableStream
  /** Undefined with a TTY, which has one stream for both. */
  readonly stderr: NodeJS.ReadableStream | undefined
  resize(columns: number, rows: number): void
  /** The command's exit code. KubeError or StepError when it could not be run or the connection broke. */
  readonly exitCode: Promise<number>
  kill(): void
}

export interface AccessQuestion {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete'
  /** `apps` of `apps/v1`; empty for the core. */
  readonly group: string
  /** `deployments`, `pods/exec`. */
  readonly resource: string
  readonly namespace: string | undefined
}

/**
 * The API server of one pinned context. A refusal is a KubeError, a server that cannot be reached within 5 s a StepError
 * (`precondition`), an abort the signal's reason. Reads are retried on broken connections and on 429 and 5xx with `Retry-After`,
 * at most four times in about ten seconds; writes only where the server says that nothing was done.
 */
export interface KubeClient {
  readonly context: ContextName
  /** `1.34` as numbers, and as the server says it (`v1.34.4`). Asked once. */
  version(): Promise<{ readonly major: number; readonly minor: number; readonly text: string }>
  /** What an API group/version and kind is called in paths. Undefined: this server does not know it. Discovery is asked once. */
  kindOf(apiVersion: string, kind: string): Promise<KindOfObject | undefined>
  /** Every object, page by page. A kind that the server does not know has none. */
  list(kind: KindOfObject, options: ListOptions, signal?: AbortSignal): Promise<ObjectList>
  get(
    kind: KindOfObject,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined>
  /** Server-side apply. */
  apply(kind: KindOfObject, object: KubeObject, options?: ApplyOptions): Promise<KubeObject>
  create(kind: KindOfObject, object: KubeObject, signal?: AbortSignal): Promise<KubeObject>
  /** JSON merge patch (RFC 7386), of the object or of a subresource (`scale`, `ephemeralcontainers`, `status`). */
  patch(
    kind: KindOfObject,
    namespace: string | undefined,
    name: string,
    patch: unknown,
    options?: {
      readonly subresource?: string
      readonly fieldManager?: string
      readonly signal?: AbortSignal
    },
  ): Promise<KubeObject>
  /** PUT with the object's `resourceVersion`: 409 when somebody was faster. What a Lease needs. */
  replace(kind: KindOfObject, object: KubeObject, signal?: AbortSignal): Promise<KubeObject>
  /** False when it was not there. With `uid`, only that very object. */
  remove(
    kind: KindOfObject,
    namespace: string | undefined,
    name: string,
    options?: {
      readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
      readonly uid?: string
      /** Seconds. */
      readonly grace?: number
      readonly signal?: AbortSignal
    },
  ): Promise<boolean>
  /** Begins with `listed`, goes on through broken connections and ends only with the signal. */
  watch(kind: KindOfObject, options: ListOptions, signal: AbortSignal): AsyncIterable<WatchEvent>
  /** Lines with the server's timestamp (epoch milliseconds), whole ones only. */
  logs(
    namespace: string,
    pod: string,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly time: number; readonly text: string }>
  exec(namespace: string, pod: string, options: ExecOptions, signal: AbortSignal): Promise<Execution>
  /** A connection to a port of a pod. StepError when the pod or the port refuses. */
  forward(namespace: string, pod: string, port: number, signal?: AbortSignal): Promise<Duplex>
  /** Which of these we may not do, as many questions at once as needed. */
  forbidden(questions: readonly AccessQuestion[], signal?: AbortSignal): Promise<readonly AccessQuestion[]>
  /** A raw GET (`/readyz`, `/apis/metrics.k8s.io/v1beta1/…`), parsed where it is JSON. */
  raw(path: string, signal?: AbortSignal): Promise<unknown>
  close(): void
}

/** The server said no. `status` is the HTTP status, `reason` the API's (`NotFound`, `Forbidden`, `Invalid`, `Conflict` …). */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string
  /** What exactly is wrong, field by field, as the server says it. */
  readonly causes: readonly { readonly field: string; readonly reason: string; readonly message: string }[]

  constructor(
    status: number,
    reason: string,
    message: string,
    causes: readonly { readonly field: string; readonly reason: string; readonly message: string }[] = [],
  ) {
    super(message)
    this.status = status
    this.reason = reason
    this.causes = causes
  }
}
