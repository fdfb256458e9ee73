import type { Need, ResolvedStack } from './resolved.ts'

/** Who needs whom, services and jobs alike. */
export interface NeedsGraph {
  /** Dependencies before dependents; where free, in the order of the file. Members of a cycle are left out. */
  readonly order: readonly string[]
  /** The members of every cycle, each cycle once, in the order of the arrows. */
  readonly cycles: readonly (readonly string[])[]
  readonly dependenciesOf: (name: string) => readonly string[]
  readonly dependentsOf: (name: string) => readonly string[]
}

/** Services, then jobs, in the order of the file; no two of them have one name. */
export function needsGraph(stack: Pick<ResolvedStack, 'services' | 'jobs'>): NeedsGraph {
  const units = [...stack.services.values(), ...stack.jobs.values()]
  return graphOf(new Map(units.map((unit) => [unit.name, namesOf(unit.needs)])))
}

/** `edges`: name → the names it depends on. Names that are no key are ignored. */
export function graphOf(edges: ReadonlyMap<string, readonly string[]>): NeedsGraph {
  const dependencies = new Map(
    [...edges].map(([name, needs]) => [name, [...new Set(needs)].filter((each) => edges.has(each))]),
  )
  const dependents = new Map<string, string[]>([...edges.keys()].map((name) => [name, []]))
  for (const [name, needs] of dependencies) {
    for (const need of needs) dependents.get(need)?.push(name)
  }
  const order = topologicalOrder(dependencies, dependents)
  return {
    order,
    cycles: cyclesAmong(dependencies, new Set(order)),
    dependenciesOf: (name) => dependencies.get(name) ?? [],
    dependentsOf: (name) => dependents.get(name) ?? [],
  }
}

/** The names and everything they depend on, in starting order. Names that do not exist are the caller's to refuse. */
export function withDependencies(graph: NeedsGraph, names: Iterable<string>): readonly string[] {
  return inOrder(graph, reach(names, graph.dependenciesOf))
}

/** The names and everything that depends on them, in starting order. */
export function withDependents(graph: NeedsGraph, names: Iterable<string>): readonly string[] {
  return inOrder(graph, reach(names, graph.dependentsOf))
}

function namesOf(needs: readonly Need[]): string[] {
  return needs.map((need) => need.on.name)
}

function topologicalOrder(
  dependencies: ReadonlyMap<string, readonly string[]>,
  dependents: ReadonlyMap<string, readonly string[]>,
): string[] {
  const missing = new Map([...dependencies].map(([name, needs]) => [name, needs.length]))
  const order = [...dependencies.keys()].filter((name) => missing.get(name) === 0)
  for (const name of order) {
    for (const dependent of dependents.get(name) ?? []) {
      const left = (missing.get(dependent) ?? 0) - 1
      missing.set(dependent, left)
      if (left === 0) order.push(dependent)
    }
  }
  return order
}

/** Walks from every name that has no place in the order; coming back to the present path closes a cycle. */
function cyclesAmong(
  dependencies: ReadonlyMap<string, readonly string[]>,
  ordered: ReadonlySet<string>,
): string[][] {
  const cycles: string[][] = []
  const finished = new Set(ordered)
  for (const start of dependencies.keys()) {
    if (finished.has(start)) continue
    const path: { readonly name: string; next: number }[] = [{ name: start, next: 0 }]
    const onPath = new Set([start])
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = dependencies.get(top.name)?.[top.next++]
      if (next === undefined) {
        finished.add(top.name)
        onPath.delete(top.name)
        path.pop()
      } else if (onPath.has(next)) {
        const names = path.map((each) => each.name)
        cycles.push(names.slice(names.indexOf(next)))
      } else if (!finished.has(next)) {
        onPath.add(next)
        path.push({ name: next, next: 0 })
      }
    }
  }
  return cycles
}

function reach(names: Iterable<string>, next: (name: string) => readonly string[]): Set<string> {
  const reached = new Set(names)
  for (const name of reached) {
    for (const each of next(name)) reached.add(each)
  }
  return reached
}

function inOrder(graph: NeedsGraph, names: ReadonlySet<string>): string[] {
  return graph.order.filter((name) => names.has(name))
}
