import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkInotify, checkNode } from '../../src/doctor/machine.ts'
import type { Subject } from '../../src/doctor/subject.ts'
import { folderWith } from '../commands/run-command.ts'
import { about, engine, machine } from './machine.ts'

const processStack = `
name: todo
services:
  api:
    process: { run: server --port 1 }
    ports: { http: 8000 }
`

test('S11: a machine that has everything', async () => {
  const { doctor, tool, folder } = await machine({ 'stack/iamstack.yaml': processStack })
  await tool('server', '')
  const { code, stdout } = await doctor(['--profile', 'process'])
  const shown = stdout
    .replaceAll(folder, '~')
    .replace(process.versions.node, '20.19.0')
    .replace(/todo-[0-9a-f]{8}/, 'todo-DIGEST')
    .replace(/^. system\/inotify.*\n(?: +→.*\n)?/gm, '')
  expect({ code, shown }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "shown": "✔ node/version      Node 20.19.0
    ✔ stack/file        ~/stack/iamstack.yaml is valid
    ✔ target/choice     process: --profile process
    ✔ process/shell     /bin/sh
    ✔ process/programs  server (api)
    ✔ state/folder      state is kept in ~/state/iamstack/todo-DIGEST/default

    everything is there
    ",
    }
  `)
})

test('S11: fake tools of old and absent versions each yield their own message', async () => {
  const requires =
    '{ iamstack: ">=0.1", helm: ">=3", go: "^1.22", make: ">=3.82", kubectl: ">=1.30", aws: "~1.15.71" }'
  const { doctor, tool } = await machine({
    'stack/iamstack.yaml': `name: todo\nrequires: ${requires}\nservices: {}\n`,
  })
  await tool('helm', 'v2.17.0+ga690bad')
  await tool('go', 'go version go1.26.0 linux/amd64')
  await tool('make', 'GNU Make 4.3')
  await tool('aws', 'a version without a number', 2)
  const ran = await doctor(['-p', 'process', '-o', 'json'])
  expect(ran.code).toBe(7)
  expect(about(ran, 'stack/requires')).toMatchInlineSnapshot(`
    "ok stack/requires: iamstack runs from its sources, which have no version
    problem stack/requires: helm 2.17.0 is not >=3
      → install helm >=3
    ok stack/requires: go 1.26.0 is ^1.22
    ok stack/requires: make 4.3 is >=3.82
    problem stack/requires: kubectl is not installed, or not on PATH
      → install kubectl, or put its folder on PATH
    warning stack/requires: aws does not tell its version; ~1.15.71 is required
      → see whether aws is new enough"
  `)
})

test('S11: doctor asks an engine and changes nothing, here or there', async () => {
  const { doctor, folder, tool } = await machine({ 'stack/iamstack.yaml': processStack })
  await tool('server', '')
  const { env, requests } = await engine()
  const before = await treeOf(folder)
  await doctor(['-p', 'compose'], env)
  await doctor(['-p', 'process'], env)
  expect(await treeOf(folder)).toEqual(before)
  expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(requests.length).toBeGreaterThan(2)
})

test('without a stack only the machine is looked at, which is no problem; a file that was named must be there', async () => {
  const { doctor, folder } = await machine()
  const bare = await doctor(['-p', 'process', '-o', 'json'])
  const named = await doctor(['-p', 'process', '-o', 'json', '-f', 'other.yaml'])
  expect([bare.code, named.code]).toEqual([0, 7])
  expect(`${about(bare, 'stack')}\n${about(named, 'stack')}`.replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "warning stack/file: there is no iamstack.yaml in ~/stack or above it: only the machine is looked at
      → iamstack init writes one; --file names another
    problem stack/file: there is no stack file ~/stack/other.yaml
      → iamstack init writes one"
  `)
})

test('every mistake of a broken stack file is told with its place', async () => {
  const { doctor, folder } = await machine({
    'stack/iamstack.yaml':
      'name: todo\nservices:\n  api: { image: busybox, need: [db] }\n  web: { prots: {} }\n',
  })
  const ran = await doctor(['-p', 'compose', '-o', 'json'], { DOCKER_HOST: 'unix:///nowhere.sock' })
  expect(ran.code).toBe(7)
  expect(about(ran, 'stack').replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "problem stack/file: ~/stack/iamstack.yaml:3:26 services.api.need is not a key that exists here
      → did you mean \`needs\`?
    problem stack/file: ~/stack/iamstack.yaml:4:3 service \`web\` has neither \`image\` nor \`process\` nor \`external\`
      → add \`image: …\`, or \`process: { run: … }\` for the process target
    problem stack/file: ~/stack/iamstack.yaml:4:10 services.web.prots is not a key that exists here
      → did you mean \`ports\`?"
  `)
})

test('a cluster whose settings are wrong is not looked for', async () => {
  const { doctor } = await machine({ 'stack/iamstack.yaml': 'name: todo\nservices: {}\n' })
  const ran = await doctor(['-p', 'eks', '-o', 'json'])
  expect(ran.code).toBe(7)
  expect(about(ran, 'cluster')).toMatchInlineSnapshot(`
    "problem cluster/access: no region is named
      → like eu-west-1
    problem cluster/access: the cluster would have no nodes
      → nodes: { workers: { type: t3.medium, desired: 2 } }"
  `)
})

test('S156: a cluster that is not there is told with what turns it on', async () => {
  const { doctor, folder } = await machine({ 'stack/iamstack.yaml': 'name: todo\nservices: {}\n' })
  const ran = await doctor(['-p', 'docker-desktop', '-o', 'json'], { KUBECONFIG: join(folder, 'none') })
  expect(ran.code).toBe(7)
  expect(about(ran, 'cluster').replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "problem cluster/access: Docker Desktop’s cluster is not there: no context "docker-desktop" or "docker-for-desktop"; looked in ~/none; there is no context at all
      → turn it on in Docker Desktop: Settings → Kubernetes → Enable Kubernetes, and wait until it runs"
  `)
})

test('a state folder that cannot be made', async () => {
  const { doctor, folder } = await machine({
    'stack/iamstack.yaml': 'name: todo\nservices: {}\n',
    occupied: '',
  })
  const ran = await doctor(['-p', 'process', '-o', 'json'], { IAMSTACK_STATE: join(folder, 'occupied') })
  expect(ran.code).toBe(7)
  const shown = about(ran, 'state')
    .replaceAll(folder, '~')
    .replace(/todo-[0-9a-f]{8}/, 'todo-DIGEST')
  expect(shown).toMatchInlineSnapshot(`
    "problem state/folder: state cannot be kept in ~/occupied/iamstack/todo-DIGEST/default: ~/occupied is no folder
      → let it be yours, or choose another folder with IAMSTACK_STATE"
  `)
})

// access(2) asks for the real user, so the rights of root cannot be put down for it.
test.skipIf(process.getuid?.() === 0)('a state folder that belongs to somebody else', async () => {
  const { doctor } = await machine({ 'stack/iamstack.yaml': 'name: todo\nservices: {}\n' })
  const ran = await doctor(['-p', 'process', '-o', 'json'], { IAMSTACK_STATE: '/' })
  expect(ran.code).toBe(7)
  expect(about(ran, 'state')).toMatch(/this user may not write to \/\n/)
})

test('limits of inotify come with the line that raises them, on Linux alone', async () => {
  const settings = await folderWith({
    'fs/inotify/max_user_watches': '8192\n',
    'fs/inotify/max_user_instances': '128\n',
  })
  const look = (platform: NodeJS.Platform) => checkInotify({ ...bare, platform, kernelSettings: settings })
  expect(await look('darwin')).toEqual([])
  expect(await look('linux')).toMatchInlineSnapshot(`
    [
      {
        "cure": "sudo sysctl -w fs.inotify.max_user_watches=524288; in /etc/sysctl.d it lasts",
        "level": "warning",
        "message": "fs.inotify.max_user_watches is 8192: \`dev\` may miss edits in a large tree",
      },
      {
        "level": "ok",
        "message": "fs.inotify.max_user_instances is 128",
      },
    ]
  `)
  expect(await checkInotify({ ...bare, platform: 'linux', kernelSettings: '/no/such/folder' })).toEqual([])
})

test('S11: Node of an old version', () => {
  const levels = ['18.20.4', '20.18.9', '20.19.0', '22.0.0'].map(
    (nodeVersion) => checkNode({ ...bare, nodeVersion })[0]?.level,
  )
  expect(levels).toEqual(['problem', 'problem', 'ok', 'ok'])
})

const bare: Subject = {
  env: {},
  platform: 'linux',
  home: '/',
  nodeVersion: process.versions.node,
  kernelSettings: '/proc/sys',
  stack: { kind: 'invalid', file: '', findings: [] },
  requires: new Map(),
  target: { name: 'process', why: '' },
  engine: undefined,
}

async function treeOf(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort()
}
