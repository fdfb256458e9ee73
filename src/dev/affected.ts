import { needsGraph, withDependents } from '../resolve/graph.ts'
import type { ResolvedStack, Smoke } from '../resolve/resolved.ts'
import { referencesOf } from '../resolve/text.ts'
import type { Impact } from './impact.ts'

/** The smoke tests that speak to a service which an edit touched, or to one that needs it. All of them when the stack itself changed. */
export function affectedChecks(stack: ResolvedStack, impacts: readonly Impact[]): readonly Smoke[] {
  if (impacts.some(({ update }) => update === 'replan')) return stack.smoke
  const touched = impacts.flatMap(({ resources }) => resources.map((id) => id.slice(id.indexOf('/') + 1)))
  const affected = new Set([...touched, ...withDependents(needsGraph(stack), touched)])
  return stack.smoke.filter((smoke) => {
    const services = servicesOf(smoke)
    return services.length === 0 || services.some((service) => affected.has(service))
  })
}

/** None means that the check could be about anything. A tool that runs inside the stack speaks to all of it. */
function servicesOf({ check }: Smoke): string[] {
  switch (check.kind) {
    case 'http':
      return check.steps.flatMap(({ url }) =>
        url.kind === 'service'
          ? [url.service]
          : referencesOf(url.url).flatMap((reference) => ('service' in reference ? [reference.service] : [])),
      )
    case 'tcp':
      return [check.service]
    case 'exec':
    case 'run':
      return []
    default:
      return check satisfies never
  }
}
