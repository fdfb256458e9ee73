import type { Diagnostic, Span } from '../stack/diagnostics.ts'
import type { Text } from './text.ts'

/**
 * The stack as one profile makes it: overlays merged, variables substituted, every default filled and every reference checked.
 * Nothing downstream has to guess an optional: a field is optional here only where its absence means something.
 * Durations are milliseconds, sizes are bytes, CPU is in millicores.
 */
export interface ResolvedStack {
  readonly name: string
  readonly instance: string | undefined
  /** `name[-instance]`: compose project, namespace and prefix. */
  readonly project: string
  readonly namespace: string
  /** Absolute folder of the first stack file; what relative paths in spans are printed against. */
  readonly root: string
  readonly file: string
  readonly profile: Profile
  readonly vars: ReadonlyMap<string, Variable>
  readonly images: ReadonlyMap<string, Image>
  readonly services: ReadonlyMap<string, Service>
  readonly jobs: ReadonlyMap<string, Job>
  readonly volumes: ReadonlyMap<string, Volume>
  readonly configs: ReadonlyMap<string, Config>
  readonly secrets: ReadonlyMap<string, Secret>
  readonly certs: ReadonlyMap<string, Cert>
  readonly routes: ReadonlyMap<string, Route>
  /** In the order of the file, which is the order they run in. */
  readonly smoke: readonly Smoke[]
  readonly registries: ReadonlyMap<string, Registry>
  readonly isolation: 'none' | 'edges'
  readonly gateway: { readonly image: string; readonly port: number }
  readonly notes: Text | undefined
  /** Every file that was read for this, absolute: what `dev` watches to re-plan. */
  readonly files: readonly string[]
  /** Keys whose drivers read them as written: `manifests`, `charts`, `stacks`, `eks`, `kind`, `docker-desktop`, `kubernetes`, `cost`. */
  readonly settings: ReadonlyMap<string, { readonly value: unknown; readonly from: Span }>
  readonly warnings: readonly Diagnostic[]
}

export type Target = 'process' | 'compose' | 'docker-desktop' | 'kind' | 'eks' | 'kubernetes'

export interface Profile {
  /** In the order they were layered. */
  readonly names: readonly string[]
  readonly target: Target
  readonly isProtected: boolean
  readonly ttl: number | undefined
}

export interface Variable {
  readonly name: string
  readonly value: string
  /** Where the value came from. */
  readonly origin: 'flag' | 'environment' | 'dotenv' | 'local' | 'profile' | 'default'
  readonly from: Span | undefined
}

export interface Registry {
  readonly name: string
  readonly host: string
  readonly namespace: string | undefined
  readonly isPublic: boolean
  readonly credentials:
    | { readonly kind: 'env'; readonly user: string; readonly password: string }
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'helper'; readonly name: string }
    | { readonly kind: 'ecr' }
    | undefined
  readonly from: Span
}

export interface Image {
  readonly name: string
  /** Absolute folder. */
  readonly context: string
  /** Absolute path. */
  readonly dockerfile: string
  readonly target: string | undefined
  readonly args: ReadonlyMap<string, string>
  readonly pre: readonly {
    readonly run: string
    readonly inputs: readonly string[]
    readonly cwd: string
    readonly from: Span
  }[]
  readonly test: { readonly target: string } | { readonly command: readonly string[] } | undefined
  readonly platforms: readonly string[]
  readonly cache: boolean
  readonly pull: boolean
  readonly network: string | undefined
  /** Build secrets: BuildKit id → secret key. */
  readonly secrets: ReadonlyMap<string, SecretKey>
  readonly ssh: boolean
  readonly registry: string | undefined
  /** Template of the repository and tag; `{registry}/{namespace}/{name}[-{arch}]:{tag}`. */
  readonly naming: string | undefined
  readonly tag:
    { readonly kind: 'hash' } | { readonly kind: 'git' } | { readonly kind: 'text'; readonly text: string }
  readonly from: Span
}

export interface SecretKey {
  readonly secret: string
  readonly key: string
}

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

export interface Volume {
  readonly name: string
  readonly size: number | undefined
  readonly access: 'single' | 'many'
  /** Survives `down --volumes`; only `--volumes=NAME` removes it. */
  readonly keep: boolean
  readonly class: string | undefined
  readonly restoreFrom: string | undefined
  readonly from: Span
}

export type ConfigSource =
  /** Files whose `${…}` are substituted. Absolute path or glob. */
  | { readonly kind: 'template'; readonly pattern: string; readonly from: Span }
  | { readonly kind: 'files'; readonly path: string; readonly from: Span }
  | { readonly kind: 'literal'; readonly key: string; readonly text: Text; readonly from: Span }
  | { readonly kind: 'env-file'; readonly path: string; readonly from: Span }

export interface Config {
  readonly name: string
  readonly sources: readonly ConfigSource[]
  readonly from: Span
}

export type SecretSource =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string | readonly string[] }
  /** `length` in characters of the alphabet [A-Za-z0-9]. */
  | { readonly kind: 'generate'; readonly length: number }
  | { readonly kind: 'prompt'; readonly message: string }
  | { readonly kind: 'store'; readonly reference: string }

export interface Secret {
  readonly name: string
  readonly keys: ReadonlyMap<string, { readonly source: SecretSource; readonly from: Span }>
  readonly from: Span
}

/**
 * A certificate authority and its leaves. Mounted, it is a folder: `ca.crt` and `<leaf>.crt`, `<leaf>.key` for every leaf.
 * A cert without `leaves` has one, named like itself.
 */
export interface Cert {
  readonly name: string
  readonly leaves: ReadonlyMap<string, CertLeaf>
  /** Days a leaf lives; renewed when a third is left. */
  readonly days: number
  readonly from: Span
}

export interface CertLeaf {
  readonly commonName: string
  readonly names: readonly string[]
  readonly ips: readonly string[]
  readonly usage: 'server' | 'client' | 'both'
}

export interface Route {
  readonly name: string
  readonly host: string | undefined
  readonly path: string
  readonly to: { readonly service: string; readonly port: string }
  /** Largest accepted body in bytes. */
  readonly bodySize: number | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly from: Span
}

export interface Smoke {
  readonly name: string
  readonly check: SmokeCheck
  readonly timeout: number
  /** How often the whole check is tried before it counts as failed. */
  readonly tries: number
  readonly from: Span
}

export type SmokeCheck =
  | { readonly kind: 'http'; readonly steps: readonly HttpStep[] }
  | { readonly kind: 'tcp'; readonly service: string; readonly port: string }
  | {
      readonly kind: 'exec'
      readonly service: string
      readonly command: readonly Text[]
      readonly workingDir: string | undefined
      readonly expect: OutputExpectation
    }
  | {
      readonly kind: 'run'
      readonly image: ImageSource
      readonly target: string | undefined
      readonly command: readonly Text[] | undefined
      readonly env: ReadonlyMap<string, EnvValue>
      readonly process: Process | undefined
      readonly expect: OutputExpectation
    }

export interface HttpStep {
  readonly method: string
  /** `service:port/path`, or a whole URL. */
  readonly url:
    | { readonly kind: 'service'; readonly service: string; readonly port: string; readonly path: Text }
    | { readonly kind: 'absolute'; readonly url: Text }
  readonly scheme: 'http' | 'https'
  readonly headers: ReadonlyMap<string, Text>
  readonly body: Text | undefined
  readonly tls: {
    readonly ca: string | undefined
    readonly client: { readonly cert: string; readonly leaf: string } | undefined
    readonly insecure: boolean
  }
  readonly capture: ReadonlyMap<string, string>
  readonly expect: {
    readonly status: readonly number[]
    readonly json: ReadonlyMap<string, unknown>
    readonly contains: readonly string[]
    readonly equals: string | undefined
    readonly matches: string | undefined
    readonly headers: ReadonlyMap<string, string>
  }
  readonly from: Span
}

export interface OutputExpectation {
  readonly exit: number
  /** Compared after ANSI sequences are stripped and white space is trimmed. */
  readonly lastLine: string | undefined
  readonly contains: readonly string[]
  readonly matches: string | undefined
}
