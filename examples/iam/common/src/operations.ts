import type { Metrics } from './metrics.ts'
import type { Routes } from './router.ts'
import { buildId } from './version.ts'

/** Undefined: healthy; else why not. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined

/** What every server tells on its plain port: `/healthz`, `/version`, `/metrics`. */
export function operationRoutes(check: HealthCheck, metrics: Metrics): Routes {
  return {
    'GET /healthz': async () => {
      const reason = await check()
      return reason === undefined
        ? { body: { status: 'ok' } }
        : { status: 503, body: { status: 'unhealthy', reason } }
    },
    'GET /version': () => ({ body: { version: buildId } }),
    'GET /metrics': () => ({ body: metrics.text() }),
  }
}
