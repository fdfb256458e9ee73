// node list.mjs SOCKET PROJECT: the three lists that a no-op cannot do without.
import { filterOf, openEngine } from './engine.mjs'

const [socket, project] = process.argv.slice(2)
const engine = openEngine(socket)
const filters = filterOf(project)
const [containers] = await Promise.all([
  engine.call('GET', `/containers/json?all=1&filters=${filters}`),
  engine.call('GET', `/networks?filters=${filters}`),
  engine.call('GET', `/volumes?filters=${filters}`),
])
engine.close()
console.log(containers.length)
