/**
 * What a command and the session say to each other: JSON Lines over a local socket. The session speaks first (`hello`); after
 * that each request carries a number and gets exactly one answer with it, and states are pushed once asked for.
 */

/** Raised whenever a message changes its meaning; a command replaces a session that speaks another number. */
export const protocolVersion = 2

export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  /** Which build of iamstack the session runs. */
  readonly build: string
  readonly pid: number
  /** Epoch milliseconds. */
  readonly startedAt: number
}

export type Request =
  /** Makes a service so, and keeps it so. `replace` also exchanges replicas that run the same specification. */
  | {
      readonly type: 'apply'
      readonly service: ServiceSpec
      readonly environments: Environments
      readonly how: ApplyMode
    }
  /** Ends every process of a service and removes its folder; answered when both are done. */
  | { readonly type: 'remove'; readonly service: string }
  /** Ends every process of a service and keeps its folder. */
  | { readonly type: 'stop'; readonly service: string }
  /** Runs a job to its end; answered when it has begun. A job of that name that still runs is ended first. */
  | { readonly type: 'run'; readonly job: JobSpec; readonly environment: Environment }
  /** Notes that the work of a job was done before and stands: nothing is run. */
  | { readonly type: 'note-job'; readonly job: JobSpec }
  | { readonly type: 'remove-job'; readonly job: string }
  | { readonly type: 'gateway'; readonly gateway: GatewaySpec }
  | { readonly type: 'remove-gateway' }
  /** Keeps a port of this machine open for pods; the answer holds its state. The same name again changes it. */
  | { readonly type: 'forward'; readonly forward: ForwardSpec }
  | { readonly type: 'remove-forward'; readonly forward: string }
  | { readonly type: 'list' }
  /** From now on every change of a state is pushed; the answer holds them all as they are. */
  | { readonly type: 'subscribe' }
  /** Ends the session and nothing else: processes live on and the next session adopts them. */
  | { readonly type: 'quit' }

export type Answer =
  | { readonly ok: true; readonly states?: readonly State[] }
  | { readonly ok: false; readonly problem: Problem }

/** A refusal that a person is to read. */
export interface Problem {
  readonly kind: 'precondition' | 'deploy' | 'internal'
  readonly message: string
  readonly evidence: readonly string[]
  readonly hint?: string
}

export type FromClient = { readonly id: number } & Request
export type FromSession =
  | Hello
  | ({ readonly type: 'answer'; readonly id: number } & Answer)
  | { readonly type: 'state'; readonly state: State }

/**
 * `replace`: new processes. `keep`: those that run stay (scale, a changed probe). `reload`: they stay and get a signal because
 * their files changed.
 */
export type ApplyMode =
  | { readonly kind: 'replace' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'reload'; readonly signal: NodeJS.Signals }

/** The whole environment of a process. The one part of a specification that may hold secrets: kept apart, 0600, while it runs. */
export type Environment = Readonly<Record<string, string>>
export interface SlotEnvironment {
  readonly main: Environment
  /** By name of the init step. */
  readonly inits: Readonly<Record<string, Environment>>
}
/** By slot number. */
export type Environments = Readonly<Record<string, SlotEnvironment>>

/** A service with everything resolved but secrets: what the session writes down and can act on by itself. */
export interface ServiceSpec {
  readonly name: string
  readonly parts: Readonly<Record<string, string>>
  readonly replicas: number
  /**
   * Where replicas may live, numbered from 1. There is one more than replicas when new ones start before old ones end. None for
   * an external service, which is only probed.
   */
  readonly slots: readonly SlotSpec[]
  /** Start the new replica before the old one ends. */
  readonly overlaps: boolean
  /** Ports, by name, on which the session listens itself and passes on to ready replicas. */
  readonly addresses: Readonly<Record<string, number>>
  readonly restart: 'always' | 'on-failure' | 'no'
  readonly stop: {
    readonly signal: NodeJS.Signals
    readonly grace: number
    readonly pre: readonly string[] | undefined
  }
  /** Of an external service; replicas are probed as their slots say. */
  readonly health: HealthSpec | undefined
  /** Where a service lives that is not ours: it has no slots and is only probed. */
  readonly external: { readonly host: string; readonly ports: Readonly<Record<string, number>> } | undefined
}

/** One place where a replica lives: its own ports, files and environment. */
export interface SlotSpec {
  readonly number: number
  readonly command: readonly string[]
  readonly cwd: string
  readonly inits: readonly InitSpec[]
  readonly ports: Readonly<Record<string, number>>
  /** Absolute folders that are emptied before a new replica starts. */
  readonly scratch: readonly string[]
  /** Commands of it may name this slot's ports and files. */
  readonly health: HealthSpec | undefined
}

export interface InitSpec {
  readonly name: string
  readonly command: readonly string[]
  readonly cwd: string
  /** Milliseconds. */
  readonly timeout: number
}

export interface HealthSpec {
  readonly readiness: ProbeSpec
  readonly liveness: ProbeSpec | undefined
  readonly startup: ProbeSpec | undefined
  /** Milliseconds after the start in which failures do not count. */
  readonly startPeriod: number
}

export interface ProbeSpec {
  readonly check: CheckSpec
  /** Milliseconds. */
  readonly every: number
  readonly timeout: number
  readonly retries: number
}

/** Ports by name: each replica has its own number for it. */
export type CheckSpec =
  | {
      readonly kind: 'http'
      readonly scheme: 'http' | 'https'
      readonly port: string
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly kind: 'tcp'; readonly port: string }
  | { readonly kind: 'grpc'; readonly port: string; readonly service: string | undefined }
  | { readonly kind: 'exec'; readonly command: readonly string[] }

export interface JobSpec {
  readonly name: string
  readonly parts: Readonly<Record<string, string>>
  /** With the same identity its work is done and not to be done again. */
  readonly identity: string
  /** Ids of the volumes behind its needs. */
  readonly volumes: Readonly<Record<string, string>>
  readonly command: readonly string[]
  readonly cwd: string
  /** How often it is tried again after a failure. */
  readonly retries: number
  /** Milliseconds for one try. */
  readonly timeout: number
  readonly scratch: readonly string[]
}

export interface GatewaySpec {
  readonly parts: Readonly<Record<string, string>>
  readonly port: number
  readonly routes: readonly RouteSpec[]
}

export interface RouteSpec {
  readonly name: string
  readonly host: string | undefined
  readonly path: string
  readonly service: string
  readonly servicePort: string
  /** Bytes. */
  readonly bodySize: number | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** A port of this machine that leads to pods of a cluster. Holds no credentials: who opens it reads those anew. */
export interface ForwardSpec {
  /** `service.port`. */
  readonly name: string
  readonly service: string
  readonly port: string
  readonly target: {
    readonly namespace: string
    readonly selector: Readonly<Record<string, string>>
    readonly port: number
  }
  /** On this machine. */
  readonly local: number
  /** Written in the stack file: then no other port will do. */
  readonly isFixed: boolean
  readonly cluster: ClusterPlace
}

/** How to find a cluster again. */
export interface ClusterPlace {
  /** Absolute paths of the kubeconfigs. */
  readonly files: readonly string[]
  readonly context: string
  /** What the context must lead to still. */
  readonly server: string
}

export type State = ServiceState | JobState | GatewayState | ForwardState

export interface ServiceState {
  readonly kind: 'service'
  readonly name: string
  readonly parts: Readonly<Record<string, string>>
  /** Counts the replacements; replicas of an older one are on their way out. */
  readonly generation: number
  readonly wanted: number
  readonly replicas: readonly ReplicaState[]
  readonly isStopped: boolean
  /** Why an address of it does not answer yet. */
  readonly unlistened: string | undefined
  /** Only of an external service: what the last probe found. */
  readonly external: { readonly isReachable: boolean; readonly detail: string } | undefined
}

/**
 * `preparing` (init steps) → `starting` (runs, not ready yet) → `ready` ⇄ `unready`; `waiting` between two starts; `stopping`;
 * `ended` when its policy says that it stays so.
 */
export type ReplicaPhase = 'preparing' | 'starting' | 'ready' | 'unready' | 'waiting' | 'stopping' | 'ended'

export interface ReplicaState {
  readonly slot: number
  readonly generation: number
  readonly phase: ReplicaPhase
  readonly pid: number | undefined
  /** Epoch milliseconds of the present start. */
  readonly startedAt: number | undefined
  readonly restarts: number
  /** Ends in a row, none of them after ten healthy seconds. */
  readonly failures: number
  readonly lastEnd: End | undefined
  readonly lastProbe: string | undefined
  /** The number of the present start, which names its log files. */
  readonly run: number
}

/**
 * How a process ended. `code` and `signal` are both absent when it could not be started (`cause` tells why), or ended while no
 * session was there to see it.
 */
export interface End {
  readonly what: string
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly at: number
  /** Why we ended it ourselves (`liveness probe failed`), or why it never began; undefined when it ended by itself. */
  readonly cause: string | undefined
}

export interface JobState {
  readonly kind: 'job'
  readonly name: string
  readonly parts: Readonly<Record<string, string>>
  readonly phase: 'running' | 'waiting' | 'completed' | 'failed'
  readonly tries: number
  readonly pid: number | undefined
  readonly lastEnd: End | undefined
  readonly run: number
}

export interface GatewayState {
  readonly kind: 'gateway'
  readonly name: 'main'
  readonly parts: Readonly<Record<string, string>>
  readonly isListening: boolean
  readonly detail: string
}

export interface ForwardState {
  readonly kind: 'forward'
  readonly name: string
  readonly service: string
  readonly port: string
  readonly host: string
  /** The port on this machine; the wanted one while it is not open yet. */
  readonly local: number
  readonly isListening: boolean
  /** Connections now, and since the session began. */
  readonly open: number
  readonly total: number
  /** Why it does not lead anywhere now. */
  readonly problem: string | undefined
}

/** `exited with code 1`, `was ended by SIGKILL`, `ended unseen`. */
export function describeEnd(end: End): string {
  const subject = end.what === 'main' ? '' : `init ${end.what} `
  const because = end.cause === undefined ? '' : ` (${end.cause})`
  if (end.code !== undefined) return `${subject}exited with code ${String(end.code)}${because}`
  if (end.signal !== undefined) return `${subject}was ended by ${end.signal}${because}`
  if (end.cause !== undefined) return `${subject}could not be started: ${end.cause}`
  return `${subject}ended while no session was watching, so its exit code is unknown`
}
