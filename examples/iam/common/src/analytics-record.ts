/** One decision, as it travels through Redis to the sink. */
export interface AnalyticsRecord {
  /** Unique: a sink that has it already takes it for done. */
  readonly id: string
  /** ISO 8601 in UTC. */
  readonly time: string
  /** Owner of the secret that signed the request. */
  readonly username: string
  readonly subject: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly reason: string
}
