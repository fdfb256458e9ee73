// node up.mjs SOCKET PROJECT COUNT [WEB]: one network and COUNT containers, eight at a time. WEB is JSON, see containerSpec.
import { containerSpec, inParallel, openEngine } from './engine.mjs'

const [socket, project, count, webText] = process.argv.slice(2)
const web = webText === undefined ? undefined : JSON.parse(webText)
const engine = openEngine(socket)
await engine.call('POST', '/networks/create', {
  Name: `${project}_default`,
  Driver: 'bridge',
  Labels: { 'com.docker.compose.project': project },
})
const numbers = Array.from({ length: Number(count) }, (_, index) => index + 1)
await inParallel(numbers, 8, async (number) => {
  const name = `${project}-s${number}-1`
  const spec = containerSpec(project, number, number === 1 ? web : undefined)
  const { Id } = await engine.call('POST', `/containers/create?name=${name}`, spec)
  await engine.call('POST', `/containers/${Id}/start`)
})
engine.close()
