import { execute } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import type { Opened } from '../session/opened.ts'
import { keepEverything } from '../plan/removals.ts'
import type { ResourceId } from '../plan/resource.ts'
import { exitCodeOfOutcome } from './outcome.ts'

/** What `dev --on-exit stop|down` does: both end what runs and keep volumes and secrets; `down` forgets logs and ports as well. */
export async function endStack(opened: Opened, forgets: boolean): Promise<number> {
  const facts = await opened.gather('look')
  const needs = new Map<ResourceId, readonly ResourceId[]>(
    opened.driver.desired(opened.stack, facts).map((each) => [each.id, each.needs.map((need) => need.on)]),
  )
  const removal = { ...keepEverything, cause: 'end of dev', needs }
  // Ctrl-C has ended dev already; the tidying up has a signal of its own.
  const signal = new AbortController().signal
  const { plan } = await planLine(opened.driver, opened.stack, facts, { removal, adjust: () => [] }, signal)
  await opened.driver.forwarding?.release()
  const outcome = await execute(opened, plan, { wait: true, signal })
  if (forgets && outcome.failures.length === 0) await opened.memory.clear(keptAfterDown)
  return exitCodeOfOutcome(outcome)
}

/**
 * After `down` the memory keeps what a later `up` on the kept volumes needs: their secrets and certificates, which jobs ran on
 * them, ports that bookmarks point at, hashes that save reading files again.
 */
export const keptAfterDown: readonly string[] = [
  'secrets',
  'certs',
  'hash-key',
  'jobs',
  'compose',
  'ports',
  'volumes',
  'volume-ids',
  'file-hashes',
  'sync',
  'pre-steps',
  'engine',
  'smoke',
  'revisions',
]
