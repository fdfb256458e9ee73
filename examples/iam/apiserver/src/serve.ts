import { loadConfig } from '../../common/src/config.ts'
import { serve as listen } from '../../common/src/http-server.ts'
import { createLog, reasonOf } from '../../common/src/log.ts'
import { createMetrics } from '../../common/src/metrics.ts'
import { operationRoutes } from '../../common/src/operations.ts'
import type { Shutdown } from '../../common/src/program.ts'
import { createRedisClient } from '../../common/src/redis-client.ts'
import { createAnnouncer } from './announce.ts'
import { createAuthenticator } from './authenticate.ts'
import { readApiserverConfig } from './config.ts'
import type { Context } from './context.ts'
import { openDatabase } from './database/database.ts'
import { loginRoutes } from './routes/login.ts'
import { policyRoutes } from './routes/policies.ts'
import { secretRoutes } from './routes/secrets.ts'
import { snapshotRoutes } from './routes/snapshot.ts'
import { userRoutes } from './routes/users.ts'

/** REST on the https port; health, version and metrics on both. */
export async function serveApi(configFile: string, shutdown: Shutdown): Promise<void> {
  const config = await loadConfig(configFile, readApiserverConfig)
  const log = createLog('iam-apiserver', config.logLevel)
  const metrics = createMetrics()
  const requests = metrics.counter('iam_apiserver_requests_total', 'Requests by port, route and status.')
  const database = await openDatabase(config.database)
  shutdown.add(() => database.close())
  const redis = createRedisClient(config.redis, log)
  shutdown.add(() => redis.close())
  metrics.gauge('iam_apiserver_redis_connected', '1 while changes can be announced.', () =>
    Number(redis.isConnected()),
  )

  const context: Context = {
    database,
    log,
    tokenKey: config.tokenKey,
    serviceKey: config.serviceKey,
    authenticate: createAuthenticator(database, config.tokenKey),
    announce: createAnnouncer(redis, log),
  }
  const operations = operationRoutes(async () => {
    try {
      // The table, not `SELECT 1`: a server without its schema is of no use yet.
      await database.query('SELECT version FROM schema_version LIMIT 1')
      return undefined
    } catch (error) {
      log.warn('the database does not answer', { reason: reasonOf(error) })
      return 'the database does not answer'
    }
  }, metrics)
  const rest = {
    ...operations,
    ...loginRoutes(context),
    ...userRoutes(context),
    ...secretRoutes(context),
    ...policyRoutes(context),
    ...snapshotRoutes(context),
  }
  const { host, httpPort, httpsPort, tls } = config
  const servers = await Promise.all([
    listen({ host, port: httpPort, routes: operations, log, requests }),
    listen({ host, port: httpsPort, routes: rest, log, requests, tls }),
  ])
  shutdown.add(async () => {
    await Promise.all(servers.map((close) => close()))
  })
}
