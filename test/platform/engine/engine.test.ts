import { spawn } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openEngine } from '../../../src/platform/engine/engine.ts'
import { EngineError, isConflict, isNotFound, unreachable } from '../../../src/platform/engine/errors.ts'
import { fakeEngine, refusalOf, temporaryFolder } from './fake-engine.ts'

const json = { 'Content-Type': 'application/json' }

function open(path: string, options: Parameters<typeof openEngine>[1] = {}) {
  const engine = openEngine({ kind: 'socket', path }, options)
  onTestFinished(() => {
    engine.close()
  })
  return engine
}

test('the version is negotiated once, and never above what we know', async () => {
  const { path, requests } = await fakeEngine(() => ({ headers: json, body: '[]' }), '1.99')
  const engine = open(path)
  await Promise.all([engine.get('/networks'), engine.get('/volumes')])
  expect(requests.sort()).toEqual(['GET /_ping', 'GET /v1.47/networks', 'GET /v1.47/volumes'])
})

test('a known version saves the question', async () => {
  const { path, requests } = await fakeEngine(() => ({ headers: json, body: '[]' }))
  await open(path, { knownApiVersion: '1.44' }).get('/networks')
  expect(requests).toEqual(['GET /v1.44/networks'])
})

test('a known version that the engine no longer takes is negotiated anew; a demanded one is not', async () => {
  const { path, requests } = await fakeEngine(
    (request) =>
      request.url?.startsWith('/v1.47') === true
        ? {
            status: 400,
            headers: json,
            body: '{"message":"client version 1.47 is too new. Maximum supported API version is 1.43"}',
          }
        : { headers: json, body: '["here"]' },
    '1.43',
  )
  expect(await open(path, { knownApiVersion: '1.47' }).get('/networks')).toEqual(['here'])
  expect(requests).toEqual(['GET /v1.47/networks', 'GET /_ping', 'GET /v1.43/networks'])
  expect(await refusalOf(open(path, { apiVersion: '1.47' }).get('/networks'))).toMatchInlineSnapshot(
    `"EngineError: client version 1.47 is too new. Maximum supported API version is 1.43"`,
  )
})

test('an engine older than 20.10 is refused', async () => {
  const { path } = await fakeEngine(() => ({}), '1.40')
  expect(await refusalOf(open(path).get('/networks'))).toMatchInlineSnapshot(`
    "StepError: the Docker engine speaks API 1.40, and 1.41 is needed
      update Docker to 20.10 or newer"
  `)
})

test('a refusal carries status, path and the words of the engine', async () => {
  const { path } = await fakeEngine(() => ({
    status: 409,
    headers: json,
    body: '{"message":"name is taken"}',
  }))
  const error: unknown = await open(path)
    .post('/containers/create', { query: { name: 'x' }, json: {} })
    .catch((each: unknown) => each)
  expect(error).toBeInstanceOf(EngineError)
  expect(error).toMatchObject({
    status: 409,
    message: 'name is taken',
    method: 'POST',
    path: '/containers/create',
  })
  expect([isConflict(error), isNotFound(error)]).toEqual([true, false])
})

test('a refusal that is not JSON, and an empty one', async () => {
  const { path } = await fakeEngine((request) => ({
    status: 502,
    body: request.url?.endsWith('/a') === true ? 'bad gateway, sorry' : '',
  }))
  const engine = open(path)
  expect(await refusalOf(engine.get('/a'))).toBe('EngineError: bad gateway, sorry')
  expect(await refusalOf(engine.get('/b'))).toBe('EngineError: Bad Gateway')
})

test('"already so" (304) is a success', async () => {
  const { path } = await fakeEngine(() => ({ status: 304 }))
  expect(await open(path).post('/containers/x/start')).toBeUndefined()
})

test('query: undefined is left out, lists repeat', async () => {
  const { path, requests } = await fakeEngine(() => ({}))
  await open(path, { knownApiVersion: '1.45' }).post('/build', {
    query: { t: ['a', 'b'], target: undefined, q: true },
  })
  expect(requests).toEqual(['POST /v1.45/build?t=a&t=b&q=true'])
})

test('a body of any kind arrives', async () => {
  const bodies: string[] = []
  const { path } = await fakeEngine((_request, body) => {
    bodies.push(body)
    return {}
  })
  const engine = open(path)
  await engine.post('/a', { json: { x: 1 } })
  await engine.put('/b', { body: { type: 'application/x-tar', content: Buffer.from('bytes') } })
  await engine.put('/c', { body: { type: 'application/x-tar', content: Readable.from(['str', 'eam']) } })
  expect(bodies).toEqual(['{"x":1}', 'bytes', 'stream'])
})

test('a body that breaks ends the request with its own error', async () => {
  const { path } = await fakeEngine(() => ({}))
  const content = new Readable({
    read() {
      this.destroy(new TypeError('the file vanished'))
    },
  })
  expect(await refusalOf(open(path).put('/c', { body: { type: 'application/x-tar', content } }))).toBe(
    'TypeError: the file vanished',
  )
})

test('no such socket, and one that nobody listens on', async () => {
  const folder = await temporaryFolder()
  const gone = openEngine({ kind: 'socket', path: '/nowhere/docker.sock' }, { how: 'DOCKER_HOST' })
  expect(await refusalOf(gone.get('/networks'))).toMatchInlineSnapshot(`
    "StepError: the Docker engine at unix:///nowhere/docker.sock (DOCKER_HOST) does not answer: there is no such socket
      start Docker, or point DOCKER_HOST elsewhere"
  `)
  const path = join(folder, 'stale.sock')
  // A listener that is killed leaves its socket behind.
  const listener = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  ])
  await new Promise((resolve) => listener.stdout.once('data', resolve))
  listener.kill('SIGKILL')
  await new Promise((resolve) => listener.once('close', resolve))
  expect((await refusalOf(open(path).get('/networks'))).replace(folder, '~')).toMatchInlineSnapshot(`
    "StepError: the Docker engine at unix://~/stale.sock does not answer: connection refused
      start Docker: its engine is not running there"
  `)
})

test('S37: permission denied on the socket comes with the cure', () => {
  const denied = Object.assign(new Error('connect EACCES /var/run/docker.sock'), { code: 'EACCES' })
  const error = unreachable({ kind: 'socket', path: '/var/run/docker.sock' }, 'the default socket', denied)
  expect([error.kind, error.message, error.hint]).toMatchInlineSnapshot(`
    [
      "precondition",
      "the Docker engine at unix:///var/run/docker.sock (the default socket) refuses this user: permission denied on its socket",
      "join the docker group: sudo usermod -aG docker "$USER", then log in again (or: newgrp docker)",
    ]
  `)
})

test.skipIf(process.getuid?.() === 0)('S37: a socket that this user may not open', async () => {
  const { path } = await fakeEngine(() => ({}))
  await chmod(path, 0o000)
  expect(await refusalOf(open(path).get('/networks'))).toMatch(
    /permission denied on its socket\n.*docker group/,
  )
})

test('a host that does not exist', async () => {
  const engine = openEngine({ kind: 'tcp', host: 'engine.invalid', port: 2375, basePath: '', tls: undefined })
  expect(await refusalOf(engine.get('/networks'))).toMatchInlineSnapshot(`
    "StepError: the Docker engine at tcp://engine.invalid:2375 does not answer: its host name is not known
      check the name, and this machine’s network"
  `)
})

test('an abort throws its own reason, before the answer and in the middle of it', async () => {
  const { path, server } = await fakeEngine(() => ({ headers: json, body: '[]' }))
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url?.endsWith('/half') === true) response.write('[1,')
  })
  const engine = open(path, { knownApiVersion: '1.45' })
  for (const place of ['/silent', '/half']) {
    const controller = new AbortController()
    const answer = refusalOf(engine.get(place, { signal: controller.signal }))
    setTimeout(() => {
      controller.abort(new Error('superseded'))
    }, 30)
    expect(await answer).toBe('Error: superseded')
  }
})

test('a kept connection that the engine closed is opened anew for a read, and not for a write', async () => {
  let sockets = 0
  const answered: Socket[] = []
  const path = join(await temporaryFolder(), 'docker.sock')
  const server = createServer((socket) => {
    sockets += 1
    socket.on('error', () => undefined)
    socket.on('data', () => {
      // The second request on a connection is met by a closed door.
      if (answered.includes(socket)) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
      answered.push(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    server.close()
  })
  const engine = open(path, { knownApiVersion: '1.45' })
  await engine.get('/networks')
  await vi.waitFor(() => {
    expect(sockets).toBe(1)
  })
  expect(await engine.get('/networks')).toEqual([])
  expect(sockets).toBe(2)
  expect((await refusalOf(engine.post('/containers/create', { json: {} }))).split('\n')[0]).toMatch(
    /broke the connection$/,
  )
})

test('an engine over ssh: one command carries all requests', async () => {
  const { path, requests } = await fakeEngine(() => ({ headers: json, body: '["far away"]' }))
  const bin = await temporaryFolder()
  const relay = `const s=require('net').connect(process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)`
  const script = `#!/bin/sh
echo "$@" >> ${bin}/calls
exec '${process.execPath}' -e "${relay}" '${path}'
`
  await writeFile(join(bin, 'ssh'), script)
  await chmod(join(bin, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const engine = openEngine({
    kind: 'ssh',
    user: 'me',
    host: 'build.example',
    port: undefined,
    socket: undefined,
  })
  expect(await engine.get('/networks')).toEqual(['far away'])
  expect(await engine.get('/volumes')).toEqual(['far away'])
  engine.close()
  expect(requests).toEqual(['GET /_ping', 'GET /v1.45/networks', 'GET /v1.45/volumes'])
  expect(await readFile(join(bin, 'calls'), 'utf8')).toBe(
    '-o ConnectTimeout=30 -T -l me -- build.example docker system dial-stdio\n',
  )
})

test('ssh that fails says why in its own words', async () => {
  const bin = await temporaryFolder()
  await writeFile(
    join(bin, 'ssh'),
    '#!/bin/sh\necho "me@build.example: Permission denied (publickey)." >&2\nexit 255\n',
  )
  await chmod(join(bin, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const engine = openEngine({
    kind: 'ssh',
    user: 'me',
    host: 'build.example',
    port: undefined,
    socket: undefined,
  })
  expect(await refusalOf(engine.get('/networks'))).toMatchInlineSnapshot(`
    "StepError: the Docker engine at ssh://me@build.example cannot be reached: me@build.example: Permission denied (publickey).
      the command "docker system dial-stdio" must work there: try it with ssh by hand"
  `)
})
