import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Port, Service } from '../../../resolve/resolved.ts'
import { part } from '../../content-parts.ts'
import { podMates, podOwner } from '../../pods.ts'
import { projectLabel, selectorOf } from '../labels.ts'
import type { DesiredObject, KubeResource } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { desiredObject, need, passiveResource } from './objects.ts'

/** `network/default-deny` with `isolation: edges`: pods of the stack hear only whom a policy names (S93). */
export function networkResources(context: DesiredContext): KubeResource[] {
  const { stack } = context
  if (stack.isolation !== 'edges') return []
  const id = 'network/default-deny'
  const spec = { podSelector: { matchLabels: { [projectLabel]: stack.project } }, policyTypes: ['Ingress'] }
  const from = { file: stack.file, line: 1, column: 1, length: 1 }
  const policy = desiredObject(stack, {
    kind: kinds.NetworkPolicy,
    name: 'default-deny',
    resource: id,
    fields: { spec },
    from,
  })
  const needs = [need(`namespace/${stack.namespace}`)]
  return [passiveResource({ id, objects: [policy], parts: part('policy', spec), needs, from })]
}

/**
 * Who may speak to the pods of a service: those that need or name it, on its ports, and everybody on ports that lead outside.
 * Pods are named by label, so the number of replicas changes nothing (S94); what they ask themselves, DNS first, stays free.
 */
export function policyObjects(owner: Service, context: DesiredContext): DesiredObject[] {
  const { stack } = context
  if (stack.isolation !== 'edges') return []
  const members = podMates(stack, owner)
  const inside = members.flatMap((member) => {
    const callers = callersOf(member, context)
    const ports = [...member.ports.values()]
    return callers.length > 0 && ports.length > 0
      ? [{ from: callers.map((name) => podsNamed(name, context)), ports: ports.map(portOf) }]
      : []
  })
  const outside = members.flatMap((member) => outsidePorts(member, context)).map(portOf)
  const ingress = [...inside, ...(outside.length > 0 ? [{ ports: outside }] : [])]
  if (ingress.length === 0) return []
  return [
    desiredObject(stack, {
      kind: kinds.NetworkPolicy,
      name: owner.name,
      resource: `service/${owner.name}`,
      fields: {
        spec: {
          podSelector: { matchLabels: selectorOf(stack.project, owner.name) },
          policyTypes: ['Ingress'],
          ingress,
        },
      },
      from: owner.from,
    }),
  ]
}

function podsNamed(name: string, { stack }: DesiredContext): unknown {
  return { podSelector: { matchLabels: selectorOf(stack.project, name) } }
}

/** Who speaks to a service, its own pod left out. */
function callersOf(service: Service, { stack, callers }: DesiredContext): string[] {
  const own = podOwner(stack, service).name
  return [...new Set(callers.get(service.name))].filter((name) => name !== own).sort()
}

/** A forward needs no policy: it comes through the node. */
function outsidePorts(service: Service, { stack }: DesiredContext): Port[] {
  const routed = new Set(
    [...stack.routes.values()].flatMap(({ to }) => (to.service === service.name ? [to.port] : [])),
  )
  return [...service.ports.values()].filter(({ name }) => {
    const kind = service.expose.get(name)?.kind
    return kind === 'node' || kind === 'load-balancer' || routed.has(name)
  })
}

function portOf({ port, protocol }: Port): unknown {
  return { port, protocol: protocol.toUpperCase() }
}
