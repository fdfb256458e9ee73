import type { Span } from '../../stack/diagnostics.ts'
import { describeOwner, isPortFree, ownerOfPort } from '../../platform/process-ports.ts'
import { isRunning } from '../../platform/process-identity.ts'
import { StepError } from '../../plan/step-error.ts'
import { runningSession } from '../../session/session-lock.ts'
import type { ServiceSpec } from '../../session/protocol.ts'
import type { ReplicaRecord, ServiceRecord } from '../../session/records.ts'
import { readRecorded, recordedReplicas, recordedService } from './recorded.ts'

/** Every port on which something of this service will listen. */
export function portsOf(spec: ServiceSpec): number[] {
  return [
    ...new Set([
      ...Object.values(spec.addresses),
      ...spec.slots.flatMap(({ ports }) => Object.values(ports)),
    ]),
  ]
}

/**
 * Fails, before anything is started or stopped, when somebody else listens where `holder` is to listen. Who it is, if the system
 * tells, is in the message: another service of this stack, or a program that is not ours.
 */
export async function refuseTakenPorts(
  ports: readonly number[],
  holder: string,
  state: string,
  span: Span,
): Promise<void> {
  const free = await Promise.all(ports.map(isPortFree))
  const taken = ports.filter((_, index) => !free[index])
  if (taken.length === 0) return
  const held = await portsHeldByUs(state)
  const foreign = taken.filter((port) => held.get(port) !== holder)
  if (foreign.length === 0) return
  const reasons = await Promise.all(
    foreign.map(async (port) => {
      const ours = held.get(port)
      return `${describeOwner(port, await ownerOfPort(port))}${ours === undefined ? '' : `, ${ours} of this stack`}`
    }),
  )
  throw new StepError('deploy', reasons.join('; '), {
    span,
    hint: 'end that program, choose another port with `expose`, or let the service listen on ${self.port.NAME} and leave the port open',
  })
}

/** Ports on which our own processes, or the session for them, listen now, with who does: `service/api`, `gateway/main`. */
export async function portsHeldByUs(state: string): Promise<ReadonlyMap<number, string>> {
  const recorded = await readRecorded(state)
  const isServed = (await runningSession(state).catch(() => undefined)) !== undefined
  const services = [...recorded.services].map(([name, { record, replicas }]) =>
    portsOfService(name, record, replicas, isServed),
  )
  const held = new Map((await Promise.all(services)).flat())
  if (recorded.gateway && isServed) held.set(recorded.gateway.spec.port, 'gateway/main')
  return held
}

/** Where the processes of one service listen now, without a look at the others. */
export async function portsHeldByService(state: string, name: string): Promise<ReadonlySet<number>> {
  const record = await recordedService(state, name)
  if (!record) return new Set()
  const isServed = (await runningSession(state).catch(() => undefined)) !== undefined
  const entries = await portsOfService(name, record, await recordedReplicas(state, record), isServed)
  return new Set(entries.map(([port]) => port))
}

async function portsOfService(
  name: string,
  { spec }: ServiceRecord,
  replicas: readonly ReplicaRecord[],
  isServed: boolean,
): Promise<[number, string][]> {
  const ports = isServed ? Object.values(spec.addresses) : []
  for (const { slot, pid, startTime } of replicas) {
    if (pid === undefined || startTime === undefined || !(await isRunning({ pid, startTime }))) continue
    ports.push(...Object.values(spec.slots.find(({ number }) => number === slot)?.ports ?? {}))
  }
  return ports.map((port) => [port, `service/${name}`])
}
