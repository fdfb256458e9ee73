import { StepError } from '../plan/step-error.ts'
import { KubeError, type KubeClient, type KubeObject } from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { hasStatus, refused } from './cluster-error.ts'
import { topOf } from './homes.ts'
import { projectLabel } from './ownership.ts'
import { groupByKey, memoryLabel, storedValue, valueIn, type FoundValue, type Shelf } from './stored-value.ts'

/** Values as Secrets of one namespace. */
export interface SharedValues {
  read(key: string): Promise<unknown>
  keys(): Promise<string[]>
  write(key: string, value: unknown): Promise<void>
  remove(key: string): Promise<void>
  /** What was read is read anew next time. */
  forget(): void
}

export interface SharedValuesOptions extends Shelf {
  /** Undefined: the cluster is not there. */
  readonly client: () => Promise<KubeClient | undefined>
  /** Makes sure that the namespace is there, before the first write. */
  readonly provide: (client: KubeClient) => Promise<void>
}

/** Attempts to replace a Secret that others change at the same time. */
const mostAttempts = 5
/** Large, and read by few commands: in a list of their own. */
const heavyTops: ReadonlySet<string> = new Set(['revisions'])

type Group = 'light' | 'heavy'

/**
 * Everything that a command reads comes from one list (two, with revisions), which then follows what is written here. Writes of
 * a key are atomic, and the last one wins: whoever must not lose another's value holds the lock.
 */
export function openSharedValues(options: SharedValuesOptions): SharedValues {
  const { namespace, project } = options
  const lists = new Map<Group, Promise<Map<string, FoundValue>>>()

  function found(group: Group): Promise<Map<string, FoundValue>> {
    const known = lists.get(group)
    if (known) return known
    const listed = list(group)
    lists.set(group, listed)
    listed.catch(() => lists.delete(group))
    return listed
  }

  async function list(group: Group): Promise<Map<string, FoundValue>> {
    const client = await options.client()
    if (!client) return new Map()
    const tops = [...heavyTops].join(',')
    const which =
      group === 'heavy' ? `${memoryLabel} in (${tops})` : `${memoryLabel},${memoryLabel} notin (${tops})`
    const labelSelector = `${projectLabel}=${project},${which}`
    return telling('read the memory of the stack', async () =>
      groupByKey((await client.list(kinds.Secret, { namespace, labelSelector })).items),
    )
  }

  async function write(key: string, value: unknown): Promise<void> {
    const client = await clientForChange()
    await options.provide(client)
    const known = (await found(groupOf(key))).get(key)
    const { head, pieces } = storedValue(options, key, value)
    await telling(`remember ${topOf(key)}`, async () => {
      for (const piece of pieces) await put(client, piece, undefined)
      const stored = await put(client, head, known?.head?.metadata.resourceVersion)
      const names = new Set(pieces.map(({ metadata }) => metadata.name))
      for (const former of known?.pieces ?? [])
        if (!names.has(former.metadata.name)) await removeSecret(client, former.metadata.name)
      ;(await found(groupOf(key))).set(key, {
        head: { ...head, metadata: stored.metadata },
        pieces: [...pieces],
      })
    })
  }

  /** Creates or replaces it, whatever others do meanwhile. */
  async function put(client: KubeClient, object: KubeObject, known: string | undefined): Promise<KubeObject> {
    let version = known
    for (let attempt = 1; ; attempt++) {
      try {
        if (version === undefined) return await client.create(kinds.Secret, object)
        const metadata = { ...object.metadata, resourceVersion: version }
        return await client.replace(kinds.Secret, { ...object, metadata })
      } catch (error) {
        const isGone = version !== undefined && hasStatus(error, 404)
        if (!(isGone || hasStatus(error, 409)) || attempt === mostAttempts) throw error
        const now = await client.get(kinds.Secret, namespace, object.metadata.name)
        version = now?.metadata.resourceVersion
      }
    }
  }

  async function remove(key: string): Promise<void> {
    const values = await found(groupOf(key))
    const value = values.get(key)
    if (!value) return
    const client = await clientForChange()
    await telling(`forget ${topOf(key)}`, async () => {
      // Without its head the value is gone; pieces that an interruption leaves go with the next change of the key.
      for (const { metadata } of [...(value.head ? [value.head] : []), ...value.pieces])
        await removeSecret(client, metadata.name)
    })
    values.delete(key)
  }

  async function removeSecret(client: KubeClient, name: string): Promise<void> {
    await client.remove(kinds.Secret, namespace, name)
  }

  async function clientForChange(): Promise<KubeClient> {
    const client = await options.client()
    if (client) return client
    throw new StepError(
      'precondition',
      `the cluster of ${project} is not there yet, so nothing can be kept in it`,
      {
        hint: 'iamstack up makes the cluster first',
      },
    )
  }

  async function telling<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof KubeError) lists.clear()
      throw refused(error, doing, namespace)
    }
  }

  return {
    read: async (key) => {
      const value = (await found(groupOf(key))).get(key)
      return value && valueIn(value)
    },
    keys: async () => {
      const groups = await Promise.all([found('light'), found('heavy')])
      return groups.flatMap((group) => [...group].flatMap(([key, { head }]) => (head ? [key] : [])))
    },
    write,
    remove,
    forget: () => lists.clear(),
  }
}

function groupOf(key: string): Group {
  return heavyTops.has(topOf(key)) ? 'heavy' : 'light'
}
