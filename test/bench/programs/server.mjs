// node server.mjs PORT [DELAY]: answers 503 for DELAY milliseconds after it began to listen, then 200. The body tells when it
// started (the process, not this script) and when the first good answer was possible, in epoch milliseconds.
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'

const [port, delay = '0'] = process.argv.slice(2)
const times = { started: performance.timeOrigin, good: Number.POSITIVE_INFINITY }
const server = createServer((request, response) => {
  response.writeHead(Date.now() >= times.good ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify(times))
})
server.listen(Number(port), '127.0.0.1', () => {
  times.good = Date.now() + Number(delay)
})
