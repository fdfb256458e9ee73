import type { Event } from './events.ts'
import type { LogBuffers } from './log-buffers.ts'
import type { Store } from './store.ts'

/** What a person wants of the program behind the screen. The screen only asks; who opened it answers. */
export type Intent =
  /** `dev` itself ends. */
  | { readonly kind: 'quit'; readonly then: OnExit }
  /** Only this view of a `dev` that another process runs. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'restart'; readonly services: readonly string[] }
  | { readonly kind: 'rebuild'; readonly services: readonly string[] }
  /** Everything of these services is brought again, whatever is there. */
  | { readonly kind: 'resync'; readonly services: readonly string[] }
  | { readonly kind: 'stop'; readonly services: readonly string[] }
  | { readonly kind: 'scale'; readonly service: string; readonly replicas: number }
  /** Undefined: all of them. */
  | { readonly kind: 'smoke'; readonly checks: readonly string[] | undefined }
  | { readonly kind: 'open'; readonly url: string }
  /** `iamstack WORDS…` with the terminal to itself, a shell in a replica among them. */
  | { readonly kind: 'run'; readonly words: readonly string[]; readonly isInteractive: boolean }

/** What becomes of the stack when `dev` ends. */
export type OnExit = 'keep' | 'stop' | 'down'

/** A verb of the command line, for the palette. */
export interface Verb {
  readonly name: string
  readonly summary: string
  readonly completes: 'profile' | 'service' | 'file' | 'folder' | undefined
}

export interface ScreenOptions {
  readonly store: Store
  readonly logs: LogBuffers
  readonly env: Readonly<Record<string, string | undefined>>
  readonly verbs: readonly Verb[]
  /** `--on-exit`: then leaving does not ask. */
  readonly onExit: OnExit | undefined
  /** Another process runs `dev`: leaving this screen ends nothing. Default: false. */
  readonly isAttached?: boolean
  /** What happened before the screen opened, oldest first. Default: none. */
  readonly recent?: readonly Event[]
  /** False where `NO_COLOR` or `--ansi never` say so. */
  readonly isColoured: boolean
  /**
   * Carries an intent out and comes back when that is done. The result is a word for the person, or nothing; an error becomes a
   * notice with its message. Those that need the terminal (`run`) are called while the screen is put away.
   */
  readonly act: (intent: Intent) => Promise<string | undefined>
}

export interface Screen {
  /** It was closed, or closed itself for Ctrl-C or a signal. Put away for a while, it is not. */
  readonly isClosed: boolean
  /** Gives the terminal back for as long as the work takes, a question for example. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** Gives the terminal back. May be called twice. */
  close(): void
}

export type OpenScreen = (options: ScreenOptions) => Screen

/** Where a command finds the screen, and a reporter whether it has the terminal now. Loaded only when it is opened. */
export interface ScreenDoor {
  readonly isOpen: boolean
  open(options: ScreenOptions): Promise<Screen>
}

export function screenDoor(load: () => Promise<OpenScreen>): ScreenDoor {
  let screen: Screen | undefined
  return {
    get isOpen() {
      return screen !== undefined && !screen.isClosed
    },
    async open(options) {
      const openScreen = await load()
      screen = openScreen(options)
      return screen
    },
  }
}
