import { existsSync } from 'node:fs'
import { stateFolder } from '../memory/state-folder.ts'
import { listContainers, type ContainerSummary } from '../platform/engine/containers.ts'
import { findMarked } from '../platform/process-group.ts'
import { describeOwner, isPortFree, ownerOfPort } from '../platform/process-ports.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { runningSession } from '../session/session-lock.ts'
import { instanceHash } from '../session/socket-path.ts'
import { composeLabel, isOurs } from '../drivers/compose/labels.ts'
import { engineOf } from './docker.ts'
import { ok, problem, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Ports of this machine that the stack file fixes: free, or held by this very stack. */
export async function checkPorts(subject: Subject): Promise<Observation[]> {
  if (subject.stack.kind !== 'valid') return []
  const wanted = fixedPorts(subject.stack.stack)
  return Promise.all([...wanted].map(([port, owners]) => checkPort(port, owners, subject)))
}

async function checkPort(port: number, owners: readonly string[], subject: Subject): Promise<Observation> {
  const what = `${String(port)} (${owners.join(', ')})`
  if (await isPortFree(port)) return ok(`port ${what} is free`)
  const container = await containerOn(port, subject)
  if (container && subject.stack.kind === 'valid' && isOurs(subject.stack.stack, container.Labels)) {
    return ok(`port ${what} is held by this stack`)
  }
  const cure = `end what holds it, or choose another port for ${owners.join(', ')}`
  if (container) {
    const project = container.Labels[composeLabel.project]
    const name = container.Names[0]?.slice(1) ?? container.Id
    const from = project === undefined ? '' : ` of project ${project}`
    return problem(
      `port ${String(port)} is taken by container ${name}${from}, and ${owners.join(', ')} wants it`,
      cure,
    )
  }
  const owner = await ownerOfPort(port)
  if (owner && (await isOfThisStack(owner.pid, subject))) return ok(`port ${what} is held by this stack`)
  return problem(`${describeOwner(port, owner)}, and ${owners.join(', ')} wants it`, cure)
}

/** By port, who wants it: `api.http`, or the gateway for the routes. */
function fixedPorts(stack: ResolvedStack): ReadonlyMap<number, readonly string[]> {
  const ports = new Map<number, string[]>()
  const add = (port: number, owner: string): void => {
    ports.set(port, [...(ports.get(port) ?? []), owner])
  }
  for (const service of stack.services.values()) {
    for (const [name, { kind, port }] of service.expose) {
      if (port !== undefined && kind !== 'none' && kind !== 'internal') add(port, `${service.name}.${name}`)
    }
  }
  // An instance gets a port of its own.
  if (stack.routes.size > 0 && stack.instance === undefined) add(stack.gateway.port, 'the gateway')
  return ports
}

/** Docker's own proxy or the kernel listens for a container; only the engine knows for which. */
async function containerOn(port: number, subject: Subject): Promise<ContainerSummary | undefined> {
  const engine = engineOf(subject)
  if (!engine) return undefined
  const containers = await listContainers(engine.engine, [])
  return containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port))
}

/** Processes of ours carry a marker that begins with the instance; the gateway listens in the session itself. */
async function isOfThisStack(pid: number, { stack, env, platform, home, target }: Subject): Promise<boolean> {
  if (stack.kind !== 'valid' || target.name !== 'process') return false
  const { name, root, instance } = stack.stack
  const folder = stateFolder({ stackName: name, root, instance, env, platform, home })
  if (!existsSync(folder)) return false
  if ((await runningSession(folder))?.pid === pid) return true
  const marked = (await findMarked()).find(({ row }) => row.pid === pid)
  return marked?.marker.startsWith(`${instanceHash(folder)}/`) ?? false
}
