import type { KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { nodeProblem } from '../preflight.ts'
import { fieldsOf, listOf } from '../settings.ts'
import { doubtful, fine, wrong, type LiveObservation, type LiveSubject } from './finding.ts'

/** Whether there are nodes that take ordinary pods: ready, open, and not set apart by a taint. */
export async function checkNodes({ client }: LiveSubject, signal: AbortSignal): Promise<LiveObservation> {
  const { items } = await client.list(kinds.Node, { namespace: undefined }, signal)
  const problems = items.flatMap((node) => nodeProblem(node) ?? [])
  const taking = items.filter((node) => nodeProblem(node) === undefined && !isSetApart(node))
  const cure = 'kubectl describe node says why'
  if (taking.length === 0)
    return wrong(
      problems.length > 0
        ? `no node takes pods: ${problems.join('; ')}`
        : 'no node takes pods: each has a taint that keeps ordinary ones away',
      cure,
    )
  const count = `${taking.length} of ${items.length} ${items.length === 1 ? 'node takes' : 'nodes take'} pods`
  return problems.length > 0 ? doubtful(`${count}: ${problems.join('; ')}`, cure) : fine(count)
}

function isSetApart(node: KubeObject): boolean {
  return listOf(fieldsOf(node['spec'])['taints'])
    .map(fieldsOf)
    .some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
}
