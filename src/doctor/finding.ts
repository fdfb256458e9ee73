/** The checks of `doctor`. The names are stable: scripts may rely on them. */
export type CheckId =
  | 'node/version'
  | 'stack/file'
  | 'target/choice'
  | 'stack/requires'
  | 'docker/engine'
  | 'docker/version'
  | 'docker/api'
  | 'docker/disk'
  | 'docker/address-pools'
  | 'docker/config'
  | 'docker/logins'
  | 'cluster/kind'
  | 'cluster/network'
  | 'cluster/access'
  | 'process/shell'
  | 'process/programs'
  | 'ports/free'
  | 'system/inotify'
  | 'state/folder'

/** A `problem` keeps the stack from running; a `warning` will be felt sooner or later. */
export type Level = 'ok' | 'warning' | 'problem'

/** What one check saw, without its name. */
export interface Observation {
  readonly level: Level
  readonly message: string
  /** What mends it; never on `ok`. */
  readonly cure?: string
}

export interface Finding extends Observation {
  readonly check: CheckId
}

export const ok = (message: string): Observation => ({ level: 'ok', message })
export const warning = (message: string, cure: string): Observation => ({ level: 'warning', message, cure })
export const problem = (message: string, cure: string | undefined): Observation => ({
  level: 'problem',
  message,
  ...(cure !== undefined && { cure }),
})
