import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openKind } from '../../src/clusters/kind.ts'
import { carryOut, clusterBench, withCluster, nodeImage, output, signal, stepsFor } from './cluster-bench.ts'

const bench = await clusterBench()
const { name } = bench
const profile = `target: kind\nkind: { cluster: ${name}, image: "${nodeImage}" }\n`
const stack = 'name: NAME\nservices: { cache: { image: "busybox:stable" } }\n'
const program = fileURLToPath(new URL('programs/create-cluster.ts', import.meta.url))
const words = ['--import', 'tsx', program, name, bench.stateFolder, profile]

bench.afterwards(() =>
  output('kind', 'delete', 'cluster', '--name', name, '--kubeconfig', join(bench.folder, 'k')),
)
bench.afterwards(() => output('sh', '-c', `docker volume rm -f iamstack-cluster-${name}`))

test('a creation that was killed is seen as such, and made anew; who comes meanwhile waits', async () => {
  // A group of its own, so that kind dies with it.
  const killed = spawn(process.execPath, words, { detached: true, stdio: 'ignore' })
  const containers = () => output('docker', 'ps', '-aq', '--filter', `name=${name}-control-plane`)
  await expect.poll(containers, { timeout: 60_000 }).not.toBe('')
  const cluster = bench.keep(openKind(await bench.options(stack, profile)))
  const during = await cluster.observe(signal())
  expect(during.get(`cluster/${name}`)).toMatchObject({ health: 'starting', isTrace: true })
  process.kill(-(killed.pid ?? 0), 'SIGKILL')
  await new Promise((resolve) => killed.once('close', resolve))

  const after = await cluster.observe(signal())
  expect(after.get(`cluster/${name}`)).toMatchObject({
    health: 'failed',
    isTrace: true,
    detail: 'making it was interrupted',
  })
  expect(await cluster.open(signal())).toBe(undefined)

  const first = carryOut(cluster)
  await expect
    .poll(async () => (await cluster.observe(signal())).get(`cluster/${name}`)?.detail, { timeout: 60_000 })
    .toBeDefined()
  const second = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = ''
  second.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const ended = new Promise((resolve) => second.once('close', resolve))
  expect((await first).lines[0]).toBe('removing what an interrupted attempt left')
  expect(await ended).toBe(0)
  expect(told).toMatch(/^another process \(\d+ on .+\) is at it: waiting\n$/)
  expect((await stepsFor(cluster)).steps).toEqual([])
  expect(await output('docker', 'volume', 'ls', '-q', '--filter', `name=iamstack-cluster-${name}`)).toBe('')
  await carryOut(cluster, withCluster)
  expect(await output('docker', 'ps', '-aq', '--filter', `name=${name}`)).toBe('')
})
