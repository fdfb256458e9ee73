// node discovery.mjs: who offers which service, and where. Stands in for ZooKeeper: an address is known for as long as it is
// announced again and again.
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

/** Milliseconds after which an address that was not announced again is forgotten. */
export const patience = 10_000

/** Addresses by service; `now` is a clock in milliseconds. */
export function directory(now = Date.now) {
  const services = new Map()
  return {
    announce(name, address) {
      const known = services.get(name) ?? new Map()
      services.set(name, known.set(address, now() + patience))
    },
    find(name) {
      const known = [...(services.get(name) ?? [])]
      return known.filter(([, until]) => until > now()).map(([address]) => address)
    },
  }
}

export function server(entries) {
  return createServer(async (request, response) => {
    const [, name] = /^\/services\/([\w-]+)$/.exec(request.url) ?? []
    const reply = (status, value) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (request.url === '/healthz') return reply(200, { status: 'ok' })
    if (name === undefined) return reply(404, { error: 'not found' })
    if (request.method !== 'PUT') return reply(200, { addresses: entries.find(name) })
    const address = await addressIn(request)
    if (address === undefined)
      return reply(400, { error: 'an announcement is {"address": "http://host:port"}' })
    entries.announce(name, address)
    return reply(200, { address })
  })
}

async function addressIn(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += text.length < 10_000 ? chunk : ''
  try {
    const { address } = JSON.parse(text)
    return URL.canParse(address) ? address : undefined
  } catch {
    return undefined
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const running = server(directory())
  running.listen(Number(process.env.PORT), () => console.log(`listening on port ${process.env.PORT}`))
  process.on('SIGTERM', () => running.close())
}
