import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCharts } from '../../../src/content/charts.ts'
import type { Facts } from '../../../src/drivers/facts.ts'
import {
  applyChart,
  chartResources,
  deleteChart,
  observeCharts,
} from '../../../src/drivers/kubernetes/charts.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import type { TargetStep } from '../../../src/plan/step.ts'
import { StepError } from '../../../src/plan/step-error.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { folderWith } from '../../commands/run-command.ts'
import { stackOf } from '../../content/stack.ts'
import { factsOf } from '../../lint/objects.ts'
import { isClusterWanted } from '../../memory/connect.ts'
import { inCluster as placeIn, type InCluster } from '../../memory/real-cluster.ts'

const files = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: own\nversion: 0.1.0\n',
  'chart/values.yaml': 'word: default\nextra: kept\n',
  'chart/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data: { word: {{ .Values.word | quote }}, extra: {{ .Values.extra | quote }} }
`,
}

async function inCluster(): Promise<InCluster> {
  const place = await placeIn()
  await place.client.apply(kinds.Namespace, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: place.namespace },
  })
  return place
}

function contextOf({ client, namespace }: InCluster) {
  const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP'] ?? ''
  return {
    project: namespace,
    namespace,
    client: () => Promise.resolve(client),
    cluster: { kubeconfig },
  } as unknown as Parameters<typeof applyChart>[0]
}

async function resourceOf(folder: string, charts: Readonly<Record<string, unknown>>): Promise<KubeResource> {
  const from = { file: join(folder, 'iamstack.yaml'), line: 1, column: 1, length: 6 }
  const stack = stackOf({ settings: new Map([['charts', { value: new Map(Object.entries(charts)), from }]]) })
  const read = await readCharts(stack)
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join('\n'))
  const facts: Facts = { ...factsOf([]), charts: read.value }
  const [resource] = chartResources(stack, facts)
  if (!resource) throw new Error('there is no chart')
  return resource
}

function step(op: 'create' | 'update', wanted: KubeResource): TargetStep {
  const base = {
    id: `${op} ${wanted.id}`,
    resource: wanted.id,
    cause: 'test',
    after: [],
    destroys: undefined,
  }
  return { ...base, op, wanted, from: wanted.from }
}

function removal(wanted: KubeResource): TargetStep {
  const base = {
    id: `delete ${wanted.id}`,
    resource: wanted.id,
    cause: 'test',
    after: [],
    destroys: undefined,
  }
  return { ...base, op: 'delete', from: wanted.from }
}

const run = { signal: AbortSignal.timeout(100_000), emit: () => undefined, progress: () => undefined }

describe.runIf(isClusterWanted)('charts in a real cluster', () => {
  test('a chart is installed, upgraded, seen and removed by helm, its values by standard input (S132)', async () => {
    const of = await inCluster()
    const context = contextOf(of)
    const folder = await folderWith(files)
    const data = async () =>
      (await of.client.get(kinds.ConfigMap, of.namespace, 'own'))?.['data'] as
        Record<string, string> | undefined

    const first = await resourceOf(folder, { own: { path: './chart', values: { word: 'one' } } })
    expect(await observeCharts(context, run.signal)).toEqual(new Map())
    await applyChart(context, step('create', first), run)
    expect(await data()).toEqual({ word: 'one', extra: 'kept' })
    const seen = (await observeCharts(context, run.signal)).get('chart/own')
    expect(seen).toMatchObject({ health: 'ready', detail: 'revision 1', parts: first.parts })

    const second = await resourceOf(folder, { own: { path: './chart', set: new Map([['word', 'two']]) } })
    expect(Object.keys(second.parts).filter((part) => second.parts[part] !== first.parts[part])).toEqual([
      'values',
    ])
    await applyChart(context, step('update', second), run)
    expect(await data()).toEqual({ word: 'two', extra: 'kept' })
    expect((await observeCharts(context, run.signal)).get('chart/own')).toMatchObject({
      detail: 'revision 2',
      parts: second.parts,
    })

    await deleteChart(context, removal(second), run)
    await deleteChart(context, removal(second), run)
    expect(await data()).toBeUndefined()
    expect(await observeCharts(context, run.signal)).toEqual(new Map())
  })

  test('what an interrupted run left pending is taken up again', async () => {
    const of = await inCluster()
    const context = contextOf(of)
    const folder = await folderWith(files)
    const wanted = await resourceOf(folder, { own: { path: './chart', values: { word: 'one' } } })
    await applyChart(context, step('create', wanted), run)
    const { items } = await of.client.list(kinds.Secret, {
      namespace: of.namespace,
      labelSelector: 'owner=helm',
    })
    const secret = items[0]?.metadata.name ?? ''
    await of.client.patch(kinds.Secret, of.namespace, secret, {
      metadata: { labels: { status: 'pending-install' } },
    })
    const seen = (await observeCharts(context, run.signal)).get('chart/own')
    expect(seen).toMatchObject({ health: 'failed', detail: 'revision 1 was interrupted' })
    await applyChart(context, step('create', wanted), run)
    expect((await observeCharts(context, run.signal)).get('chart/own')).toMatchObject({ health: 'ready' })
  })

  test('a chart that helm refuses is told in its words; a release of somebody else is left alone', async () => {
    const of = await inCluster()
    const context = contextOf(of)
    const folder = await folderWith({
      ...files,
      'chart/templates/broken.yaml': '{{ if .Values.broken }}kind: Nonsense{{ end }}\n',
    })
    const broken = await resourceOf(folder, { own: { path: './chart', values: { broken: true } } })
    const refused = await applyChart(context, step('create', broken), run).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StepError)
    expect(String(refused)).toMatch(/^StepError: chart own: .*apiVersion not set/)

    const good = await resourceOf(folder, { own: { path: './chart' } })
    await applyChart(context, step('create', good), run)
    const other = { ...context, project: 'somebody-else' }
    const foreign = await applyChart(other, step('update', good), run).catch((error: unknown) => error)
    expect(String(foreign)).toBe(
      `StepError: chart own: namespace ${of.namespace} has a release of this name that iamstack did not make`,
    )
    await deleteChart(other, removal(good), run)
    expect((await observeCharts(context, run.signal)).get('chart/own')).toMatchObject({ health: 'ready' })
  })
})
