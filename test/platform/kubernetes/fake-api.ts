import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { StepError } from '../../../src/plan/step-error.ts'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import { loadKubeconfig, type LoadedContext } from '../../../src/platform/kubernetes/kubeconfig.ts'
import { KubeError, type KubeClient } from '../../../src/platform/kubernetes/client.ts'

export interface Request {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export type Answer = (request: Request, response: ServerResponse) => void | Promise<void>

/** An API server that misbehaves as it is told, and keeps what it was asked. */
export async function fakeApi(answer: Answer): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = []
  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString()
      const url = new URL(incoming.url ?? '/', 'http://fake')
      const request = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        body: body === '' ? undefined : (JSON.parse(body) as unknown),
      }
      requests.push(request)
      await answer(request, response)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, requests }
}

export function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value))
}

export function statusOf(code: number, reason: string, message: string, details: unknown = {}) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }
}

/** A context of a kubeconfig with one user, in JSON so that a test says only what it is about. */
export async function contextFor(
  server: string,
  user: Record<string, unknown> = {},
  cluster: Record<string, unknown> = {},
  env: Record<string, string | undefined> = { PATH: process.env['PATH'] },
): Promise<LoadedContext> {
  const text = JSON.stringify({
    contexts: [{ name: 'there', context: { cluster: 'c', user: 'ann' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'ann', user }],
  })
  return (await loadKubeconfig(env, { text })).context('there')
}

export async function clientOf(server: string, user: Record<string, unknown> = {}): Promise<KubeClient> {
  const client = createKubeClient(await contextFor(server, user), { isInteractive: false })
  onTestFinished(() => {
    client.close()
  })
  return client
}

/** Everything a person is told of a failure, without the port. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    (value) => new Error(`no failure: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  const text =
    error instanceof StepError
      ? [`${error.name} ${error.kind}: ${error.message}`, ...error.evidence, error.hint].join('\n  ')
      : error instanceof KubeError
        ? `${error.name} ${String(error.status)} ${error.reason}: ${error.message}`
        : String(error)
  return text.replace(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iamstack-kube-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of source) found.push(each)
  return found
}
