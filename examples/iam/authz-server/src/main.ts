import { loadConfig } from '../../common/src/config.ts'
import { serve } from '../../common/src/http-server.ts'
import { createLog } from '../../common/src/log.ts'
import { createMetrics } from '../../common/src/metrics.ts'
import { channels } from '../../common/src/names.ts'
import { operationRoutes } from '../../common/src/operations.ts'
import { configPath, runProgram, type Shutdown } from '../../common/src/program.ts'
import { createRedisClient, subscribeRedis } from '../../common/src/redis-client.ts'
import { createAnalytics } from './analytics.ts'
import { createCache } from './cache.ts'
import { readAuthzConfig } from './config.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { createRefresher } from './refresh.ts'
import { authzRoutes } from './routes.ts'

const name = 'iam-authz-server'
await runProgram(name, (shutdown) => start(configPath(process.argv.slice(2), name), shutdown))

async function start(configFile: string, shutdown: Shutdown): Promise<void> {
  const config = await loadConfig(configFile, readAuthzConfig)
  const log = createLog(name, config.logLevel)
  const metrics = createMetrics()
  const requests = metrics.counter('iam_authz_requests_total', 'Requests by port, route and status.')

  const redis = createRedisClient(config.redis, log)
  shutdown.add(() => redis.close())
  const analytics = createAnalytics(redis, metrics, log)
  shutdown.add(() => analytics.close())

  const cache = createCache()
  const refresher = createRefresher(async () => {
    cache.replace(await loadSnapshot(config))
    log.info('policies and secrets loaded')
  }, log)
  shutdown.add(() => refresher.close())
  refresher.request()
  const subscription = subscribeRedis(config.redis, Object.values(channels), refresher.request, log)
  shutdown.add(() => subscription.close())

  const operations = operationRoutes(
    () => (cache.isLoaded() ? undefined : 'policies and secrets are not loaded yet'),
    metrics,
  )
  const routes = { ...operations, ...authzRoutes(cache, analytics) }
  const { host, httpPort, httpsPort, tls } = config
  const servers = await Promise.all([
    serve({ host, port: httpPort, routes: operations, log, requests }),
    serve({ host, port: httpsPort, routes, log, requests, tls }),
  ])
  shutdown.add(async () => {
    await Promise.all(servers.map((close) => close()))
  })
}
