import { parseArgs } from 'node:util'
import { runProgram } from '../../common/src/program.ts'
import { startRedisServer } from './server.ts'

const { values } = parseArgs({
  options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '6379' } },
})
await runProgram('redis', async (shutdown) => {
  const server = await startRedisServer(values.host, Number(values.port))
  shutdown.add(() => server.close())
})
