import type { ResolvedStack, Secret, SecretSource, Service } from '../../src/resolve/resolved.ts'
import { plainText, type Reference, type Text } from '../../src/resolve/text.ts'
import type { Memory } from '../../src/memory/memory.ts'
import type { Span } from '../../src/stack/diagnostics.ts'

/** Small resolved stacks for tests: only what a test names is in them. */
export const from: Span = { file: '/todo/iamstack.yaml', line: 1, column: 1, length: 1 }

export function spanAt(line: number): Span {
  return { ...from, line }
}

export function stackOf(parts: Partial<ResolvedStack>): ResolvedStack {
  return {
    name: 'todo',
    instance: undefined,
    project: 'todo',
    namespace: 'todo',
    root: '/todo',
    file: from.file,
    profile: { names: [], target: 'compose', isProtected: false, ttl: undefined },
    vars: new Map(),
    scope: { value: () => undefined, names: () => [] },
    images: new Map(),
    services: new Map(),
    jobs: new Map(),
    volumes: new Map(),
    configs: new Map(),
    secrets: new Map(),
    certs: new Map(),
    routes: new Map(),
    smoke: [],
    registries: new Map(),
    isolation: 'none',
    gateway: { image: 'haproxy:2.6', port: 8080 },
    notes: undefined,
    files: [],
    settings: new Map(),
    warnings: [],
    ...parts,
  }
}

export function serviceOf(name: string, parts: Partial<Service>): Service {
  return {
    name,
    external: undefined,
    image: { kind: 'reference', reference: 'busybox' },
    entrypoint: undefined,
    command: undefined,
    workingDir: undefined,
    tty: false,
    hostname: undefined,
    env: new Map(),
    envFrom: [],
    ports: new Map(),
    expose: new Map(),
    mounts: [],
    init: [],
    needs: [],
    health: undefined,
    workload: 'deployment',
    schedule: undefined,
    isSingleton: false,
    replicas: 1,
    scale: undefined,
    resources: { cpu: undefined, memory: undefined, limits: { cpu: undefined, memory: undefined } },
    user: undefined,
    group: undefined,
    fsGroup: undefined,
    isReadOnlyRoot: false,
    capabilities: { add: [], drop: [] },
    isPrivileged: false,
    spread: 'none',
    placement: undefined,
    update: { strategy: 'rolling', surge: 1, unavailable: 0, timeout: 120_000 },
    stop: { signal: undefined, grace: 10_000, pre: undefined },
    restart: 'always',
    reload: { kind: 'restart' },
    pod: undefined,
    isHeadless: false,
    labels: new Map(),
    annotations: new Map(),
    serviceAccount: undefined,
    rules: undefined,
    isOptional: false,
    process: undefined,
    dev: { sync: 'off', exec: [], restart: { kind: 'none' }, debug: undefined },
    patches: { kubernetes: undefined, compose: undefined },
    from,
    at: () => from,
    ...parts,
  }
}

export function secretsOf(
  secrets: Readonly<Record<string, Readonly<Record<string, SecretSource>>>>,
): ReadonlyMap<string, Secret> {
  let line = 0
  return new Map(
    Object.entries(secrets).map(([name, sources]) => [
      name,
      {
        name,
        from,
        keys: new Map(
          Object.entries(sources).map(([key, source]) => [key, { source, from: spanAt(++line) }]),
        ),
      },
    ]),
  )
}

/** `textOf('http://', { kind: 'service-host', service: 'db' })`. */
export function textOf(...parts: (string | ReferenceWithout)[]): Text {
  return { parts: parts.map((part) => (typeof part === 'string' ? part : { ...part, from })), from }
}
type ReferenceWithout = Reference extends infer R ? (R extends Reference ? Omit<R, 'from'> : never) : never

export { plainText }

/** A memory that lives as long as its test; what it holds has been through JSON, as in every real one. */
export function memoryOf(values = new Map<string, string>()): Memory & { values: Map<string, string> } {
  return {
    values,
    folder: '/nowhere',
    read: (key) => {
      const text = values.get(key)
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as unknown))
    },
    write: (key, value) => {
      values.set(key, JSON.stringify(value))
      return Promise.resolve()
    },
    remove: (key) => {
      values.delete(key)
      return Promise.resolve()
    },
    list: () => Promise.resolve([...values.keys()]),
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    clear: () => Promise.resolve(),
  }
}
