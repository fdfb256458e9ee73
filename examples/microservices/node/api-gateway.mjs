// node api-gateway.mjs: the only way in. Passes each request on by the beginning of its path, as ROUTES says.
import { createServer, request as send } from 'node:http'
import { pathToFileURL } from 'node:url'
import { jsonServer, listen } from './web.mjs'

/** `/user=http://user-edge:8083 /course=http://course-edge:8082` → prefix and origin of each. */
export function parseRoutes(text) {
  return text
    .split(/\s+/)
    .filter((each) => each !== '')
    .map((each) => {
      const [prefix, origin] = each.split('=')
      if (!prefix?.startsWith('/') || !origin || !URL.canParse(origin)) throw new Error(`no route: ${each}`)
      return { prefix, origin: new URL(origin) }
    })
}

/** The server, and how many requests each route has had. */
export function gateway(routes) {
  const counts = new Map(routes.map(({ prefix }) => [prefix, 0]))
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const route = routes.find(({ prefix }) => pathname === prefix || pathname.startsWith(`${prefix}/`))
    if (!route) {
      refuse(response, 404, 'nothing is here')
      return
    }
    counts.set(route.prefix, counts.get(route.prefix) + 1)
    pass(request, response, route.origin)
  })
  return { server, counts }
}

function pass(request, response, { hostname, port, host }) {
  const { method, url, headers } = request
  const onward = send({ hostname, port, method, path: url, headers: { ...headers, host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', (error) => {
    console.error(`${method} ${url}: ${host}: ${error.message}`)
    if (response.headersSent) response.destroy()
    else refuse(response, 502, `${host} does not answer`)
  })
  request.pipe(onward)
}

function refuse(response, status, error) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}

/** As Prometheus reads it. */
export function metrics(counts) {
  const rows = [...counts].map(([prefix, count]) => `gateway_requests_total{route="${prefix}"} ${count}\n`)
  return `# TYPE gateway_requests_total counter\n${rows.join('')}`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { PORT, ADMIN_PORT, ROUTES = '' } = process.env
  const { server, counts } = gateway(parseRoutes(ROUTES))
  listen(server, Number(PORT))
  const admin = { 'GET /healthz': () => ({ status: 'ok' }), 'GET /metrics': () => metrics(counts) }
  listen(jsonServer(admin), Number(ADMIN_PORT))
}
