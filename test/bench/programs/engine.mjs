// The cheapest way to the Engine API: Node's own HTTP over the socket, connections kept open, no library.
import { Agent, request } from 'node:http'

/** @param {string} socketPath the engine's socket */
export function openEngine(socketPath) {
  const agent = new Agent({ keepAlive: true })
  const call = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = text === undefined ? {} : { 'content-type': 'application/json' }
      const sent = request({ socketPath, agent, method, path, headers }, (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (answer += chunk))
        response.on('end', () => {
          if (response.statusCode < 400) resolve(answer === '' ? undefined : JSON.parse(answer))
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
        })
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(text)
    })
  return { call, close: () => agent.destroy() }
}

/** Runs `act` for each item, at most `width` at a time. */
export async function inParallel(items, width, act) {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, left.length) }, worker))
}

/** A query that finds what `project` made. */
export const filterOf = (project) =>
  encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }))

/** What both `up.mjs` and `replace.mjs` create; `web` is `{ port, command, answer }`. */
export function containerSpec(project, number, web) {
  const network = `${project}_default`
  return {
    Image: 'busybox:stable',
    Entrypoint: web ? web.command : ['/bin/sleep', '3600'],
    Env: [`NUMBER=${number}`, 'LEVEL=info', ...(web ? [`ANSWER=${web.answer}`] : [])],
    Labels: { 'com.docker.compose.project': project, 'com.docker.compose.service': `s${number}` },
    ...(web && { ExposedPorts: { '8000/tcp': {} } }),
    HostConfig: {
      NetworkMode: network,
      ...(web && { PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(web.port) }] } }),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [`s${number}`] } } },
  }
}
