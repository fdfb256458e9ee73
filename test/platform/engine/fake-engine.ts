import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of the test's own, gone when it ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iamstack-'))
  onTestFinished(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** A server that answers as an engine would, on a socket of its own; `requests` lists what it was asked. */
export async function fakeEngine(
  answer: (
    request: IncomingMessage,
    body: string,
  ) => { status?: number; headers?: Record<string, string>; body?: string },
  apiVersion = '1.45',
): Promise<{ readonly path: string; readonly requests: string[]; readonly server: Server }> {
  const requests: string[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (request.url === '/_ping') {
      response.writeHead(200, { 'Api-Version': apiVersion }).end('OK')
      return
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { status = 200, headers = {}, body: answered = '' } = answer(request, body)
      response.writeHead(status, headers).end(answered)
    })
  }
  const server = createServer(listener)
  const path = join(await temporaryFolder(), 'docker.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { path, requests, server }
}

/** What a promise was rejected with, as text: message, then hint. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof Error)) return String(error)
    const hint = 'hint' in error && typeof error.hint === 'string' ? `\n  ${error.hint}` : ''
    return `${error.name}: ${error.message}${hint}`
  }
  throw new Error('it was not refused')
}
