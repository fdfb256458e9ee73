import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCertStore } from '../../src/content/certs.ts'
import { createRedactor } from '../../src/content/redact.ts'
import { SecretValue } from '../../src/content/secret-value.ts'
import type { ExecRequest } from '../../src/drivers/driver.ts'
import type { HttpStep, OutputExpectation, Smoke, SmokeCheck } from '../../src/resolve/resolved.ts'
import { referenceAsWritten, type Text } from '../../src/resolve/text.ts'
import { runSmoke } from '../../src/smoke/run.ts'
import type { Output, SmokeResult, SmokeTarget } from '../../src/smoke/target.ts'
import type { Event } from '../../src/state/events.ts'
import { from, memoryOf, plainText, stackOf, textOf } from '../content/stack.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** Everything that a smoke test may touch: `ports` by `service:port`, and a container that does as told. */
const world = {
  ports: new Map<string, number>(),
  exec: (() => Promise.resolve(0)) as SmokeTarget['exec'],
}
beforeEach(() => {
  world.ports.clear()
  world.exec = () => Promise.resolve(0)
})

const redactor = createRedactor()
redactor.learn('iam59!z$')

const target: SmokeTarget = {
  endpoint: (service, port) => {
    const found = world.ports.get(`${service}:${port}`)
    return Promise.resolve(found === undefined ? undefined : { host: '127.0.0.1', port: found })
  },
  exec: (request, signal) => world.exec(request, signal),
  runOnce: (_check, output, signal) =>
    world.exec(
      {
        ...output,
        service: '',
        command: [],
        replica: undefined,
        workingDir: undefined,
        env: new Map(),
        tty: false,
        stdin: undefined,
      },
      signal,
    ),
  lookup: (reference, where) =>
    `[${referenceAsWritten(reference)} ${where === 'host' ? where : where.service}]`,
  redact: redactor.redact,
}

const certs = createCertStore({
  stack: stackOf({
    certs: new Map([
      [
        'todo',
        {
          name: 'todo',
          days: 365,
          from,
          leaves: new Map([
            ['api', { commonName: 'api', names: ['api'], ips: [], usage: 'server' }],
            ['admin', { commonName: 'admin', names: [], ips: [], usage: 'client' }],
          ]),
        },
      ],
    ]),
  }),
  memory: memoryOf(),
  redactor,
  now: Date.now,
})

const materials = {
  secret: () => Promise.resolve(SecretValue.ofText('iam59!z$')),
  cert: (name: string) => certs.files(name),
}

async function run(checks: readonly Smoke[], signal = new AbortController().signal) {
  const events: Event[] = []
  const results = await runSmoke(checks, target, materials, (event) => events.push(event), signal)
  return { results, events }
}

async function runOne(check: SmokeCheck, options: Partial<Smoke> = {}): Promise<SmokeResult> {
  const { results } = await run([{ name: 'check', check, timeout: 5000, tries: 1, from, ...options }])
  const [result] = results
  if (!result) throw new Error('there is no result')
  return result
}

/** What a person would read. */
function told({ outcome, failure }: SmokeResult): string {
  return [outcome, ...(failure ? [failure.message, ...failure.evidence, failure.hint ?? ''] : [])]
    .filter((line) => line !== '')
    .join('\n')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
}

const expectNothing: HttpStep['expect'] = {
  status: [200],
  json: new Map(),
  contains: [],
  equals: undefined,
  matches: undefined,
  headers: new Map(),
}

function step(
  method: string,
  path: Text | string,
  parts: Partial<Omit<HttpStep, 'expect'>> & { expect?: Partial<HttpStep['expect']> } = {},
): HttpStep {
  return {
    method,
    url: {
      kind: 'service',
      service: 'api',
      port: 'http',
      path: typeof path === 'string' ? plainText(path, from) : path,
    },
    scheme: 'http',
    headers: new Map(),
    body: undefined,
    tls: { ca: undefined, client: undefined, insecure: false },
    capture: new Map(),
    from,
    ...parts,
    expect: { ...expectNothing, ...parts.expect },
  }
}

const http = (...steps: HttpStep[]): SmokeCheck => ({ kind: 'http', steps })

async function serve(listener: RequestListener): Promise<void> {
  world.ports.set('api:http', await listen(createServer(listener)))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

describe('S139: an HTTP check', () => {
  it('looks at status, headers, JSON and text', async () => {
    await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      response.end(
        JSON.stringify({
          status: 'ok',
          host: request.headers.host,
          items: [{ id: 5, name: 'a' }, { id: 6 }],
          more: null,
        }),
      )
    })
    const expectation = {
      status: [200, 204],
      headers: new Map([['Content-Type', 'application/json']]),
      json: new Map<string, unknown>([
        ['status', 'ok'],
        ['more', null],
        ['items', [{ id: 5 }, { id: 6 }]],
        ['$.items[0].id', 5],
        ['$.items[*].id', [5, 6]],
        ['$', { host: 'iam.api.example.com' }],
      ]),
      contains: ['"name":"a"'],
      matches: '^\\{.*\\}$',
    }
    const headers = new Map([['Host', plainText('iam.api.example.com', from)]])
    const result = await runOne(http(step('GET', '/healthz', { headers, expect: expectation })))
    expect(told(result)).toBe('passed')
    expect(result.steps.map(({ name }) => name)).toEqual(['GET /healthz'])
  })

  it('says all that is wrong, and shows the answer without secrets', async () => {
    await serve((_, response) =>
      response.writeHead(500, { 'content-type': 'text/plain' }).end('no login for iam59!z$\nat line 2'),
    )
    const result = await runOne(
      http(
        step('GET', 'v1/users', {
          expect: {
            status: [403, 404],
            headers: new Map([['x-id', '1']]),
            json: new Map([['id', 1]]),
            contains: ['users'],
            equals: 'ok',
            matches: '^\\d+$',
          },
        }),
      ),
    )
    expect(told(result)).toMatchInlineSnapshot(`
      "failed
      GET /v1/users: expected status 403 or 404, got 500
      expected header x-id: 1, it is missing
      expected the body “ok”
      expected “users” in the body
      expected a body that matches ^\\d+$
      expected JSON, got something else
      answer: 500, text/plain
      no login for ***
      at line 2"
    `)
    expect(result.failure).toMatchObject({ kind: 'smoke', span: from })
  })

  it.each([
    ['{"id": 1', 'expected JSON, got something else'],
    ['', 'expected JSON, got an empty body'],
    ['[]', 'expected id to be 1, but it is missing'],
    ['{"id": "1"}', 'expected id to be 1, got "1"'],
    [JSON.stringify({ id: 'x'.repeat(1024 * 1024) }), 'the body has more than 1048576 bytes'],
  ])('of an answer that is not as expected says how', async (body, message) => {
    await serve((_, response) => response.end(body))
    const result = await runOne(http(step('GET', '/', { expect: { json: new Map([['id', 1]]) } })))
    expect(result.failure?.message).toBe(`GET /: ${message}`)
  })

  it('does not follow redirects', async () => {
    await serve((_, response) => response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end())
    expect(told(await runOne(http(step('GET', '/', { expect: { status: [302] } }))))).toBe('passed')
  })

  it('takes any host under localhost for this machine', async () => {
    const port = await listen(createServer((request, response) => response.end(request.headers.host)))
    const url = { kind: 'absolute', url: plainText(`http://app.todo.localhost:${port}/`, from) } as const
    const result = await runOne(
      http(step('GET', '/', { url, expect: { equals: `app.todo.localhost:${port}` } })),
    )
    expect(told(result)).toBe('passed')
  })

  it('that nobody answers says what happened, and where', async () => {
    await serve((request) => request.socket.destroy())
    expect(told(await runOne(http(step('GET', '/'))))).toMatchInlineSnapshot(`
      "failed
      GET /: the connection was closed before an answer came
      asked 127.0.0.1:PORT"
    `)
    world.ports.clear()
    expect(told(await runOne(http(step('GET', '/'))))).toMatchInlineSnapshot(`
      "failed
      api:http cannot be reached from this machine
      expose it, \`expose: { http: local }\`, or test it from inside with \`exec\`"
    `)
  })

  it('refuses a regular expression that is none, at once', async () => {
    await serve((_, response) => response.end())
    const result = await runOne(http(step('GET', '/', { expect: { matches: '(' } })), { tries: 3 })
    expect(result.failure?.message).toMatch(/^`matches` is no regular expression: /)
    expect(result.tries).toBe(1)
  })
})

describe('S140: several steps', () => {
  it('hand on what they captured: create, read, delete', async () => {
    const todos = new Map<string, string>()
    await serve((request, response) => {
      void bodyOf(request).then((body) => {
        if (request.headers.authorization !== 'Bearer iam59!z$') return response.writeHead(401).end()
        if (request.method === 'POST') {
          const id = `id-${todos.size + 1}`
          todos.set(id, body)
          return response.writeHead(201).end(JSON.stringify({ data: { id, number: 7 } }))
        }
        const id = request.url?.split('/').at(-1) ?? ''
        if (request.method === 'DELETE') return response.writeHead(todos.delete(id) ? 204 : 404).end()
        return response.writeHead(todos.has(id) ? 200 : 404).end(todos.get(id))
      })
    })
    const headers = new Map([
      ['authorization', textOf('Bearer ', { kind: 'secret', secret: 'api', key: 'token' })],
    ])
    const one = textOf('/todos/', { kind: 'capture', name: 'id' })
    const create = step('POST', '/todos', {
      headers,
      body: plainText('{"title":"wäsche"}', from),
      capture: new Map([
        ['id', '$.data.id'],
        ['number', '$.data.number'],
      ]),
      expect: { status: [201] },
    })
    const result = await runOne(
      http(
        create,
        step('GET', one, { headers, expect: { json: new Map([['title', 'wäsche']]) } }),
        step('DELETE', one, { headers, expect: { status: [204] } }),
        step('GET', one, { headers, expect: { status: [404] } }),
        step('GET', one, { expect: { status: [200] } }),
      ),
    )
    expect(told(result)).toBe(
      'failed\nstep 5 GET /todos/${capture.id}: expected status 200, got 401\nanswer: 401, no content type, no body',
    )
    expect(result.steps.map(({ name }) => name)).toEqual([
      'POST /todos',
      'GET /todos/${capture.id}',
      'DELETE /todos/${capture.id}',
      'GET /todos/${capture.id}',
      'GET /todos/${capture.id}',
    ])
    expect(todos.size).toBe(0)
  })

  it('stop where nothing can be captured', async () => {
    await serve((_, response) => response.end('{}'))
    const capture = new Map([['id', '$.id']])
    const result = await runOne(http(step('GET', '/', { capture }), step('GET', '/never')))
    expect(result.failure?.message).toBe('step 1 GET /: cannot capture id: there is nothing at $.id')
    expect(result.steps).toHaveLength(1)
  })

  it('never compute what a path says', async () => {
    await serve((_, response) => response.end('{"id":1}'))
    const json = new Map([['$[?(process.exit(1))]', 1]])
    const result = await runOne(http(step('GET', '/', { expect: { json } })))
    expect(result.failure?.message).toMatch(/cannot be followed/)
  })
})

describe('S47: TLS', () => {
  beforeEach(async () => {
    const files = await certs.files('todo')
    const pem = (name: string) => Buffer.from(files.get(name)?.bytes ?? [])
    const options = {
      cert: pem('api.crt'),
      key: pem('api.key'),
      ca: pem('ca.crt'),
      requestCert: true,
      rejectUnauthorized: false,
    }
    const server = createTlsServer(options, (request, response) => {
      const socket = request.socket
      if (!(socket instanceof TLSSocket)) throw new Error('the request did not come over TLS')
      const name = socket.authorized ? socket.getPeerCertificate().subject.CN : 'nobody'
      response.end(`${String(name)} asks ${String(socket.servername)}`)
    })
    world.ports.set('api:http', await listen(server))
  })

  const tls = { ca: 'todo', client: undefined, insecure: false }
  const ask = (parts: Partial<HttpStep['tls']>, equals: string) =>
    runOne(http(step('GET', '/', { scheme: 'https', tls: { ...tls, ...parts }, expect: { equals } })))

  it('trusts the authority of the stack, for the name of the service', async () => {
    expect(told(await ask({}, 'nobody asks api'))).toBe('passed')
  })

  it('shows a client certificate', async () => {
    expect(told(await ask({ client: { cert: 'todo', leaf: 'admin' } }, 'admin asks api'))).toBe('passed')
  })

  it('trusts nobody else, unless told to', async () => {
    expect(told(await ask({ ca: undefined }, ''))).toMatchInlineSnapshot(`
      "failed
      GET /: the authority of the certificate is not trusted; name it with \`tls: { ca: … }\`
      asked 127.0.0.1:PORT"
    `)
    expect(told(await ask({ ca: undefined, insecure: true }, 'nobody asks api'))).toBe('passed')
  })

  it('does not take the certificate of another name', async () => {
    const headers = new Map([['host', plainText('other.example.com', from)]])
    const url = {
      kind: 'absolute',
      url: plainText(`https://127.0.0.1:${world.ports.get('api:http') ?? 0}/`, from),
    } as const
    expect(told(await runOne(http(step('GET', '/', { url, headers, tls }))))).toMatchInlineSnapshot(`
      "failed
      GET https://127.0.0.1:PORT/: the certificate is for DNS:api, and neither for other.example.com nor for 127.0.0.1
      asked 127.0.0.1:PORT"
    `)
  })
})

describe('a TCP check', () => {
  it('passes when the port accepts', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    world.ports.set('db:sql', port)
    expect(told(await runOne({ kind: 'tcp', service: 'db', port: 'sql' }))).toBe('passed')
    await new Promise((resolve) => server.close(resolve))
    expect(told(await runOne({ kind: 'tcp', service: 'db', port: 'sql' }))).toBe(
      'failed\ndb:sql: connection refused\nasked 127.0.0.1:PORT',
    )
  })
})

describe('S138: a command', () => {
  const expectation: OutputExpectation = { exit: 0, lastLine: undefined, contains: [], matches: undefined }
  const exec = (
    expect: Partial<OutputExpectation>,
    command: Text[] = [plainText('./test.sh', from)],
  ): SmokeCheck => ({
    kind: 'exec',
    service: 'ctl',
    command,
    workingDir: '/opt/iam',
    expect: { ...expectation, ...expect },
  })
  const says = (exit: number, output: (output: Output) => void) => {
    world.exec = (request) => {
      output(request)
      return Promise.resolve(exit)
    }
  }
  const congratulations = 'congratulations, smoke test passed!'

  it('G3: passes by its last line, whatever its colour', async () => {
    says(0, ({ stdout, stderr }) => {
      stdout.write('\u001B[1mtesting\u001B[0m\r\n')
      stdout.write('progress 1%\rprogress 100%\n\u001B[32mcongratula')
      stdout.write('tions, smoke test passed!\u001B[0m  \r\n\n')
      stderr.write('connection closed\n')
    })
    expect(
      told(
        await runOne(exec({ lastLine: congratulations, contains: ['testing'], matches: '^progress 100%$' })),
      ),
    ).toBe('passed')
  })

  it('takes the last line of standard error where nothing else was written', async () => {
    says(0, ({ stderr }) => stderr.write('all good\n'))
    expect(told(await runOne(exec({ lastLine: 'all good' })))).toBe('passed')
  })

  it('fails with exit code 0 when the line is another one', async () => {
    says(0, ({ stdout, stderr }) => {
      stdout.write('ok 1\nnot ok 2\n')
      stderr.write('password iam59!z$ refused\n')
    })
    expect(told(await runOne(exec({ lastLine: congratulations, contains: ['ok 3'], matches: 'ok 4' }))))
      .toMatchInlineSnapshot(`
      "failed
      expected the last line “congratulations, smoke test passed!”, got “not ok 2”
      expected “ok 3” in the output
      expected output that matches ok 4
      ok 1
      not ok 2
      password *** refused"
    `)
  })

  it('fails by its exit code', async () => {
    says(3, ({ stdout }) => stdout.write(`${congratulations}\n`))
    expect(told(await runOne(exec({ lastLine: congratulations })))).toBe(
      `failed\nexpected exit code 0, got 3\n${congratulations}`,
    )
    expect(told(await runOne(exec({ exit: 3 })))).toBe('passed')
  })

  it('gets its references as they are inside the service', async () => {
    let request: ExecRequest | undefined
    world.exec = (given) => {
      request = given
      return Promise.resolve(0)
    }
    world.ports.set('api:http', 1)
    const command = [
      plainText('curl', from),
      textOf({ kind: 'url', service: 'api', port: 'http' }, '/healthz'),
    ]
    await runOne(exec({}, command))
    expect(request?.command).toEqual(['curl', '[url.api.http ctl]/healthz'])
    expect(request).toMatchObject({ service: 'ctl', workingDir: '/opt/iam' })
  })

  it('may run in an image of its own', async () => {
    says(1, ({ stdout }) => stdout.write('1 failing\n'))
    const result = await runOne({
      kind: 'run',
      image: { kind: 'built', image: 'acceptance' },
      command: undefined,
      env: new Map(),
      process: undefined,
      expect: expectation,
    })
    expect(told(result)).toBe('failed\nexpected exit code 0, got 1\n1 failing')
  })

  it('that does not end is given up', async () => {
    let wasAborted = false
    world.exec = (_, signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (wasAborted = true))
      })
    expect(told(await runOne(exec({}), { timeout: 50 }))).toBe(
      'failed\ndid not end within 0.05 s\ngive it more with `timeout`',
    )
    expect(wasAborted).toBe(true)
  })
})

describe('a run', () => {
  it('tries again, and says how often', async () => {
    let asked = 0
    await serve((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end())
    const result = await runOne(http(step('GET', '/')), { tries: 3 })
    expect(result).toMatchObject({ outcome: 'passed', tries: 3 })
    expect(
      await runOne(http(step('GET', '/never', { expect: { status: [404] } })), { tries: 2 }),
    ).toMatchObject({
      outcome: 'failed',
      tries: 2,
    })
  })

  it('goes in the order of the file, past failures, and tells each', async () => {
    await serve((request, response) => response.writeHead(request.url === '/bad' ? 500 : 200).end())
    const checks = ['/bad', '/good'].map((path) => ({
      name: path,
      check: http(step('GET', path)),
      timeout: 5000,
      tries: 1,
      from,
    }))
    const { results, events } = await run(checks)
    expect(results.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      '/bad failed',
      '/good passed',
    ])
    expect(events.map((event) => `${event.type} ${'check' in event ? event.check : ''}`)).toEqual([
      'smoke.started /bad',
      'smoke.failed /bad',
      'smoke.started /good',
      'smoke.passed /good',
    ])
  })

  it('ends when it is interrupted, also between two tries', async () => {
    await serve((_, response) => response.writeHead(500).end())
    const controller = new AbortController()
    const check = { name: 'a', check: http(step('GET', '/')), timeout: 5000, tries: 100, from }
    const running = run([check], controller.signal)
    setTimeout(() => controller.abort(), 50)
    await expect(running).rejects.toMatchObject({ kind: 'interrupted' })
  })
})
