import type { Health } from '../../../plan/resource.ts'
import type { KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { projectLabel } from '../labels.ts'

/** Label of a release: the parts of its resource, `chart-1a2b3c4d.values-…`. */
export const chartPartsLabel = 'iamstack.dev/chart-parts'

/** One revision of a release, as the labels of the Secret tell that helm keeps it in (helm/pkg/storage/driver/secrets.go). */
export interface Release {
  readonly name: string
  readonly revision: number
  readonly status: string
  /** Undefined for a release of somebody else. */
  readonly project: string | undefined
  readonly parts: Readonly<Record<string, string>>
  /** Name of the Secret. */
  readonly secret: string
}

/** The newest revision of each release in a namespace that a selector finds, by name; older ones of it in `revisions`. */
export async function listReleases(
  client: KubeClient,
  namespace: string,
  selector: string,
  signal?: AbortSignal,
): Promise<readonly Release[]> {
  const { items } = await client.list(
    kinds.Secret,
    { namespace, labelSelector: `owner=helm,${selector}`, metadataOnly: true },
    signal,
  )
  return items.flatMap(releaseOf).sort((one, other) => other.revision - one.revision)
}

/** The newest of each name. */
export function newestOf(releases: readonly Release[]): ReadonlyMap<string, Release> {
  const newest = new Map<string, Release>()
  for (const release of releases) {
    const known = newest.get(release.name)
    if (!known || known.revision < release.revision) newest.set(release.name, release)
  }
  return newest
}

/** What a status of helm means (helm/pkg/release/status.go). Nobody else works on it while we hold the lock. */
export function healthOf({ status, revision }: Release): {
  readonly health: Health
  readonly detail: string
} {
  switch (status) {
    case 'deployed':
      return { health: 'ready', detail: `revision ${revision}` }
    case 'pending-install':
    case 'pending-upgrade':
    case 'pending-rollback':
      return { health: 'failed', detail: `revision ${revision} was interrupted` }
    case 'uninstalling':
      return { health: 'failed', detail: 'its removal was interrupted' }
    default:
      return { health: 'failed', detail: `revision ${revision} is ${status}` }
  }
}

export function isInterrupted({ status }: Release): boolean {
  return status.startsWith('pending-')
}

export function partsAsLabel(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, digest]) => `${name}-${digest}`)
    .join('.')
}

function releaseOf({ metadata }: KubeObject): Release[] {
  const labels = metadata.labels ?? {}
  const { name, version, status } = labels
  const revision = Number(version)
  if (name === undefined || status === undefined || !Number.isInteger(revision)) return []
  const parts = (labels[chartPartsLabel] ?? '').split('.').flatMap((part) => {
    const dash = part.lastIndexOf('-')
    return dash === -1 ? [] : [[part.slice(0, dash), part.slice(dash + 1)]]
  })
  return [
    {
      name,
      revision,
      status,
      project: labels[projectLabel],
      parts: Object.fromEntries(parts) as Record<string, string>,
      secret: metadata.name,
    },
  ]
}
