import { createServer } from 'node:http'

/** Ends a request with this status and message. */
export class Refused extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

const largestBody = 64 * 1024

/** A server for `{ 'GET /path': (request, body) => value }`; a value is sent as JSON, a text as it is, undefined as 204. */
export function jsonServer(routes) {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const handle = routes[`${request.method} ${pathname}`]
    respond(handle, request).then(({ status, content, type }) => {
      response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(content)
    })
  })
}

/** Listens, and ends on SIGTERM when the requests under way are answered. */
export function listen(server, port) {
  server.listen(port, () => console.log(`listening on port ${port}`))
  process.on('SIGTERM', () => {
    server.close()
    server.closeIdleConnections()
  })
}

/** Asks another service for JSON; what it refuses is refused with its own words. */
export async function ask(method, url, value) {
  const headers = { 'content-type': 'application/json' }
  const body = value === undefined ? undefined : JSON.stringify(value)
  const response = await fetch(url, { method, headers, body }).catch((error) => {
    throw new Refused(503, `${new URL(url).host} does not answer: ${error.cause?.code ?? error.message}`)
  })
  const text = await response.text()
  const answer = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new Refused(response.status, answer?.error ?? response.statusText)
  return answer
}

async function respond(handle, request) {
  try {
    if (!handle) throw new Refused(404, 'not found')
    const value = await handle(request, await bodyOf(request))
    if (value === undefined) return { status: 204 }
    if (typeof value === 'string') return { status: 200, content: value, type: 'text/plain' }
    return json(200, value)
  } catch (error) {
    if (error instanceof Refused) return json(error.status, { error: error.message })
    console.error(`${request.method} ${request.url}:`, error)
    return json(500, { error: 'internal error' })
  }
}

function json(status, value) {
  return { status, content: JSON.stringify(value), type: 'application/json' }
}

async function bodyOf(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > largestBody) throw new Refused(413, 'the body is too large')
  }
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    throw new Refused(400, 'the body is no JSON')
  }
}
