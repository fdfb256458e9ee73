import { errorAt, type Span } from '../diagnostics.ts'
import { didYouMean } from '../schema/suggest.ts'
import { entriesOf, type CheckContext, type JobToCheck, type ServiceToCheck } from './context.ts'

interface Edge {
  readonly to: string
  readonly at: Span | undefined
}

/** `needs` must name services and jobs, wait for what these can become, and never lead back. */
export function checkNeeds(context: CheckContext): void {
  const { services, jobs } = context.value
  const graph = new Map<string, Edge[]>()
  for (const [name] of entriesOf(jobs)) {
    if (!services?.has(name)) continue
    const at = jobs && context.keySpanOf(jobs, name)
    context.add(
      errorAt(
        'check/name-taken',
        `\`${name}\` is both a service and a job`,
        at,
        '`needs` could mean either; rename one',
      ),
    )
  }
  for (const [name, service] of entriesOf(services)) graph.set(name, edgesOf(context, name, service))
  for (const [name, job] of entriesOf(jobs))
    if (!graph.has(name)) graph.set(name, edgesOf(context, name, job))
  checkCycles(context, graph)
}

function edgesOf(context: CheckContext, name: string, workload: ServiceToCheck | JobToCheck): Edge[] {
  const { services, jobs } = context.value
  const { needs } = workload
  if (!needs) return []
  const edges: Edge[] = []
  for (const [to, need] of needs) {
    const at = context.keySpanOf(needs, to)
    const isService = services?.has(to) === true
    const isJob = jobs?.has(to) === true
    if (!isService && !isJob) {
      const near = context.nearest(
        to,
        [...(services?.keys() ?? []), ...(jobs?.keys() ?? [])].filter((each) => each !== name),
      )
      const hint = near === undefined ? 'it must be a service or a job of this stack' : didYouMean(near)
      context.add(errorAt('check/unknown-need', `there is no service or job \`${to}\``, at, hint))
      continue
    }
    if (isService && need.is === 'completed') {
      context.add(
        errorAt(
          'check/need',
          `\`${to}\` is a service and never completes`,
          context.spanOf(need, 'is'),
          'wait for `healthy` or `started`',
        ),
      )
    }
    if (isJob && !isService && (need.is === 'healthy' || need.is === 'started')) {
      context.add(
        errorAt('check/need', `\`${to}\` is a job`, context.spanOf(need, 'is'), 'wait for `completed`'),
      )
    }
    edges.push({ to, at })
  }
  return edges
}

/** Depth first, iterative: the depth of a graph is the user's choice, the stack is not. */
function checkCycles(context: CheckContext, graph: ReadonlyMap<string, readonly Edge[]>): void {
  const done = new Set<string>()
  for (const start of graph.keys()) {
    if (done.has(start)) continue
    const path: { name: string; next: number }[] = [{ name: start, next: 0 }]
    const onPath = new Map<string, number>([[start, 0]])
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = graph.get(top.name)?.[top.next++]
      if (edge === undefined) {
        done.add(top.name)
        onPath.delete(top.name)
        path.pop()
        continue
      }
      const seenAt = onPath.get(edge.to)
      if (seenAt !== undefined)
        reportCycle(
          context,
          graph,
          context.isFull() ? [edge.to, edge.to] : [...path.slice(seenAt).map((each) => each.name), edge.to],
        )
      else if (!done.has(edge.to)) {
        onPath.set(edge.to, path.length)
        path.push({ name: edge.to, next: 0 })
      }
    }
  }
}

/** Members of a circle that are named; a longer one is a generated file. */
const mostMembers = 20

function reportCycle(
  context: CheckContext,
  graph: ReadonlyMap<string, readonly Edge[]>,
  cycle: readonly string[],
): void {
  const placeOf = (index: number) =>
    graph.get(cycle[index] ?? '')?.find((edge) => edge.to === cycle[index + 1])?.at
  const last = cycle.length - 2
  const related = cycle.slice(0, Math.min(last, mostMembers)).flatMap((name, index) => {
    const span = placeOf(index)
    return span ? [{ span, message: `\`${name}\` needs \`${cycle[index + 1] ?? ''}\`` }] : []
  })
  const named = cycle.length <= mostMembers ? cycle : [...cycle.slice(0, mostMembers), '…', cycle[0] ?? '']
  const message =
    last === 0 ? `\`${cycle[0] ?? ''}\` needs itself` : `needs lead in a circle: ${named.join(' → ')}`
  context.add({
    ...errorAt(
      'check/cycle',
      message,
      placeOf(last),
      'remove one of these needs; a job can do what must come between',
    ),
    ...(related.length > 0 && { related }),
  })
}
