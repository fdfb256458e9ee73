import { afterAll, beforeAll, expect, test } from 'vitest'
import { calmLab, tellLab } from '../clusters/eks/lab.ts'
import { describeRun, openSandbox, type Sandbox } from './cli.ts'
import { generator, killed, seed } from './interruptions.ts'

/** Kills of each command; more of them by `E2E_ROUNDS`. */
const kills = Number(process.env['E2E_ROUNDS'] ?? 1) * 6
/** Milliseconds that each takes on an idle machine: where the moments lie. */
const usual = { up: 10_000, down: 12_000 }
const on = ['--profile', 'eks']
const random = generator(seed)

let box: Sandbox
beforeAll(async () => {
  await calmLab()
  // Slow enough that there is a middle of everything.
  await tellLab('config', { delays: { '*': 0.25 } })
  box = openSandbox('eks')
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
services:
  web:
    image: busybox:stable
    command: [httpd, -f, -p, "8080"]
    ports: { http: 8080 }
    expose: { http: "load-balancer:80" }
    mounts: { /data: { volume: data } }
    workload: stateful
    singleton: true
volumes: { data: { size: 1Gi } }
smoke: { alive: { tcp: "web:http" } }
`,
    'profiles/eks.yaml': `target: eks
eks:
  region: eu-west-1
  version: "1.33"
  network: { create: 10.0.0.0/16 }
  nodes: { workers: { type: t3.medium } }
`,
  })
})
afterAll(async () => {
  await calmLab()
  await box.run(['down', ...on, '--all', '--yes'])
  await box.close(false)
})

test(`kill -9 at any moment of up: whatever was half made, the next run finishes it (E2E_SEED=${String(seed)})`, async () => {
  for (const moment of moments(usual.up)) await killed(box, ['up', ...on], moment)
  await converges()
})

test(`kill -9 at any moment of down --all: the next run leaves nothing (E2E_SEED=${String(seed)})`, async () => {
  for (const moment of moments(usual.down)) await killed(box, ['down', ...on, '--all', '--yes'], moment)
  await vanishes()
})

test(`kill -9 in turns of both: a stack that is being deleted is made anew, and the other way round (E2E_SEED=${String(seed)})`, async () => {
  for (const moment of moments(usual.up).slice(0, kills / 3)) {
    await killed(box, ['up', ...on], moment)
    await killed(box, ['down', ...on, '--all', '--yes'], random() * usual.down)
  }
  await converges()
  await vanishes()
})

/** From the early to the late: what one attempt has done, the next one finds. */
function moments(most: number): number[] {
  return Array.from({ length: kills }, () => random() * most).sort((one, other) => one - other)
}

async function converges(): Promise<void> {
  const up = await box.run(['up', ...on])
  expect(up.code, describeRun(['up'], up)).toBe(0)
  const again = await box.run(['up', ...on, '--progress', 'json'])
  expect(again.events.flatMap((event) => (event.type === 'step.finished' ? [event.op] : []))).toEqual([])
}

async function vanishes(): Promise<void> {
  const down = await box.run(['down', ...on, '--all', '--yes'])
  expect(down.code, describeRun(['down', '--all'], down)).toBe(0)
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
}
