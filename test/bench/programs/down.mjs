// node down.mjs SOCKET PROJECT: all containers away, four at a time, then the network.
import { filterOf, inParallel, openEngine } from './engine.mjs'

const [socket, project] = process.argv.slice(2)
const engine = openEngine(socket)
const containers = await engine.call('GET', `/containers/json?all=1&filters=${filterOf(project)}`)
await inParallel(containers, 4, ({ Id }) => engine.call('DELETE', `/containers/${Id}?force=1&v=1`))
await engine.call('DELETE', `/networks/${project}_default`)
engine.close()
