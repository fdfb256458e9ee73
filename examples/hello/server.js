import { createServer } from 'node:http'

const { GREETING, PORT } = process.env
const server = createServer((request, response) => {
  response.end(request.url === '/healthz' ? 'ok\n' : `${GREETING}, world!\n`)
})
server.listen(PORT)
process.on('SIGTERM', () => server.close())
