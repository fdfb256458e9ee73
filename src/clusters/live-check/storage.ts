import { kinds } from '../../platform/kubernetes/kinds.ts'
import { fine, unknown, wrong, type LiveObservation, type LiveSubject } from './finding.ts'

const defaultClass = 'storageclass.kubernetes.io/is-default-class'

/** Whether volumes that name no class get one, and which: exactly one StorageClass is to be the default. */
export async function checkStorage(
  { client, cluster, stack }: LiveSubject,
  signal: AbortSignal,
): Promise<LiveObservation> {
  const { items } = await client.list(kinds.StorageClass, { namespace: undefined }, signal)
  const names = items.map(({ metadata }) => metadata.name)
  const asked = [...stack.volumes.values()].flatMap(
    (volume) => volume.class ?? cluster.abilities.storageClass ?? [],
  )
  const missing = [...new Set(asked)].filter((name) => !names.includes(name))
  const there = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`
  if (missing.length > 0)
    return wrong(`no StorageClass ${missing.join(', ')}: ${there}`, 'correct the class of the volume')
  const defaults = items.filter(({ metadata }) => metadata.annotations?.[defaultClass] === 'true')
  const [first] = defaults
  if (first && defaults.length === 1) return fine(`the default StorageClass is ${first.metadata.name}`)
  const needing = asked.length < stack.volumes.size
  const message =
    defaults.length === 0
      ? `no StorageClass is the default: ${there}`
      : `several StorageClasses are the default: ${defaults.map(({ metadata }) => metadata.name).join(', ')}`
  return needing
    ? wrong(message, 'write class: NAME at the volumes, or make one of them the default')
    : unknown(`${message}, and no volume of the stack leaves the choice to the cluster`)
}
