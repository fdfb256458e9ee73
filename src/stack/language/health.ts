import { forms, map, object } from '../schema/build.ts'
import { boolean, duration, integer, oneOf, string } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { anyKey, portReference } from './names.ts'
import { healthWords, probeWords } from './words.ts'
import { argv } from './workload.ts'

const check = {
  http: string('Path that answers with a status from 200 to 399.', { examples: ['/healthz'] }),
  tcp: portReference('Port that accepts connections.'),
  exec: { ...argv, doc: 'Command inside the container that ends with 0.' },
  grpc: portReference('Port that speaks the gRPC health protocol.'),
  port: portReference('Port of the `http` check. Absent: the only port of the service.'),
  scheme: oneOf(['http', 'https'], 'Scheme of the `http` check; certificates are not verified.', {
    default: defaults.probe.scheme,
  }),
  headers: map('Headers of the `http` check.', anyKey, string('A value.')),
  service: string('Service name of the `grpc` check.'),
}

const rhythm = {
  every: duration('Time between two checks.', { default: defaults.health.every }),
  timeout: duration('How long one check may take.', { default: defaults.health.timeout }),
  retries: integer('Failures in a row that make it unhealthy.', {
    min: 1,
    max: 1000,
    default: defaults.health.retries,
  }),
}

const checks = { http: ['port', 'scheme', 'headers'], tcp: [], exec: [], grpc: ['service'] }

const probe = object(
  'This probe written out; what is absent is taken from `health`.',
  { ...check, ...rhythm },
  {
    exclusive: [{ members: checks }],
    words: probeWords,
  },
)

export const health = object(
  'When a replica is healthy. One block makes the process probe, the health check of the engine, and readiness, liveness and startup probes.',
  {
    ...check,
    ...rhythm,
    'start-period': duration('How long failures do not count after the start.', {
      default: defaults.health.startPeriod,
    }),
    readiness: { ...probe, doc: 'Refines when it gets traffic.' },
    liveness: forms(
      'Refines when it is restarted; `false` for never. Default: the same check with three times the failures.',
      {
        scalar: boolean('`false` for no liveness probe.'),
        map: probe,
      },
    ),
    startup: forms('Refines how the start is watched; `false` for no startup probe.', {
      scalar: boolean('`false` for no startup probe.'),
      map: probe,
    }),
  },
  {
    exclusive: [{ members: checks, isRequired: true }],
    words: healthWords,
    examples: [
      { http: '/healthz', port: 'http' },
      { exec: ['healthcheck.sh', '--connect'], every: '2s', timeout: '3s', 'start-period': '30s' },
    ],
    cure: (node) => (node.kind === 'list' ? 'write `health: { exec: […] }`' : undefined),
  },
)
