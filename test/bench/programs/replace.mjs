// node replace.mjs SOCKET PROJECT WEB: service s1 again with another answer; the new one is created beside the old one, which is
// killed just before the new one starts.
import { containerSpec, filterOf, openEngine } from './engine.mjs'

const [socket, project, webText] = process.argv.slice(2)
const engine = openEngine(socket)
const [containers, { Id }] = await Promise.all([
  engine.call('GET', `/containers/json?all=1&filters=${filterOf(project)}`),
  engine.call(
    'POST',
    `/containers/create?name=${project}-s1-next`,
    containerSpec(project, 1, JSON.parse(webText)),
  ),
])
const old = containers.find((one) => one.Labels['com.docker.compose.service'] === 's1' && one.Id !== Id)
await engine.call('POST', `/containers/${old.Id}/kill`)
await engine.call('POST', `/containers/${Id}/start`)
await engine.call('DELETE', `/containers/${old.Id}?force=1`)
await engine.call('POST', `/containers/${Id}/rename?name=${project}-s1-1`)
engine.close()
