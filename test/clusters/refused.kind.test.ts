import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDockerDesktop } from '../../src/clusters/docker-desktop.ts'
import { openKind } from '../../src/clusters/kind.ts'
import { StepError } from '../../src/plan/step-error.ts'
import { StackError } from '../../src/stack/diagnostics.ts'
import { carryOut, clusterBench, nodeImage, output, signal } from './cluster-bench.ts'

const bench = await clusterBench()
const { name } = bench
const stack = 'name: NAME\nservices: { cache: { image: "busybox:stable" } }\n'
const profile = (more: string) => `target: kind\nkind: { cluster: NAME, image: "${nodeImage}", ${more} }\n`

/** What a person is told when the cluster cannot be made, and that nothing is left of it. */
async function failureOf(more: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = await bench.options(stack, profile(more))
  const cluster = bench.keep(openKind({ ...options, env: { ...options.env, ...env } }))
  const failure = await carryOut(cluster).catch((error: unknown) => error)
  expect(await cluster.observe(signal())).toEqual(new Map())
  expect(await output('docker', 'ps', '-aq', '--filter', `name=${name}`)).toBe('')
  expect(await output('docker', 'volume', 'ls', '-q', '--filter', `name=${name}`)).toBe('')
  expect(await bench.isKubeconfigUntouched()).toBe(true)
  if (failure instanceof StackError)
    return failure.diagnostics
      .map(({ span, message, hint }) => `${span?.file ?? ''}:${span?.line ?? 0} ${message}; ${hint ?? ''}`)
      .join('\n')
  if (failure instanceof StepError) return `${failure.kind}: ${failure.message}; ${failure.hint ?? ''}`
  throw failure
}

test('S159: a subnet that a network of Docker has is refused before anything is made', async () => {
  const [config] = JSON.parse(
    await output('docker', 'network', 'inspect', 'bridge', '--format', '{{json .IPAM.Config}}'),
  ) as { Subnet: string }[]
  const subnet = config?.Subnet ?? ''
  const text = await failureOf(`networking: { pod-subnet: ${subnet} }`)
  expect(text.replaceAll(subnet, 'SUBNET')).toMatchInlineSnapshot(
    `"/stack/profiles/here.yaml:2 the pod-subnet SUBNET of the cluster overlaps SUBNET, the Docker network bridge; give the cluster other addresses: kind: { networking: { pod-subnet: … } }"`,
  )
})

test('without the program kind, how to get it', async () => {
  expect(
    (await failureOf('nodes: 1', { PATH: bench.folder })).replaceAll(name, 'NAME'),
  ).toMatchInlineSnapshot(
    `"precondition: the cluster NAME could not be made: the program kind is not there, or not on PATH; install it (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), or use --profile docker-desktop or compose"`,
  )
})

test('a port that another program has, in the words of the cure', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const text = await failureOf(`ports: [${port}]`)
  server.close()
  expect(text.replaceAll(name, 'NAME')).toMatchInlineSnapshot(
    `"precondition: the cluster NAME could not be made; another program has one of the ports of this profile: free it, or choose another one"`,
  )
})

test('a configuration that is not there, with its path', async () => {
  expect((await failureOf('config: nowhere.yaml')).replaceAll(name, 'NAME')).toMatchInlineSnapshot(
    `"precondition: the kind configuration /stack/profiles/nowhere.yaml cannot be read; correct the path: it is relative to the file that names it"`,
  )
})

test('S156: Docker Desktop’s cluster of this machine shares the images of its engine', async () => {
  const KUBECONFIG =
    process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP'] ??
    join(homedir(), '.cache', 'iamstack-lab', 'docker-desktop', 'kubeconfig')
  const options = await bench.options(stack, 'target: docker-desktop\n')
  const cluster = bench.keep(openDockerDesktop({ ...options, env: { ...process.env, KUBECONFIG } }))
  const client = await cluster.open(signal())
  expect([client?.context.context, cluster.delivery]).toEqual(['docker-desktop', undefined])
})
