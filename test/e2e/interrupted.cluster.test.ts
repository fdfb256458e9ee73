import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeRun, openSandbox, statusOf, type Sandbox } from './cli.ts'
import { kubectl } from './clusters.ts'
import { generator, killed, seed, writeFour } from './interruptions.ts'
import { docker } from './machine.ts'

/** Kills of each command; more of them by `E2E_ROUNDS`. */
const kills = Number(process.env['E2E_ROUNDS'] ?? 1)
/** Milliseconds that each takes on an idle machine: where the moments lie. */
const usual = { up: 12_000, down: 5_000 }
const target = 'docker-desktop'
const on = ['--profile', target]
const random = generator(seed)

/** The API server's container; Docker Desktop shows it only where its system containers are shown. */
const apiServer = docker('ps', '--quiet', '--filter', 'name=k8s_kube-apiserver')
const isCi = (process.env['CI'] ?? '') !== ''

let box: Sandbox
let stranger: () => string
let before: string
beforeAll(() => {
  box = openSandbox(target)
  writeFour(box)
  stranger = makeStranger(box)
  before = stranger()
})
afterAll(async () => {
  await box.close(false)
  kubectl(target, 'delete', 'namespace', strangersNamespace(box), '--wait=false')
})

test(`kill -9 at any moment of up and down: the next run converges (E2E_SEED=${String(seed)})`, async () => {
  for (let round = 1; round <= kills; round += 1) {
    await killed(box, ['up', ...on], random() * usual.up)
    await converges()
    await killed(box, ['down', ...on], random() * usual.down)
    await ends()
  }
})

test.runIf(apiServer !== '' || isCi)(
  `a restart of the API server at any moment of up and down: whatever came of it, the next run converges (E2E_SEED=${String(seed)})`,
  async () => {
    await duringRestart(['up', ...on], random() * usual.up)
    await converges()
    await duringRestart(['down', ...on], random() * usual.down)
    await ends()
  },
)

test('after all that, down --all leaves nothing, and what is not ours is untouched', async () => {
  await box.succeed(['down', ...on, '--all', '--yes'])
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  expect(stranger()).toBe(before)
})

async function converges(): Promise<void> {
  const up = await box.run(['up', ...on])
  expect(up.code, describeRun(['up'], up)).toBe(0)
  const rows = [...(await statusOf(box, on)).values()]
  expect(rows.map(({ resource, health, drift }) => ({ resource, health, drift }))).toEqual(
    rows.map(({ resource }) => ({ resource, health: 'ready' })),
  )
}

/** What runs is gone; the volume with its data and what is remembered stay in the namespace. */
async function ends(): Promise<void> {
  const down = await box.run(['down', ...on])
  expect(down.code, describeRun(['down'], down)).toBe(0)
  const left = kubectl(
    target,
    '--namespace',
    box.project,
    'get',
    'deployments,jobs,services,configmaps,persistentvolumeclaims',
    '--selector',
    'iamstack.dev/project',
    '--output',
    'name',
  )
  expect(left).toBe('persistentvolumeclaim/data')
  expect({ ...box.traces(), files: [] }).toEqual({
    processes: [],
    docker: [],
    cluster: [box.project],
    files: [],
  })
}

/** It may go on when the server is back, or give up and say so; it may not take a half for a whole. */
async function duringRestart(words: readonly string[], moment: number): Promise<void> {
  const started = box.start(words)
  await Promise.race([sleep(moment), started.ended])
  docker('restart', '--time', '1', docker('ps', '--quiet', '--filter', 'name=k8s_kube-apiserver'))
  const ended = await started.ended
  expect([0, 4, 7], describeRun(words, ended)).toContain(ended.code)
  await vi.waitUntil(answers, { timeout: 60_000, interval: 250 })
}

function answers(): boolean {
  try {
    return kubectl(target, '--request-timeout=2s', 'get', '--raw', '/readyz') === 'ok'
  } catch {
    return false
  }
}

/** Something that somebody else made before, as near to ours by name as it can be. */
function makeStranger(box: Sandbox): () => string {
  const name = strangersNamespace(box)
  kubectl(target, 'create', 'namespace', name)
  kubectl(target, '--namespace', name, 'create', 'configmap', 'settings', '--from-literal=a=b')
  kubectl(
    target,
    '--namespace',
    name,
    'label',
    'configmap/settings',
    `app.kubernetes.io/part-of=${box.project}`,
  )
  return () =>
    kubectl(
      target,
      '--namespace',
      name,
      'get',
      'configmap/settings',
      '--output',
      'jsonpath={.metadata.uid} {.metadata.resourceVersion}',
    )
}

function strangersNamespace({ project }: Sandbox): string {
  return `${project}-stranger`
}
