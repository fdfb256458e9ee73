import type { Job, Resources, Service } from '../../../resolve/resolved.ts'
import { filled } from './objects.ts'
import { byteQuantity, cpuQuantity } from './quantities.ts'

/** What a service says of the rights of its program; a job says less. */
export type Restricted = Pick<Job, 'user' | 'group' | 'isReadOnlyRoot'> &
  Partial<Pick<Service, 'capabilities' | 'isPrivileged' | 'fsGroup'>>

/** Rights of one container (S73). */
export function securityOf(program: Restricted): Record<string, unknown> | undefined {
  const { capabilities = { add: [], drop: [] }, isPrivileged = false } = program
  const user = numberOf(program.user)
  const add = capabilities.add.map(capabilityName)
  const drop = capabilities.drop.map(capabilityName)
  const staysBelow = drop.includes('ALL') && !isPrivileged && !add.includes('SYS_ADMIN')
  const security = filled({
    runAsUser: user,
    runAsGroup: numberOf(program.group),
    runAsNonRoot: user !== undefined && user !== 0 ? true : undefined,
    readOnlyRootFilesystem: program.isReadOnlyRoot || undefined,
    privileged: isPrivileged || undefined,
    allowPrivilegeEscalation: staysBelow ? false : undefined,
    capabilities: filled({ add, drop }),
  })
  return Object.keys(security).length > 0 ? security : undefined
}

/**
 * The group that owns what is mounted: as the stack says, else the group of the program, else one of the same number as its
 * user, because files of secrets belong to root and to this group alone.
 */
export function mountGroupOf(program: Restricted, imageUser: string | undefined): number | undefined {
  const [user, group] = (imageUser ?? '').split(':')
  const asked = program.fsGroup ?? numberOf(program.group)
  if (asked !== undefined) return asked
  const implied = numberOf(program.user) ?? numberOf(group) ?? numberOf(user)
  // Root reads everything.
  return implied === 0 ? undefined : implied
}

/** A user of the image that has only a name: nobody can tell its group before the container runs. */
export function isNamedUser(imageUser: string | undefined): boolean {
  const user = imageUser?.split(':')[0] ?? ''
  return user !== '' && user !== 'root' && numberOf(user) === undefined
}

export function numberOf(written: string | undefined): number | undefined {
  return written !== undefined && /^\d+$/.test(written) ? Number(written) : undefined
}

/** Docker takes `CAP_NET_ADMIN`, Kubernetes only `NET_ADMIN`. */
function capabilityName(written: string): string {
  return written.toUpperCase().replace(/^CAP_/, '')
}

export function resourcesOf({ cpu, memory, limits }: Resources): Record<string, unknown> {
  return filled({
    requests: amounts(cpu, memory),
    limits: amounts(limits.cpu, limits.memory),
  })
}

function amounts(cpu: number | undefined, memory: number | undefined): Record<string, unknown> {
  return filled({
    cpu: cpu === undefined ? undefined : cpuQuantity(cpu),
    memory: memory === undefined ? undefined : byteQuantity(memory),
  })
}
