import type { KindOfObject } from './client.ts'
import { fieldsOf, listOf, textOf } from './entries.ts'
import { isNotFound } from './errors.ts'
import { kinds } from './kinds.ts'
import { groupVersionPath } from './paths.ts'
import type { Transport } from './transport.ts'

/**
 * Names kinds as paths do. Kinds that every server has cost no request, others one for their group and version. What was found is
 * kept; what was not is asked for again, because a CustomResourceDefinition may have come since.
 */
export function openDiscovery(
  transport: Transport,
): (apiVersion: string, kind: string) => Promise<KindOfObject | undefined> {
  const groups = new Map<string, Promise<ReadonlyMap<string, KindOfObject>>>()

  function groupOf(apiVersion: string): Promise<ReadonlyMap<string, KindOfObject>> {
    const asked = groups.get(apiVersion)
    if (asked) return asked
    const asking = kindsOf(transport, apiVersion)
    groups.set(apiVersion, asking)
    asking.catch(() => groups.delete(apiVersion))
    return asking
  }

  return async (apiVersion, kind) => {
    const known = wellKnown.get(`${apiVersion} ${kind}`)
    if (known) return known
    const asking = groupOf(apiVersion)
    const found = (await asking).get(kind)
    if (!found && groups.get(apiVersion) === asking) groups.delete(apiVersion)
    return found
  }
}

const wellKnown: ReadonlyMap<string, KindOfObject> = new Map(
  Object.values(kinds).map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind]),
)

async function kindsOf(transport: Transport, apiVersion: string): Promise<ReadonlyMap<string, KindOfObject>> {
  const found = new Map<string, KindOfObject>()
  let answer: unknown
  try {
    answer = await transport.call({ method: 'GET', path: groupVersionPath(apiVersion) })
  } catch (error) {
    if (isNotFound(error)) return found
    throw error
  }
  for (const each of listOf(fieldsOf(answer)['resources'])) {
    const { name, kind, namespaced } = fieldsOf(each)
    const plural = textOf(name)
    const kindName = textOf(kind)
    // `deployments/scale` is a part of an object, not a kind of its own.
    if (plural === undefined || kindName === undefined || plural.includes('/')) continue
    found.set(kindName, { apiVersion, kind: kindName, plural, isNamespaced: namespaced === true })
  }
  return found
}
