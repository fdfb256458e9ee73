// node user-edge.mjs: what users do with their accounts. Sessions are in Redis, users at the service that discovery names.
import { randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { Redis } from './redis.mjs'
import { Refused, ask, jsonServer, listen } from './web.mjs'

/** Seconds that a session lives. */
const lifetime = 2 * 60 * 60

/** `find` answers the URL of a service by its name; `messageUrl` is where messages go. */
export function routesOf({ redis, find, messageUrl }) {
  const session = async (request) => {
    const [, token] = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '') ?? []
    const kept = token === undefined ? null : await redis.send('GET', `session:${token}`)
    if (kept === null) throw new Refused(401, 'log in first')
    return { token, user: JSON.parse(kept) }
  }
  return {
    'GET /healthz': async () => ({ status: (await redis.send('PING')) === 'PONG' ? 'ok' : 'unknown' }),
    'POST /user/register': async (_, body) => {
      const user = await ask('POST', `${await find('user')}/users`, body ?? {})
      await ask('POST', `${messageUrl}/messages`, { to: user.name, text: `Welcome, ${user.name}!` })
      return user
    },
    'POST /user/login': async (_, body) => {
      const user = await ask('POST', `${await find('user')}/check`, body ?? {})
      const token = randomBytes(16).toString('hex')
      await redis.send('SET', `session:${token}`, JSON.stringify(user), 'EX', lifetime)
      return { token }
    },
    'GET /user/me': async (request) => (await session(request)).user,
    'GET /user/messages': async (request) => {
      const { user } = await session(request)
      return ask('GET', `${messageUrl}/messages?to=${encodeURIComponent(user.name)}`)
    },
    'DELETE /user/me': async (request) => {
      const { token, user } = await session(request)
      await ask('DELETE', `${await find('user')}/users/${user.id}`)
      await redis.send('DEL', `session:${token}`)
    },
  }
}

/** Where one of the replicas of a service is, as the discovery service knows it now. */
async function discover(discoveryUrl, name) {
  const { addresses } = await ask('GET', `${discoveryUrl}/services/${name}`)
  if (addresses.length === 0) throw new Refused(503, `no ${name} is known yet`)
  return addresses[Math.floor(Math.random() * addresses.length)]
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { PORT, REDIS_HOST, REDIS_PORT, DISCOVERY_URL, MESSAGE_URL } = process.env
  const redis = new Redis(REDIS_HOST, Number(REDIS_PORT))
  const find = (name) => discover(DISCOVERY_URL, name)
  listen(jsonServer(routesOf({ redis, find, messageUrl: MESSAGE_URL })), Number(PORT))
  process.on('SIGTERM', () => redis.close())
}
