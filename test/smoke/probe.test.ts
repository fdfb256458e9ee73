import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as NetServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { probe, type ProbeCheck } from '../../src/smoke/probe.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listening(server: NetServer): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const http = (listener: RequestListener) => listening(createHttpServer(listener))
const get: ProbeCheck = {
  kind: 'http',
  scheme: 'http',
  path: '/healthz',
  headers: new Map([['x-probe', 'yes']]),
}
const limits = { timeout: 2000 }

/** A port where nobody listens. */
async function deadEnd(): Promise<{ host: string; port: number }> {
  const server = createTcpServer()
  const at = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return at
}

describe('http', () => {
  it('is healthy from 200 to 399, and follows nothing', async () => {
    const paths: string[] = []
    const at = await http((request, response) => {
      paths.push(`${request.url} ${String(request.headers['x-probe'])} ${String(request.headers.connection)}`)
      response.writeHead(Number(request.url?.slice(1)), { location: '/200' }).end('body')
    })
    const results = await Promise.all(
      ['200', '302', '399', '400', '503'].map((status) => probe({ ...get, path: `/${status}` }, at, limits)),
    )
    expect(results.map(({ ok, detail }) => `${detail} ${ok ? 'healthy' : 'not'}`)).toEqual([
      '200 healthy',
      '302 healthy',
      '399 healthy',
      '400 not',
      '503 not',
    ])
    expect(paths.toSorted()[0]).toBe('/200 yes close')
    expect(paths).toHaveLength(5)
  })

  it('says what was seen when there was no answer', async () => {
    const silent = await http(() => undefined)
    const rude = await http((request) => request.socket.destroy())
    const noHttp = await listening(createTcpServer((socket) => socket.end('220 mail ready\r\n')))
    const cancelled = new AbortController()
    const cancelling = probe(get, silent, { ...limits, signal: cancelled.signal })
    cancelled.abort()
    expect([
      await probe(get, await deadEnd(), limits),
      await probe(get, silent, { timeout: 50 }),
      await probe(get, rude, limits),
      await probe(get, noHttp, limits),
      await cancelling,
      await probe(get, silent, { ...limits, signal: cancelled.signal }),
      await probe({ ...get, scheme: 'https' }, silent, limits),
    ]).toMatchInlineSnapshot(`
      [
        {
          "detail": "connection refused",
          "ok": false,
        },
        {
          "detail": "no answer within 50 ms",
          "ok": false,
        },
        {
          "detail": "the connection was closed before an answer came",
          "ok": false,
        },
        {
          "detail": "the answer is not HTTP",
          "ok": false,
        },
        {
          "detail": "cancelled",
          "ok": false,
        },
        {
          "detail": "cancelled",
          "ok": false,
        },
        {
          "detail": "the other side does not speak TLS here",
          "ok": false,
        },
      ]
    `)
  })

  it('is not kept busy by a body without end', async () => {
    const at = await http((_, response) => {
      response.on('error', () => undefined)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
        response.once('drain', more)
      }
      more()
    })
    expect(await probe(get, at, limits)).toEqual({ ok: true, detail: '200' })
  })

  it('knows that *.localhost is this machine', async () => {
    const { port } = await http((request, response) => response.end(request.headers.host))
    expect(await probe(get, { host: 'app.todo.localhost', port }, limits)).toEqual({
      ok: true,
      detail: '200',
    })
  })
})

describe('tcp', () => {
  it('is healthy when somebody accepts', async () => {
    const at = await listening(createTcpServer((socket) => socket.on('error', () => undefined)))
    expect(await probe({ kind: 'tcp' }, at, limits)).toEqual({ ok: true, detail: 'connected' })
    expect(await probe({ kind: 'tcp' }, await deadEnd(), limits)).toEqual({
      ok: false,
      detail: 'connection refused',
    })
  })
})

describe('grpc', () => {
  /** A server of the reference implementation, whose health service gives `answer` (encoded) or fails. */
  async function grpc(
    answer: (service: string) => Buffer | { code: number },
  ): Promise<{ host: string; port: number }> {
    const server = new Server()
    const bytes = {
      requestSerialize: plain,
      requestDeserialize: plain,
      responseSerialize: plain,
      responseDeserialize: plain,
    }
    const check = {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false,
      responseStream: false,
      ...bytes,
    }
    server.addService(
      { Check: check },
      {
        Check: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
          const result = answer(call.request.subarray(2).toString())
          if (Buffer.isBuffer(result)) done(null, result)
          else done(result)
        },
      },
    )
    const credentials = ServerCredentials.createInsecure()
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    closers.push(() => server.forceShutdown())
    return { host: '127.0.0.1', port }
  }
  const plain = (message: Buffer) => message
  const check = (service?: string): ProbeCheck => ({ kind: 'grpc', service })

  it('is healthy when the service says so', async () => {
    const asked: string[] = []
    const at = await grpc((service) => {
      asked.push(service)
      return service === 'down'
        ? Buffer.from([8, 2])
        : service === 'odd'
          ? Buffer.alloc(0)
          : Buffer.from([8, 1])
    })
    expect([
      await probe(check(), at, limits),
      await probe(check('todo.v1.Todo'), at, limits),
      await probe(check('down'), at, limits),
      await probe(check('odd'), at, limits),
    ]).toEqual([
      { ok: true, detail: 'SERVING' },
      { ok: true, detail: 'SERVING' },
      { ok: false, detail: 'NOT_SERVING' },
      { ok: false, detail: 'UNKNOWN' },
    ])
    expect(asked).toEqual(['', 'todo.v1.Todo', 'down', 'odd'])
  })

  it('says why it is not', async () => {
    const unknown = await grpc(() => ({ code: 5 }))
    const without = await grpc(() => ({ code: 12 }))
    const broken = await grpc(() => ({ code: 14 }))
    const web = await http((_, response) => response.end('ok'))
    expect([
      await probe(check('x'), unknown, limits),
      await probe(check(), without, limits),
      await probe(check(), broken, limits),
      await probe(check(), await deadEnd(), limits),
      (await probe(check(), web, limits)).ok,
    ]).toEqual([
      { ok: false, detail: 'the server does not know this service' },
      { ok: false, detail: 'the server does not implement grpc.health.v1' },
      { ok: false, detail: 'gRPC status 14' },
      { ok: false, detail: 'connection refused' },
      false,
    ])
  })
})
