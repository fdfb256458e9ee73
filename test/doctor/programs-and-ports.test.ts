import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stateFolder } from '../../src/memory/state-folder.ts'
import { markerVariable } from '../../src/platform/process-group.ts'
import { instanceHash } from '../../src/session/socket-path.ts'
import { about, engine, findingsOf, machine } from './machine.ts'

test('programs of local processes: on PATH, missing, not built yet, and words of the shell', async () => {
  const { doctor, tool, folder } = await machine({
    'stack/iamstack.yaml': `
name: todo
services:
  api: { process: { run: "LOG=info exec server --loud" }, init: [ { name: load, process: { run: [loader, --all] } } ] }
  web: { process: { run: ./build/web } }
  job: { process: { run: "cd sub && anything" } }
  own: { process: { run: unknown, env: { PATH: /somewhere } } }
`,
  })
  await tool('server', '')
  const ran = await doctor(['-p', 'process', '-o', 'json'])
  expect(ran.code).toBe(7)
  expect(about(ran, 'process').replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "ok process/shell: /bin/sh
    ok process/programs: server (api)
    problem process/programs: api/load runs loader, which is not on PATH
      → install loader, or put its folder on PATH
    warning process/programs: web runs ~/stack/build/web, which is not there or may not be executed
      → build it first, or mend process.run"
  `)
})

test('fixed ports: free, held by a process, held by a container of another project and by one of this stack', async () => {
  const port = await heldPort()
  const { doctor, folder } = await machine()
  const text = `name: todo\nservices: { db: { image: redis:7, ports: { redis: 6379 }, expose: { redis: "local:${String(port)}" } } }\n`
  await writeFile(join(folder, 'stack', 'iamstack.yaml'), text)
  const container = (project: string, working: string) => ({
    Id: 'f00',
    Names: ['/other-web-1'],
    Labels: {
      'com.docker.compose.project': project,
      'dev.iamstack.stack': project,
      'com.docker.compose.project.working_dir': working,
    },
    Ports: [{ PrivatePort: 80, PublicPort: port, Type: 'tcp' }],
  })
  const engines = await Promise.all([
    engine(),
    engine({ containers: [container('other', '/other')] }),
    engine({ containers: [container('todo', join(folder, 'stack'))] }),
  ])
  const shown = await Promise.all(
    engines.map(async ({ env }) => about(await doctor(['-o', 'json'], env), 'ports')),
  )
  expect(
    shown
      .join('\n')
      .replaceAll(String(port), 'PORT')
      .replace(/by \S+ \(process \d+\)/, 'by PROGRAM (process PID)'),
  ).toMatchInlineSnapshot(`
    "problem ports/free: port PORT is taken by PROGRAM (process PID), and db.redis wants it
      → end what holds it, or choose another port for db.redis
    problem ports/free: port PORT is taken by container other-web-1 of project other, and db.redis wants it
      → end what holds it, or choose another port for db.redis
    ok ports/free: port PORT (db.redis) is held by this stack"
  `)
})

test('a port that a local process of this stack holds is no problem, one of another stack is', async () => {
  const { doctor, folder } = await machine()
  const root = join(folder, 'stack')
  const place = { stackName: 'todo', root, instance: undefined, platform: process.platform, home: '/' }
  const state = stateFolder({ ...place, env: { IAMSTACK_STATE: join(folder, 'state') } })
  await mkdir(state, { recursive: true })
  const ports = await Promise.all([
    listeningProcess(`${instanceHash(state)}/service:api/1/1`),
    listeningProcess('0123456789ab/service:api/1/1'),
  ])
  const services = ports.map(
    (port, index) =>
      `  s${String(index)}: { process: { run: node }, ports: { http: 1 }, expose: { http: "local:${String(port)}" } }`,
  )
  await writeFile(join(root, 'iamstack.yaml'), `name: todo\nservices:\n${services.join('\n')}\n`)
  const found = findingsOf(await doctor(['-p', 'process', '-o', 'json'])).filter(
    ({ check }) => check === 'ports/free',
  )
  expect(found.map(({ level }) => level)).toEqual(['ok', 'problem'])
  expect(found[1]?.message).toMatch(/^port \d+ is taken by node \(process \d+\), and s1\.http wants it$/)
})

async function heldPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A program that listens on a port of its own and carries this marker of ours. */
async function listeningProcess(marker: string): Promise<number> {
  const program = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const child = spawn(process.execPath, ['-e', program], { env: { [markerVariable]: marker } })
  onTestFinished(() => void child.kill())
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return Number(line.toString())
}
