/**
 * Every default of the stack language in one table: `resolve` fills them in, the JSON Schema and the reference page show them.
 * Written as in a stack file; durations and sizes are read by the schema's own readers.
 */
export const defaults = {
  expose: 'internal',
  protocol: 'tcp',
  health: { every: '2s', timeout: '3s', retries: 3, startPeriod: '30s' },
  probe: { scheme: 'http', path: '/' },
  /** How often liveness may fail for each failure that readiness allows. */
  livenessPatience: 3,
  workload: 'deployment',
  replicas: 1,
  spread: 'node',
  restart: 'always',
  reload: 'restart',
  update: { strategy: 'rolling', surge: 1, unavailable: 0, timeout: '2m' },
  stop: { grace: '10s' },
  init: { timeout: '2m' },
  job: { run: 'on-change', retries: 0, timeout: '2m' },
  dev: { sync: 'infer', restart: 'process' },
  image: {
    dockerfile: 'Dockerfile',
    tag: 'hash',
    name: '{registry}/{namespace}/{name}[-{arch}]:{tag}',
    cache: true,
    pull: false,
  },
  volume: { access: 'single', keep: false },
  mode: { config: '0644', secret: '0400', cert: '0400' },
  cert: { days: 365, usage: 'server' },
  route: { path: '/' },
  smoke: { timeout: '10s', tries: 3, status: 200, exit: 0 },
  gateway: { image: 'haproxy:2.6', port: 8080 },
  isolation: 'none',
  currency: 'USD',
} as const
