import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openKind } from '../../src/clusters/kind.ts'
import { StepError } from '../../src/plan/step-error.ts'
import { KubeError, type KubeClient } from '../../src/platform/kubernetes/client.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import {
  carryOut,
  clusterBench,
  withCluster,
  nodeImage,
  output,
  recordingRun,
  signal,
  stepsFor,
} from './cluster-bench.ts'

const bench = await clusterBench()
const { name } = bench
const hostPort = 20_000 + Math.floor(Math.random() * 9000)

const stack = `
name: NAME
images:
  api: .
services:
  api: { image: api, ports: { http: 80 } }
  cache: { image: "example.org/NAME/cache:1" }
`
const profile = (more = '') => `
target: kind
kind:
  cluster: NAME
  image: ${nodeImage}
  nodes: 2
  networking: { node-port-range: 31000-31999 }
  ${more}
`
const opened = async (more = '') => bench.keep(openKind(await bench.options(stack, profile(more))))
const withPort = `ports: [{ host: ${hostPort}, node: 31080 }]`
const cluster = await opened()
const theirs = `example.org/${name}/cache:1`
const own = `${name}/api:${randomBytes(6).toString('hex')}`

const deletion = {
  id: 'delete',
  op: 'delete',
  resource: `cluster/${name}`,
  cause: '',
  after: [],
  destroys: undefined,
  from: undefined,
} as const

bench.afterwards(() =>
  output('kind', 'delete', 'cluster', '--name', name, '--kubeconfig', join(bench.folder, 'k')),
)
bench.afterwards(() =>
  output('sh', '-c', `docker rm -f iamstack-ports-${name}; docker rmi -f ${own} ${theirs}`),
)

async function client(): Promise<KubeClient> {
  const opened = await cluster.open(signal())
  if (!opened) throw new Error('there is no cluster')
  return opened
}

/** Runs a pod to its end. */
async function outcomeOf(
  pod: string,
  image: string,
  command: string[],
  passing = ['Pending', 'Running'],
): Promise<string> {
  const kube = await client()
  await kube.apply(kinds.Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace: 'default', labels: { app: pod } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, imagePullPolicy: 'Always', command }],
    },
  })
  for (;;) {
    const status = (await kube.get(kinds.Pod, 'default', pod, signal()))?.['status'] as {
      phase?: string
      containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[]
    }
    const waiting = status.containerStatuses?.[0]?.state?.waiting
    if (waiting?.reason === 'ErrImagePull') return waiting.message ?? ''
    if (status.phase !== undefined && !passing.includes(status.phase)) return status.phase
    await sleep(100)
  }
}

test('S158: a cluster is made when it is missing, and then there is nothing to do', async () => {
  expect(await cluster.open(signal())).toBe(undefined)
  const { text, lines } = await carryOut(cluster)
  expect(text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(`
    "+ create  cluster/NAME  not there yet
    Plan: 1 to create; 0 unchanged."
  `)
  expect(
    lines
      .filter((line) => !line.startsWith('node ') && !line.includes('API'))
      .map((line) => line.replaceAll(name, 'NAME')),
  ).toMatchInlineSnapshot(`
    [
      "Ensuring node image (kindest/node:v1.34.4)",
      "Preparing nodes",
      "Writing configuration",
      "Starting control-plane",
      "Installing CNI",
      "Installing StorageClass",
      "Joining worker nodes",
    ]
  `)
  expect((await stepsFor(cluster)).text).toMatchInlineSnapshot(
    `"Nothing to do: 1 resource is as the stack says."`,
  )
  const { items } = await (await client()).list(kinds.Node, { namespace: undefined }, signal())
  expect(items.map(({ metadata }) => metadata.name.replace(name, 'NAME'))).toEqual([
    'NAME-control-plane',
    'NAME-worker',
  ])
})

test('S59: the user’s kubeconfig is as it was; ours is for his eyes alone', async () => {
  expect(await bench.isKubeconfigUntouched()).toBe(true)
  const file = cluster.kubeconfig ?? ''
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  expect(await output('kubectl', '--kubeconfig', file, 'config', 'current-context')).toBe(`kind-${name}`)
})

test('S23: images reach every node through the registry, ours by a name of its own', async () => {
  await output('docker', 'tag', 'busybox:stable', own)
  await output('docker', 'tag', 'busybox:stable', theirs)
  const { delivery } = cluster
  const references = [own, theirs, 'nobody.example.com/has/this:1']
  expect([...((await delivery?.has(references, signal())) ?? [])]).toEqual(['nobody.example.com/has/this:1'])
  const run = recordingRun()
  await Promise.all(references.map(async (each) => delivery?.deliver(each, run, 'delivery/x')))
  expect(run.lines).toContain('not on this machine: the nodes pull it')
  expect([...((await delivery?.has(references, signal())) ?? [])]).toEqual(references)
  expect(
    await output(
      'sh',
      '-c',
      `docker images --format '{{.Repository}}' | grep -c '^localhost:[0-9]*/${name}' || true`,
    ),
  ).toBe('0')

  expect(cluster.imageFor(own)).toBe(`registry.iamstack.local/${own}`)
  expect(cluster.imageFor(theirs)).toBe(theirs)
  expect(await outcomeOf('own', cluster.imageFor(own), ['true'])).toBe('Succeeded')
  expect(await outcomeOf('other', theirs, ['true'])).toBe('Succeeded')
  expect(await outcomeOf('missing', `registry.iamstack.local/${name}/api:none`, ['true'])).toContain(
    'not found',
  )
})

test('S23: a tag that means something else by now is delivered again', async () => {
  await output('docker', 'tag', 'registry:2', own)
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([])
  await cluster.delivery?.deliver(own, recordingRun(), 'delivery/x')
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([own])
})

test('S158: the range of node ports is that of the profile, and a port is added to the living cluster', async () => {
  const kube = await client()
  const service = (port: number) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `web-${port}`, namespace: 'default' },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: port }] },
  })
  await expect(kube.apply(kinds.Service, service(30_080))).rejects.toThrow(KubeError)
  await kube.apply(kinds.Service, service(31_080))
  expect(
    await outcomeOf('web', theirs, ['sh', '-c', 'echo hello >index.html && httpd -f -p 80'], ['Pending']),
  ).toBe('Running')

  const wider = await opened(withPort)
  expect((await carryOut(wider)).text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(`
    "~ update  cluster/NAME  ports changed
    Plan: 1 to update; 0 unchanged."
  `)
  expect((await stepsFor(wider)).steps).toEqual([])
  await expect.poll(() => answer(hostPort), { timeout: 20_000 }).toBe('hello\n')
})

async function answer(port: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`)).text()
  } catch {
    return ''
  }
}

test('a registry that is gone is made again, and images are delivered anew', async () => {
  await output('docker', 'rm', '-f', 'iamstack-registry')
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([])
  expect((await carryOut(await opened(withPort))).text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(`
    "~ update  cluster/NAME  changed by hand: its registry does not run
    Plan: 1 to update; 0 unchanged."
  `)
  // Its volume was kept.
  expect([...((await cluster.delivery?.has([own], signal())) ?? [])]).toEqual([own])
})

test('a stopped cluster is started, and what it holds is there', async () => {
  await output('docker', 'stop', '-t', '1', `${name}-control-plane`, `${name}-worker`)
  const again = await opened(withPort)
  // The engine's list lags a little behind.
  await expect.poll(async () => (await again.observe(signal())).get(`cluster/${name}`)?.health).toBe('failed')
  expect(await again.open(signal())).toBe(undefined)
  await expect(again.apply(deletion, recordingRun())).rejects.toThrow('nobody can say who else uses it')
  expect((await carryOut(again)).text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(`
    "~ restart cluster/NAME  its containers are stopped
    Plan: 1 to restart; 0 unchanged."
  `)
  expect((await stepsFor(again)).steps).toEqual([])
  await again.close()
})

test('S158: a cluster in use by another stack stays; after that it goes with all that came with it', async () => {
  const last = await opened(withPort)
  const kube = await last.open(signal())
  const other = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'other', labels: { 'iamstack.dev/project': 'other' } },
  }
  await kube?.apply(kinds.Namespace, other)
  expect((await stepsFor(last, withCluster)).text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(`
    "= keep    cluster/NAME  other uses it
    Nothing to do: 0 resources are as the stack says."
  `)
  await expect(last.apply(deletion, recordingRun())).rejects.toThrow(StepError)
  await kube?.remove(kinds.Namespace, undefined, 'other')
  await expect.poll(async () => (await stepsFor(last, withCluster)).steps.length, { timeout: 30_000 }).toBe(1)
  await carryOut(last, withCluster)
  expect(await last.observe(signal())).toEqual(new Map())
  expect(await output('docker', 'ps', '-a', '--format', '{{.Names}}', '--filter', `name=${name}`)).toBe('')
  expect(await output('docker', 'volume', 'ls', '-q', '--filter', `name=${name}`)).toBe('')
  expect(await bench.isKubeconfigUntouched()).toBe(true)
})
