import type { Span } from '../stack/diagnostics.ts'
import type { Text } from './text.ts'

/** Services and jobs as `ResolvedStack` holds them. Durations are milliseconds, sizes are bytes, CPU is in millicores. */

export type ImageSource =
  | { readonly kind: 'built'; readonly image: string }
  | { readonly kind: 'reference'; readonly reference: string }

export type Workload = 'deployment' | 'stateful' | 'daemon' | 'cron'

export interface Service {
  readonly name: string
  /** A service that lives elsewhere: nothing is started for it. */
  readonly external: { readonly host: Text; readonly ports: ReadonlyMap<string, Text> } | undefined
  readonly image: ImageSource | undefined
  /** ENTRYPOINT; undefined keeps the image's. */
  readonly entrypoint: readonly Text[] | undefined
  /** CMD; undefined keeps the image's. */
  readonly command: readonly Text[] | undefined
  readonly workingDir: string | undefined
  readonly tty: boolean
  readonly hostname: string | undefined
  readonly env: ReadonlyMap<string, EnvValue>
  readonly envFrom: readonly {
    readonly kind: 'config' | 'secret'
    readonly name: string
    readonly prefix: string
    readonly from: Span
  }[]
  readonly ports: ReadonlyMap<string, Port>
  /** Every port has an entry; `internal` is the default. */
  readonly expose: ReadonlyMap<string, Exposure>
  readonly mounts: readonly Mount[]
  readonly init: readonly Init[]
  readonly needs: readonly Need[]
  readonly health: Health | undefined
  readonly workload: Workload
  readonly schedule: string | undefined
  readonly isSingleton: boolean
  readonly replicas: number
  readonly scale:
    | {
        readonly min: number
        readonly max: number
        readonly cpu: number | undefined
        readonly memory: number | undefined
      }
    | undefined
  readonly resources: Resources
  readonly user: string | undefined
  readonly group: string | undefined
  readonly fsGroup: number | undefined
  readonly isReadOnlyRoot: boolean
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] }
  readonly isPrivileged: boolean
  readonly spread: 'node' | 'zone' | 'none'
  readonly placement: unknown
  readonly update: {
    readonly strategy: 'rolling' | 'recreate'
    readonly surge: number
    readonly unavailable: number
    readonly timeout: number
  }
  readonly stop: {
    readonly signal: string | undefined
    readonly grace: number
    readonly pre: readonly string[] | undefined
  }
  readonly restart: 'always' | 'on-failure' | 'no'
  /** What a changed config or secret does to a running replica. */
  readonly reload: { readonly kind: 'restart' } | { readonly kind: 'signal'; readonly signal: string }
  /** The name of the pod this service is a member of; undefined when it is alone. */
  readonly pod: string | undefined
  readonly isHeadless: boolean
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly serviceAccount: string | undefined
  readonly rules: unknown
  readonly isOptional: boolean
  readonly process: Process | undefined
  readonly dev: Dev
  readonly patches: { readonly kubernetes: unknown; readonly compose: unknown }
  readonly from: Span
  /** Where a key of this service is written (`health`, `env.DB_HOST`); the service itself where it is a default. */
  readonly at: (key: string) => Span
}

export type EnvValue =
  | { readonly kind: 'text'; readonly text: Text; readonly from: Span }
  | { readonly kind: 'secret'; readonly secret: string; readonly key: string; readonly from: Span }
  | { readonly kind: 'config'; readonly config: string; readonly key: string; readonly from: Span }
  | { readonly kind: 'field'; readonly field: 'pod-ip' | 'node' | 'namespace' | 'name'; readonly from: Span }

export interface Port {
  readonly name: string
  /** The port the program listens on inside its container. */
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly from: Span
}

export interface Exposure {
  readonly kind: 'none' | 'internal' | 'local' | 'node' | 'load-balancer'
  /** The port on the host; undefined lets the target choose one and keep it. */
  readonly port: number | undefined
  readonly from: Span
}

/** `path` is where it appears inside. A `file` mount puts one file there and leaves its neighbours. */
export type Mount = { readonly path: string; readonly isReadOnly: boolean; readonly from: Span } & (
  | { readonly kind: 'volume'; readonly volume: string; readonly subPath: string | undefined }
  | { readonly kind: 'scratch'; readonly scratch: string }
  | { readonly kind: 'bind'; readonly source: string }
  /** `key` makes it a file mount; `keys` a subset of a directory. `mode` is the permission bits, e.g. 0o644. */
  | {
      readonly kind: 'config'
      readonly config: string
      readonly key: string | undefined
      readonly keys: readonly string[] | undefined
      readonly mode: number
    }
  | {
      readonly kind: 'secret'
      readonly secret: string
      readonly key: string | undefined
      readonly keys: readonly string[] | undefined
      readonly mode: number
    }
  | { readonly kind: 'cert'; readonly cert: string; readonly mode: number }
)

export interface Init {
  readonly name: string
  readonly image: ImageSource | undefined
  readonly entrypoint: readonly Text[] | undefined
  readonly command: readonly Text[] | undefined
  readonly env: ReadonlyMap<string, EnvValue>
  readonly process: Process | undefined
  readonly timeout: number
  readonly from: Span
}

export interface Need {
  readonly on: { readonly kind: 'service' | 'job'; readonly name: string }
  readonly is: 'started' | 'healthy' | 'completed'
  readonly cascade: boolean
  readonly from: Span
}

export type Check =
  | {
      readonly kind: 'http'
      readonly path: string
      readonly port: string
      readonly scheme: 'http' | 'https'
      readonly headers: ReadonlyMap<string, string>
    }
  | { readonly kind: 'tcp'; readonly port: string }
  | { readonly kind: 'grpc'; readonly port: string; readonly service: string | undefined }
  | { readonly kind: 'exec'; readonly command: readonly Text[] }

/** One probe with its rhythm. */
export interface Probe {
  readonly check: Check
  readonly every: number
  readonly timeout: number
  readonly retries: number
  readonly from: Span
}

export interface Health {
  readonly readiness: Probe
  readonly liveness: Probe | undefined
  readonly startup: Probe | undefined
  /** How long failures do not count after the start. */
  readonly startPeriod: number
  readonly from: Span
}

export interface Resources {
  /** What the scheduler reserves. */
  readonly cpu: number | undefined
  readonly memory: number | undefined
  readonly limits: { readonly cpu: number | undefined; readonly memory: number | undefined }
}

export interface Process {
  /** A command line for the shell, or an argv. */
  readonly run: Text | readonly Text[]
  /** Absolute folder. */
  readonly cwd: string
  /** Absolute paths or globs whose content is part of the process's identity; undefined: the image's context, else `cwd`. */
  readonly inputs: readonly string[] | undefined
  readonly env: ReadonlyMap<string, EnvValue>
  readonly from: Span
}

export interface Dev {
  readonly sync: 'infer' | 'off' | readonly { readonly from: string; readonly to: string }[]
  readonly exec: readonly { readonly on: string; readonly run: string }[]
  readonly restart:
    { readonly kind: 'none' | 'process' | 'container' } | { readonly kind: 'signal'; readonly signal: string }
  readonly debug: number | undefined
  /** Its program runs below our agent, which can start it anew without its container; `dev` alone asks for that. */
  readonly isSupervised?: true
  /** Set by `dev`: the stack says `read-only-root`, and is not obeyed while edits are written into the container. */
  readonly isRootOpened?: true
}

export interface Job {
  readonly name: string
  readonly image: ImageSource | undefined
  readonly entrypoint: readonly Text[] | undefined
  readonly command: readonly Text[] | undefined
  readonly workingDir: string | undefined
  readonly env: ReadonlyMap<string, EnvValue>
  readonly envFrom: Service['envFrom']
  readonly mounts: readonly Mount[]
  readonly needs: readonly Need[]
  readonly run: 'on-change' | 'always'
  readonly retries: number
  readonly timeout: number
  readonly resources: Resources
  readonly user: string | undefined
  readonly group: string | undefined
  readonly isReadOnlyRoot: boolean
  readonly process: Process | undefined
  readonly from: Span
  readonly at: (key: string) => Span
}
