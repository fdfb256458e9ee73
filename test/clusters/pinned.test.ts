import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Cluster } from '../../src/clusters/cluster.ts'
import { openDockerDesktop } from '../../src/clusters/docker-desktop.ts'
import { openExisting } from '../../src/clusters/existing.ts'
import { isOnThisMachine } from '../../src/clusters/pinned.ts'
import { StepError } from '../../src/plan/step-error.ts'
import { resolvedStack } from '../resolve/stack.ts'

const folder = await mkdtemp(join(tmpdir(), 'iamstack-pinned-'))
const servers: Server[] = []
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true, force: true })
})

/** An API server with one node, whose container runtime is given. */
async function apiServer(runtime = 'docker://26.1.5'): Promise<string> {
  const server = createServer((request, response) => {
    const answers: Record<string, unknown> = {
      '/version': { major: '1', minor: '34', gitVersion: 'v1.34.4' },
      '/api/v1/nodes': {
        kind: 'NodeList',
        apiVersion: 'v1',
        metadata: {},
        items: [
          {
            metadata: { name: 'docker-desktop' },
            status: { nodeInfo: { containerRuntimeVersion: runtime } },
          },
        ],
      },
    }
    const answer = answers[request.url?.split('?')[0] ?? '']
    response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
    response.end(
      JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound' }),
    )
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

let files = 0

/** A cluster of a profile, with a kubeconfig that has these contexts. */
async function clusterOf(contexts: Readonly<Record<string, string>>, profile: string): Promise<Cluster> {
  const file = join(folder, `config-${(files += 1)}`)
  const list = Object.keys(contexts)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': list[0],
    contexts: list.map((name) => ({ name, context: { cluster: `c-${name}`, user: 'me' } })),
    clusters: list.map((name) => ({ name: `c-${name}`, cluster: { server: contexts[name] } })),
    users: [{ name: 'me', user: {} }],
  }
  await writeFile(file, JSON.stringify(config))
  const stack = await resolvedStack('name: shop\nimages: { api: . }\nservices: { api: { image: api } }\n', {
    profile: 'here',
    files: { 'profiles/here.yaml': profile },
  })
  const options = {
    stack,
    env: { KUBECONFIG: file },
    stateFolder: folder,
    engine: () => Promise.reject(new Error('no engine is needed')),
  }
  return stack.profile.target === 'kubernetes' ? openExisting(options) : openDockerDesktop(options)
}

/** What a person is told, or the server that was opened. */
async function opened(cluster: Cluster): Promise<string> {
  try {
    const client = await cluster.open(AbortSignal.timeout(20_000))
    return `opened ${client?.context.context ?? ''}`
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return [error.message, error.hint, ...error.evidence].join('\n').replaceAll(folder, 'FOLDER')
  } finally {
    await cluster.close()
  }
}

const desktop = 'target: docker-desktop\n'

test('S156: the context of Docker Desktop under either name, the newer first', async () => {
  const server = await apiServer()
  expect(
    await opened(await clusterOf({ other: 'https://x.example', 'docker-for-desktop': server }, desktop)),
  ).toBe('opened docker-for-desktop')
  const both = await clusterOf({ 'docker-for-desktop': server, 'docker-desktop': server }, desktop)
  expect(await opened(both)).toBe('opened docker-desktop')
  expect([both.delivery, both.pullPolicy('shop/api:1'), both.pullPolicy('redis:7')]).toEqual([
    undefined,
    'Never',
    'IfNotPresent',
  ])
})

test('S156: without it, how to turn it on', async () => {
  expect(await opened(await clusterOf({ production: 'https://x.example' }, desktop))).toMatchInlineSnapshot(`
    "Docker Desktop’s cluster is not there: no context "docker-desktop" or "docker-for-desktop"
    turn it on in Docker Desktop: Settings → Kubernetes → Enable Kubernetes, and wait until it runs
    looked in FOLDER/config-3
    there: production"
  `)
})

test('S156: off, or still starting', async () => {
  const server = await apiServer()
  servers.pop()?.close()
  const port = new URL(server).port
  expect((await opened(await clusterOf({ 'docker-desktop': server }, desktop))).replaceAll(port, 'PORT'))
    .toMatchInlineSnapshot(`
    "the Kubernetes API at http://127.0.0.1:PORT (context docker-desktop) does not answer: connection refused
    Kubernetes of Docker Desktop is off, or still starting: turn it on in Docker Desktop: Settings → Kubernetes → Enable Kubernetes, and wait until it runs
    context "docker-desktop", http://127.0.0.1:PORT"
  `)
})

test('S60: a context of that name that leads elsewhere is refused, with both names', async () => {
  const far = { 'docker-desktop': 'https://eks.example.com' }
  expect(await opened(await clusterOf(far, desktop))).toMatchInlineSnapshot(`
    "the context "docker-desktop" leads to https://eks.example.com (cluster "c-docker-desktop"), which is not on this machine
    nothing was touched; docker-desktop is for the cluster of this machine’s Docker Desktop: for another one, use target: kubernetes"
  `)
})

test('S60: a pinned server is the only one', async () => {
  const server = await apiServer()
  const pinned = (to: string) => `target: kubernetes\nkubernetes: { context: lab, server: "${to}" }\n`
  expect(await opened(await clusterOf({ lab: server }, pinned(`${server}/`)))).toBe('opened lab')
  const text = await opened(await clusterOf({ lab: server }, pinned('https://10.0.0.1:6443')))
  expect(text.replaceAll(server, 'SERVER')).toMatchInlineSnapshot(`
    "the context "lab" leads to SERVER (cluster "c-lab"), and this profile is for https://10.0.0.1:6443
    nothing was touched; name the context that leads there (kubectl config get-contexts), or correct the server"
  `)
})

test('S157: any cluster by the name of its context, whatever the current one is', async () => {
  const server = await apiServer('containerd://2.1')
  const profile = 'target: kubernetes\nkubernetes: { context: lab }\n'
  const cluster = await clusterOf({ production: 'https://x.example', lab: server }, profile)
  expect(await opened(cluster)).toBe('opened lab')
  expect([cluster.desired(), (await cluster.observe(AbortSignal.timeout(1000))).size]).toEqual([[], 0])
  expect(await opened(await clusterOf({ production: server }, profile))).toMatchInlineSnapshot(`
    "there is no context "lab" in FOLDER/config-9
    there is: "production""
  `)
})

test('S157: what such a profile must say, and what its images need', async () => {
  const cluster = await clusterOf({}, 'target: kubernetes\n')
  const { stack } = {
    stack: await resolvedStack('name: shop\nimages: { api: . }\nservices: { api: { image: api } }\n'),
  }
  expect(cluster.check(stack).map(({ severity, message }) => `${severity}: ${message}`))
    .toMatchInlineSnapshot(`
    [
      "error: this profile does not say which cluster it is for: the current context of the kubeconfig is nobody’s choice here",
      "warning: nodes of this cluster cannot pull shop/api:hash: the image api has no registry",
    ]
  `)
})

test('which servers are on this machine', () => {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const addresses = own
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => `https://${address}:6443`)
  const here = [
    'https://127.0.0.1:6443',
    'https://localhost',
    'https://kubernetes.docker.internal:6443',
    'https://[::1]:6443',
  ]
  expect([...here, ...addresses].filter((server) => !isOnThisMachine(server))).toEqual([])
  const elsewhere = [
    'https://203.0.113.7:6443',
    'https://eks.example.com',
    'https://127.0.0.1.example.com',
    'nonsense',
  ]
  expect(elsewhere.filter(isOnThisMachine)).toEqual([])
})
