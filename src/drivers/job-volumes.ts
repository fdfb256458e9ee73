import type { Job, ResolvedStack } from '../resolve/resolved.ts'

/** The part of a job for a volume that is still the one it ran on. */
export const sameVolume = 'same'

/** A job's own volumes and those of what it needs: a database that lost its data must be migrated again. */
export function volumesBehind(stack: ResolvedStack, job: Job): string[] {
  const consumers = [
    job,
    ...job.needs.map(({ on }) => (on.kind === 'service' ? stack.services : stack.jobs).get(on.name)),
  ]
  const volumes = consumers.flatMap((each) =>
    (each?.mounts ?? []).flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : [])),
  )
  return [...new Set(volumes)].sort()
}
