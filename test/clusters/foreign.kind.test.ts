import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDockerDesktop } from '../../src/clusters/docker-desktop.ts'
import { openKind } from '../../src/clusters/kind.ts'
import { StepError } from '../../src/plan/step-error.ts'
import type { KubeClient } from '../../src/platform/kubernetes/client.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import { clusterBench, nodeImage, output, recordingRun, signal, stepsFor } from './cluster-bench.ts'

const bench = await clusterBench()
const { name } = bench
const own = `${name}/api:${randomBytes(6).toString('hex')}`
const theirs = join(bench.folder, 'theirs')
const stack = `
name: NAME
images: { api: . }
services:
  api: { image: api }
  cache: { image: "busybox:stable" }
`
const profile = 'target: kind\nkind: { cluster: NAME, nodes: 3 }\n'
const opened = async () => bench.keep(openKind(await bench.options(stack, profile)))

bench.afterwards(() => output('kind', 'delete', 'cluster', '--name', name, '--kubeconfig', theirs))
bench.afterwards(() => output('docker', 'rmi', '-f', own))
await output(
  'kind',
  'create',
  'cluster',
  '--name',
  name,
  '--image',
  nodeImage,
  '--kubeconfig',
  theirs,
  '--wait',
  '60s',
)
await output('docker', 'tag', 'busybox:stable', own)

async function phaseOf(kube: KubeClient, image: string, policy: string): Promise<string> {
  const pod = `p-${randomBytes(3).toString('hex')}`
  await kube.apply(kinds.Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace: 'default' },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image, imagePullPolicy: policy, command: ['true'] }],
    },
  })
  for (;;) {
    const status = (await kube.get(kinds.Pod, 'default', pod, signal()))?.['status'] as { phase?: string }
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return status.phase
    await sleep(100)
  }
}

test('a cluster that somebody else made is used as it is, and stays', async () => {
  const cluster = await opened()
  const { steps, text } = await stepsFor(cluster)
  expect([steps, text]).toEqual([[], 'Nothing to do: 1 resource is as the stack says.'])
  const step = {
    id: 'delete',
    op: 'delete',
    resource: `cluster/${name}`,
    cause: '',
    after: [],
    destroys: undefined,
    from: undefined,
  } as const
  await expect(cluster.apply(step, recordingRun())).rejects.toThrow(
    `iamstack did not make the kind cluster ${name}, and does not delete it`,
  )
  expect((await cluster.observe(signal())).get(`cluster/${name}`)?.inUse).toBe('iamstack did not make it')
})

test('without a registry, images are carried into its nodes, said aloud', async () => {
  const cluster = await opened()
  const kube = await cluster.open(signal())
  expect([cluster.imageFor(own), cluster.pullPolicy(own)]).toEqual([own, 'Never'])
  expect([...((await cluster.delivery?.has([own, 'busybox:stable'], signal())) ?? [])]).toEqual([])
  const run = recordingRun()
  await cluster.delivery?.deliver(own, run, 'delivery/api')
  expect(run.lines[0]).toBe('this cluster has no registry: the whole image is carried into every node')
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([own])
  if (kube) expect(await phaseOf(kube, own, 'Never')).toBe('Succeeded')
  await output('docker', 'tag', 'registry:2', own)
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([])
  await output('docker', 'tag', 'busybox:stable', own)
})

test('its own registry, announced as KEP-1755 says, is used', async () => {
  const announcing = await opened()
  const kube = await announcing.open(signal())
  // As in the lab: nodes know localhost:5001.
  await kube?.apply(kinds.ConfigMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'local-registry-hosting', namespace: 'kube-public' },
    data: { 'localRegistryHosting.v1': 'host: "localhost:5001"\nhelp: "https://example.com"\n' },
  })
  const cluster = await opened()
  const again = await cluster.open(signal())
  expect([cluster.imageFor(own), cluster.imageFor('busybox:stable')]).toEqual([
    `localhost:5001/${own}`,
    'busybox:stable',
  ])
  await cluster.delivery?.deliver(own, recordingRun(), 'delivery/api')
  await cluster.delivery?.deliver('busybox:stable', recordingRun(), 'delivery/cache')
  const references = [own, 'busybox:stable']
  expect([...((await cluster.delivery?.has(references, signal())) ?? [])]).toEqual(references)
  if (again) expect(await phaseOf(again, cluster.imageFor(own), 'Always')).toBe('Succeeded')
})

test('S156: nodes of Docker Desktop with a containerd of their own get images carried', async () => {
  const options = await bench.options(
    stack,
    `target: docker-desktop\ndocker-desktop: { context: kind-${name} }\n`,
  )
  const cluster = bench.keep(openDockerDesktop({ ...options, env: { ...process.env, KUBECONFIG: theirs } }))
  expect(cluster.delivery).toBe(undefined)
  await cluster.open(signal())
  const shared = `${own}-desktop`
  await output('docker', 'tag', 'busybox:stable', shared)
  await cluster.delivery?.deliver(shared, recordingRun(), 'delivery/api')
  expect([...((await cluster.delivery?.has([shared], signal())) ?? [])]).toEqual([shared])
  await output('docker', 'rmi', shared)
})

test('stopped, it is not started by us', async () => {
  await output('docker', 'stop', '-t', '1', `${name}-control-plane`)
  const cluster = await opened()
  // The engine's list lags a little behind.
  await expect
    .poll(async () => (await cluster.observe(signal())).get(`cluster/${name}`)?.health)
    .toBe('degraded')
  const failure = await cluster.open(signal()).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(StepError)
  expect(failure instanceof StepError && [failure.message, failure.hint]).toEqual([
    `the containers of the kind cluster ${name} are stopped`,
    `iamstack did not make it and does not start it: docker start ${name}-control-plane`,
  ])
})
