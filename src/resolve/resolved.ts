import type { Diagnostic, Span } from '../stack/diagnostics.ts'
import type { Scope } from './evaluate.ts'
import type { Smoke } from './resolved-smoke.ts'
import type { Job, Service } from './resolved-workload.ts'
import type { Text } from './text.ts'

export type * from './resolved-smoke.ts'
export type * from './resolved-workload.ts'

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
  /** What `${…}` in the templates of configs may name: `parseTemplate(text, file, stack.scope)`. */
  readonly scope: Scope
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
  /** For people: references that only a target can resolve appear as written. */
  readonly value: string
  readonly text: Text
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
  /** Files, folders or a glob; `key` gives one file another name. */
  | { readonly kind: 'files'; readonly path: string; readonly key?: string; readonly from: Span }
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
