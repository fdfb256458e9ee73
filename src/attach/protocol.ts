import type { Event, Failure } from '../state/events.ts'
import type { LogEntry } from '../state/log-buffers.ts'
import type { Intent } from '../state/screen.ts'
import type { PackedState } from './replay.ts'

/**
 * What a running `dev` and those who look on say to each other: JSON Lines over a local socket. `dev` speaks first (`hello`). Who
 * wants to look sends `attach` and gets one `replay`, then everything that happens; each `act` is answered once, with its number.
 */

/** Raised whenever a message changes its meaning. `type`, `protocol` and `pid` of `hello` never change theirs. */
export const attachProtocol = 1

export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  /** Of iamstack, for a person. */
  readonly version: string
  readonly pid: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly project: string
  readonly target: string
  /** What `dev` was asked for by name; none means everything. */
  readonly services: readonly string[]
  /** The file that its lines go to, where it has no terminal. */
  readonly log?: string
}

/** What a viewer wants besides the events. */
export interface Wants {
  /** What the target says of itself every few seconds, as events. */
  readonly looks: boolean
  readonly logs: boolean
}

/** What a viewer may ask for. A URL is opened and a command is run where the person sits, and leaving is the viewer's own. */
export type RemoteIntent = Exclude<Intent, { readonly kind: 'open' | 'run' | 'leave' }>

export type FromViewer =
  | ({ readonly type: 'attach' } & Wants)
  | { readonly type: 'act'; readonly id: number; readonly intent: RemoteIntent }

export type LogText = Omit<LogEntry, 'order'>

/** All that a newcomer needs to have the same state, with the last events and log lines. */
export interface Replay {
  readonly type: 'replay'
  readonly state: PackedState
  readonly recent: readonly Event[]
  readonly logs: readonly LogText[]
  /** As of `settled`; absent while the first `up` is on its way. */
  readonly settled?: number
}

export type Answer =
  { readonly ok: true; readonly word?: string } | { readonly ok: false; readonly failure: Failure }

export type FromDev =
  | Hello
  | Replay
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'logs'; readonly lines: readonly LogText[] }
  /** The first `up` is done; the exit code is what `up` would have ended with. */
  | { readonly type: 'settled'; readonly exitCode: number }
  | ({ readonly type: 'answer'; readonly id: number } & Answer)
  /** `dev` ends. Nothing comes after it. */
  | { readonly type: 'ended'; readonly exitCode: number }

/** The first message of a socket: of our version, of another one, or none of `dev` at all. */
export function readHello(
  value: unknown,
):
  | { readonly kind: 'ours'; readonly hello: Hello }
  | { readonly kind: 'other'; readonly protocol: number; readonly pid: number }
  | { readonly kind: 'garbage' } {
  if (!isObject(value) || value['type'] !== 'hello') return { kind: 'garbage' }
  const { protocol, pid } = value
  if (typeof protocol !== 'number' || typeof pid !== 'number') return { kind: 'garbage' }
  if (protocol !== attachProtocol) return { kind: 'other', protocol, pid }
  const isWhole =
    ['version', 'project', 'target'].every((name) => typeof value[name] === 'string') &&
    typeof value['startedAt'] === 'number' &&
    isTexts(value['services'])
  return isWhole ? { kind: 'ours', hello: value as unknown as Hello } : { kind: 'garbage' }
}

/** A message of a `dev` of our version, whose contents are then what they say; undefined for anything else. */
export function readFromDev(value: unknown): Exclude<FromDev, Hello> | undefined {
  if (!isObject(value)) return undefined
  switch (value['type']) {
    case 'replay':
      return isObject(value['state']) && Array.isArray(value['recent']) && Array.isArray(value['logs'])
        ? (value as unknown as Replay)
        : undefined
    case 'event':
      return isObject(value['event']) ? (value as unknown as FromDevOf<'event'>) : undefined
    case 'logs':
      return Array.isArray(value['lines']) ? (value as unknown as FromDevOf<'logs'>) : undefined
    case 'settled':
    case 'ended':
      return typeof value['exitCode'] === 'number'
        ? (value as unknown as FromDevOf<'settled' | 'ended'>)
        : undefined
    case 'answer':
      return typeof value['id'] === 'number' && typeof value['ok'] === 'boolean'
        ? (value as unknown as FromDevOf<'answer'>)
        : undefined
    default:
      return undefined
  }
}

type FromDevOf<T extends FromDev['type']> = Extract<FromDev, { readonly type: T }>

/** What a viewer sent, looked at field by field, for `dev` acts on it; undefined for what is no request. */
export function readFromViewer(value: unknown): FromViewer | undefined {
  if (!isObject(value)) return undefined
  if (value['type'] === 'attach') {
    const { looks, logs } = value
    return typeof looks === 'boolean' && typeof logs === 'boolean'
      ? { type: 'attach', looks, logs }
      : undefined
  }
  const intent = readIntent(value['intent'])
  return value['type'] === 'act' && typeof value['id'] === 'number' && intent
    ? { type: 'act', id: value['id'], intent }
    : undefined
}

function readIntent(value: unknown): RemoteIntent | undefined {
  if (!isObject(value)) return undefined
  const { kind, services, checks, then } = value
  switch (kind) {
    case 'quit':
      return then === 'keep' || then === 'stop' || then === 'down' ? { kind, then } : undefined
    case 'restart':
    case 'rebuild':
    case 'resync':
    case 'stop':
      return isTexts(services) ? { kind, services } : undefined
    case 'scale': {
      const { service, replicas } = value
      return typeof service === 'string' && Number.isInteger(replicas) && Number(replicas) >= 0
        ? { kind, service, replicas: Number(replicas) }
        : undefined
    }
    case 'smoke':
      return checks === undefined || isTexts(checks) ? { kind, checks } : undefined
    default:
      return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
