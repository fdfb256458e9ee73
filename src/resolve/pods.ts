import type { ResolvedStack, Service } from './resolved.ts'

/** Services that share one network: the owner first, the others in the order of the file. */
export interface Pod {
  readonly name: string
  readonly owner: Service
  readonly members: readonly Service[]
}

/** The pods of a stack; services that are alone are in none. External services run nowhere, so they are in none either. */
export function podsOf(stack: Pick<ResolvedStack, 'services'>): ReadonlyMap<string, Pod> {
  const byName = new Map<string, Service[]>()
  for (const service of stack.services.values()) {
    if (service.pod === undefined || service.external) continue
    byName.set(service.pod, [...(byName.get(service.pod) ?? []), service])
  }
  const pods = new Map<string, Pod>()
  for (const [name, services] of byName) {
    const owner = services.find((service) => service.name === name) ?? services[0]
    if (owner)
      pods.set(name, { name, owner, members: [owner, ...services.filter((service) => service !== owner)] })
  }
  return pods
}

/** Gives members what only their owner sets: how many there are, how they are replaced, and as whom they run. */
export function withPods(services: ReadonlyMap<string, Service>): ReadonlyMap<string, Service> {
  const result = new Map(services)
  for (const { owner, members } of podsOf({ services }).values()) {
    for (const member of members) {
      const { replicas, scale, update, user, isSingleton } = owner
      if (member !== owner)
        result.set(member.name, {
          ...member,
          replicas,
          scale,
          update,
          isSingleton,
          user: user ?? member.user,
        })
    }
  }
  return result
}
