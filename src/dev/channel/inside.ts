import type { Channel } from './channel.ts'

/** A channel whose other end is a program of ours inside the container, so that it can do more than change files. */
export interface InsideChannel extends Channel {
  /**
   * Sends a signal (`HUP`, `SIGHUP`) to the service's process: the one that was started by our `run`, else the first process of the
   * container. Throws RefusedError when that cannot be.
   */
  signalInside(name: string, signal: AbortSignal): Promise<void>
}

/** `SIGHUP`, `sighup` and `HUP` are one; undefined for what is no name of a signal. */
export function signalName(name: string): string | undefined {
  const bare = name.toUpperCase().replace(/^SIG/, '')
  return /^[A-Z][A-Z0-9+-]*$/.test(bare) ? bare : undefined
}
