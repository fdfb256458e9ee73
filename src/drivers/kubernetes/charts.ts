import type { ObservedResource, Observed, ResourceId } from '../../plan/resource.ts'
import type { TargetStep } from '../../plan/step.ts'
import { StepError } from '../../plan/step-error.ts'
import type { KubeClient } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { ChartFact } from '../facts.ts'
import type { Run } from '../driver.ts'
import { helm, type HelmTarget } from './charts/helm.ts'
import {
  chartPartsLabel,
  healthOf,
  isInterrupted,
  listReleases,
  newestOf,
  partsAsLabel,
  type Release,
} from './charts/releases.ts'
import { connected, type KubeContext } from './context.ts'
import { projectLabel, resourceLabel, resourceLabelOf } from './labels.ts'
import { specOf } from './spec.ts'

export { chartResources } from './charts/resources.ts'

type ChartContext = Pick<KubeContext, 'client' | 'cluster' | 'namespace' | 'project'>

/** Revisions of a release that helm keeps. */
const keptRevisions = 5

/** The releases of ours as they are; one list, whatever their number. */
export async function observeCharts(context: ChartContext, signal: AbortSignal): Promise<Observed> {
  const client = await context.client()
  if (!client) return new Map()
  const releases = await listReleases(client, context.namespace, `${projectLabel}=${context.project}`, signal)
  return new Map([...newestOf(releases).values()].map((release) => [idOf(release.name), observedOf(release)]))
}

function observedOf(release: Release): ObservedResource {
  return {
    id: idOf(release.name),
    ...healthOf(release),
    parts: release.parts,
    replicas: undefined,
    holdsData: undefined,
    facts: { revision: release.revision, status: release.status },
  }
}

/**
 * Installs or upgrades the release and waits until all of it is ready: there is no waiting apart. What an interrupted run left
 * pending is forgotten first. StepError for a release of that name that is not ours.
 */
export async function applyChart(context: ChartContext, step: TargetStep, run: Run): Promise<void> {
  if (!('wanted' in step)) throw new TypeError(`${step.id} makes no chart`)
  const { wanted } = step
  const { chart } = specOf(wanted, 'chart')
  const client = await connected(context)
  const releases = await releasesNamed(client, context, chart.name, run.signal)
  mustBeOurs(releases, context, chart)
  const target = targetOf(context, client)
  const call = { subject: `chart ${chart.name}`, from: chart.from, signal: run.signal }
  await forgetInterrupted(client, context, releases)
  if (releases[0]?.status === 'uninstalling')
    await helm(target, { ...call, words: ['uninstall', chart.name, '--wait', '--ignore-not-found'] })
  run.progress(wanted.id, releases.length === 0 ? 'helm installs' : 'helm upgrades')
  const labels = {
    [projectLabel]: context.project,
    [resourceLabel]: resourceLabelOf(wanted.id),
    [chartPartsLabel]: partsAsLabel(wanted.parts),
  }
  await helm(target, {
    ...call,
    words: [
      ...['upgrade', chart.name, ...sourceOf(chart), '--install', '--values', '-'],
      ...['--wait', '--timeout', `${Math.ceil(wanted.timeout / 1000)}s`],
      ...['--history-max', String(keptRevisions), '--output', 'json'],
      ...Object.entries(labels).flatMap(([key, value]) => ['--labels', `${key}=${value}`]),
    ],
    input: JSON.stringify(chart.values),
  })
}

/** Removes the release with what it made; one that is not ours, or not there, is left alone. */
export async function deleteChart(context: ChartContext, step: TargetStep, run: Run): Promise<void> {
  const name = step.resource.slice('chart/'.length)
  const client = await context.client()
  if (!client) return
  const releases = await releasesNamed(client, context, name, run.signal)
  if (releases.length === 0 || !isOurs(releases, context)) return
  run.progress(step.resource, 'helm uninstalls')
  await helm(targetOf(context, client), {
    words: ['uninstall', name, '--wait', '--ignore-not-found'],
    subject: `chart ${name}`,
    from: step.from,
    signal: run.signal,
  })
}

function releasesNamed(
  client: KubeClient,
  { namespace }: ChartContext,
  name: string,
  signal: AbortSignal,
): Promise<readonly Release[]> {
  return listReleases(client, namespace, `name=${name}`, signal)
}

function isOurs(releases: readonly Release[], { project }: ChartContext): boolean {
  return releases.some((release) => release.project === project)
}

function mustBeOurs(releases: readonly Release[], context: ChartContext, chart: ChartFact): void {
  if (releases.length === 0 || isOurs(releases, context)) return
  throw new StepError(
    'precondition',
    `chart ${chart.name}: namespace ${context.namespace} has a release of this name that iamstack did not make`,
    {
      span: chart.from,
      hint: `give the chart another name, or remove the release: helm uninstall ${chart.name}`,
    },
  )
}

/**
 * Helm refuses to work on a release that another run seems to be at. We hold the lock, so that run is dead: its record goes, and
 * what it made is adopted by the next revision, which finds helm's own marks on it.
 */
async function forgetInterrupted(
  client: KubeClient,
  { namespace }: ChartContext,
  releases: readonly Release[],
): Promise<void> {
  for (const { secret } of releases.filter(isInterrupted))
    await client.remove(kinds.Secret, namespace, secret)
}

function sourceOf({ chart, version }: ChartFact): string[] {
  const ofVersion = version === undefined ? [] : ['--version', version]
  switch (chart.kind) {
    case 'path':
      return [chart.source, ...ofVersion]
    case 'oci':
      return [chart.source, ...ofVersion]
    case 'repo':
      return [chart.chart, '--repo', chart.source, ...ofVersion]
    default:
      return chart.kind satisfies never
  }
}

function targetOf({ cluster, namespace }: ChartContext, client: KubeClient): HelmTarget {
  return { kubeconfig: cluster.kubeconfig, context: client.context.context, namespace }
}

function idOf(name: string): ResourceId {
  return `chart/${name}`
}
