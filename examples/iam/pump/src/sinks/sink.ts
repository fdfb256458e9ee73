import type { AnalyticsRecord } from '../../../common/src/analytics-record.ts'

/** Where records end up. Each method rejects while the place cannot be reached. */
export interface Sink {
  /** Durable once it resolves. A record whose id is there already is taken for written. */
  write(records: readonly AnalyticsRecord[]): Promise<void>
  /** Of one user, or all. */
  count(username: string | undefined): Promise<number>
  check(): Promise<void>
  close(): Promise<void>
}

export type SinkSettings =
  { readonly kind: 'mongodb'; readonly url: string } | { readonly kind: 'json-lines'; readonly file: string }

/** Opens the sink that the configuration names; only that one is loaded. */
export async function openSink(settings: SinkSettings): Promise<Sink> {
  switch (settings.kind) {
    case 'mongodb':
      return (await import('./mongodb.ts')).openMongodb(settings.url)
    case 'json-lines':
      return (await import('./json-lines.ts')).openJsonLines(settings.file)
    default:
      return settings satisfies never
  }
}
