import { digest } from '../../../plan/hash.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import type { ChartFact, Facts } from '../../facts.ts'
import type { KubeResource } from '../spec.ts'

/** Milliseconds that a chart may take until everything of it is ready: helm's own patience. */
const patience = 300_000

/** Charts of third parties, each a resource `chart/x` and a helm release of its name. */
export function chartResources(stack: ResolvedStack, facts: Facts): KubeResource[] {
  return [...facts.charts.values()].map((chart) => ({
    id: `chart/${chart.name}`,
    kind: 'chart',
    name: chart.name,
    spec: { kind: 'chart', chart },
    parts: partsOfChart(chart),
    updates: { chart: 'update', version: 'update', values: 'update' },
    needs: [{ on: `namespace/${stack.namespace}`, until: 'completed', cascade: false }],
    replicas: undefined,
    timeout: patience,
    holdsData: undefined,
    from: chart.from,
  }))
}

/** Eight digits each: all of them fit one label of the release. */
export function partsOfChart({ chart, hash, version, values }: ChartFact): Record<string, string> {
  return {
    chart: digest([chart, hash]).slice(0, 8),
    version: digest(version ?? null).slice(0, 8),
    values: digest(values).slice(0, 8),
  }
}
