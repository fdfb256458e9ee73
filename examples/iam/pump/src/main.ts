import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { retryForever } from '../../common/src/back-off.ts'
import { loadConfig } from '../../common/src/config.ts'
import { unauthorized } from '../../common/src/http-error.ts'
import { serve } from '../../common/src/http-server.ts'
import { createLog, reasonOf } from '../../common/src/log.ts'
import { createMetrics } from '../../common/src/metrics.ts'
import { operationRoutes } from '../../common/src/operations.ts'
import { configPath, runProgram, type Shutdown } from '../../common/src/program.ts'
import { createRedisClient } from '../../common/src/redis-client.ts'
import type { Routes } from '../../common/src/router.ts'
import { bearerOf, isSameSecret } from '../../common/src/token.ts'
import { readPumpConfig } from './config.ts'
import { createLease } from './lease.ts'
import { startPump } from './pump.ts'
import { openSink, type Sink } from './sinks/sink.ts'

const name = 'iam-pump'
await runProgram(name, (shutdown) => start(configPath(process.argv.slice(2), name), shutdown))

async function start(configFile: string, shutdown: Shutdown): Promise<void> {
  const config = await loadConfig(configFile, readPumpConfig)
  const log = createLog(name, config.logLevel)
  const metrics = createMetrics()
  const requests = metrics.counter('iam_pump_requests_total', 'Requests by port, route and status.')

  const redis = createRedisClient(config.redis, log)
  shutdown.add(() => redis.close())
  const sink = await retryForever(
    () => openSink(config.sink),
    shutdown.signal,
    (error) => log.warn('the sink cannot be opened', { reason: reasonOf(error) }),
  )
  shutdown.add(() => sink.close())
  const lease = createLease(redis, `${hostname()} ${randomUUID()}`)
  const pump = startPump({ redis, sink, lease, metrics, log })
  shutdown.add(() => pump.close())

  const routes = { ...operationRoutes(pump.problem, metrics), ...countRoutes(sink, config.accessKey) }
  const close = await serve({ host: config.host, port: config.httpPort, routes, log, requests })
  shutdown.add(close)
}

function countRoutes(sink: Sink, accessKey: string): Routes {
  return {
    'GET /v1/analytics/count': async ({ raw, query }) => {
      if (!isSameSecret(bearerOf(raw.headers.authorization) ?? '', accessKey))
        throw unauthorized('the access key of the pump is missing or wrong')
      return { body: { count: await sink.count(query.get('username') ?? undefined) } }
    },
  }
}
