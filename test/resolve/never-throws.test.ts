import fc from 'fast-check'
import { expect, test } from 'vitest'
import { targets } from '../../src/stack/language/profile.ts'
import { resolveText } from './stack.ts'

/** A stack that uses most of the language, so that changes anywhere in it meet code. */
const text = `
vars: { A: 1, B: "\${A}x" }
images: { app: { context: ./app, pre: [make], test: { target: test } } }
services:
  db:
    image: mariadb:10.11
    ports: { mysql: 3306 }
    mounts: { /var/lib/mysql: data, /run/secrets/db: { secret: db, keys: [password] } }
    health: { exec: [ping], liveness: false }
    workload: stateful
    singleton: true
    process: run-db
  api:
    image: app
    pod: api
    env: { URL: "sql://\${service.db.host}:\${service.db.port.mysql}/\${B}", P: { secret: db, key: password } }
    ports: { http: 8000 }
    expose: { http: local:8000 }
    mounts: { /etc/api: { config: app }, /cert: { cert: todo } }
    init: [{ name: static, command: [collect] }]
    needs: { db: healthy, migrate: completed }
    health: { http: /healthz, port: http }
    scale: { min: 2, max: 5, cpu: 80% }
    process: { run: [node, main.js], inputs: [src/**] }
    dev: { sync: [{ from: ./src, to: /src }], restart: signal:SIGHUP }
jobs: { migrate: { image: app, needs: [db], process: migrate } }
volumes: { data: 1Gi }
configs: { app: { template: ./config/*.yaml, literals: { a: "\${self.port.http}" } } }
secrets: { db: { password: { generate: 24 } } }
certs: { todo: { leaves: { a: {} } } }
routes: { main: "api:http" }
smoke: { story: { http: [{ post: "api:http/x", json: { a: ["\${B}"] }, capture: { id: $.id } }, "api:http/\${capture.id}"] } }
notes: "\${url.api.http}"
`

const paths = [
  'services',
  'services.api',
  'services.db',
  'services.x',
  'services.x.image',
  'services.db.external',
  'services.db.external.host',
  'services.api.image',
  'services.api.env',
  'services.api.env.URL',
  'services.api.env.P',
  'services.api.env.P.key',
  'services.api.ports',
  'services.api.ports.http',
  'services.api.ports.x',
  'services.api.expose.http',
  'services.api.expose.x',
  'services.api.mounts',
  'services.api.mounts./etc/api',
  'services.api.mounts./x',
  'services.api.init',
  'services.api.init[0].process',
  'services.api.init[1].name',
  'services.api.needs',
  'services.api.needs.db',
  'services.api.needs.api',
  'services.api.health',
  'services.api.health.http',
  'services.api.health.tcp',
  'services.api.health.exec',
  'services.api.health.liveness',
  'services.api.scale',
  'services.api.scale.min',
  'services.api.process',
  'services.api.process.run',
  'services.api.process.cwd',
  'services.api.dev.sync',
  'services.api.dev.restart',
  'services.api.pod',
  'services.db.pod',
  'services.api.replicas',
  'services.api.reload',
  'services.api.kubernetes.patch.x',
  'services.db.replicas',
  'services.db.singleton',
  'images.app',
  'images.app.context',
  'images.app.pre',
  'images.app.secrets.x',
  'jobs',
  'jobs.migrate',
  'jobs.db.image',
  'jobs.migrate.needs',
  'volumes.data',
  'volumes',
  'configs.app',
  'configs.app.files',
  'configs.app.files.x',
  'configs.app.literals.a',
  'secrets.db',
  'secrets.db.password',
  'certs.todo',
  'certs.todo.leaves',
  'certs.todo.names',
  'routes',
  'routes.main',
  'routes.main.host',
  'routes.main.to',
  'smoke',
  'smoke.story',
  'smoke.story.http',
  'smoke.story.http[0].post',
  'smoke.story.http[0].json',
  'smoke.story.http[0].capture',
  'smoke.story.http[1].url',
  'smoke.x.tcp',
  'smoke.x.run.image',
  'notes',
  'vars.A',
  'vars.B',
  'compose.gateway',
  'registry',
  'registries.x.host',
  'namespace',
  'isolation',
  'name',
  'stacks.data.template',
  'x.y',
]
const values = [
  '',
  '1',
  '-1',
  '3306',
  '99999',
  'true',
  'false',
  'null',
  '{}',
  '{a,b}',
  'api',
  'db',
  'app',
  'api:http',
  'api:8000',
  'local:8000',
  '2s',
  '${B}',
  '${A}',
  'x${B}',
  '${service.api.host}',
  '${service.db.port.mysql}',
  '${url.api.http}',
  '${self.port.http}',
  '${mount./etc/api}',
  '${secret.db.password}',
  '${capture.id}',
  '${',
  '${A:-${B}}',
  '$${',
  '$$',
  '../../x',
  '/etc',
  './x',
  'host.example.com/x',
  'signal:SIGHUP',
]

const flag = fc
  .record({ path: fc.constantFrom(...paths), value: fc.constantFrom(...values) })
  .map(({ path, value }) => ({
    flag: '--set' as const,
    argument: `${path}=${value}`,
  }))

test('whatever is set, the answer is a stack or located errors', { timeout: 60_000 }, async () => {
  const run = fc.asyncProperty(
    fc.array(flag, { maxLength: 3 }),
    fc.constantFrom(...targets),
    async (set, profile) => {
      const result = await resolveText(text, { set, profile, environment: {} })
      if (!result.ok) expect(result.errors.filter((error) => !error.span)).toEqual([])
      else expect(result.value.profile.target).toBe(profile)
    },
  )
  await fc.assert(run, { numRuns: 200 })
})

test('the stack itself is sound on every target', async () => {
  for (const profile of targets) {
    const result = await resolveText(text, { profile, environment: {} })
    const codes = result.ok ? [] : result.errors.map((error) => `${error.code} ${error.message}`)
    const process = ['process/missing init step static of api does not say how it runs without containers']
    expect([profile, codes]).toEqual([profile, profile === 'process' ? process : []])
  }
})
