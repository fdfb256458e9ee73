import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/drivers/facts.ts'
import { checkProcesses } from '../../../src/drivers/process/check.ts'
import { shellCommand } from '../../../src/drivers/process/command.ts'
import { desiredProcesses } from '../../../src/drivers/process/desired.ts'
import { assignPorts } from '../../../src/drivers/process/ports.ts'
import { renderProcesses } from '../../../src/drivers/process/render.ts'
import { resolvedStack } from '../../resolve/stack.ts'

const facts: Facts = {
  images: new Map(),
  configs: new Map(),
  secrets: new Map([['db', new Map([['password', 'abc']])]]),
  certs: new Map(),
  ports: new Map([
    ['web.http', 20001],
    ['web.http#1', 20002],
    ['web.http#2', 20003],
    ['web.http#3', 20004],
  ]),
  sources: new Map([['service/web', 's1']]),
  manifests: [],
  charts: new Map(),
}
const todo = `
secrets: { db: { password: { generate: 24 } } }
volumes: { data: {}, unused: {} }
jobs: { migrate: { process: { run: ./migrate }, needs: { db: healthy } } }
services:
  db:
    external: { host: db.example.org, ports: { mysql: 3306 } }
  web:
    ports: { http: 8000 }
    replicas: 2
    health: { http: /healthz, port: http }
    needs: { db: healthy, migrate: completed }
    mounts: { /data: { volume: data } }
    env: { DB: "\${service.db.host}:\${service.db.port.mysql}", PASSWORD: { secret: db, key: password } }
    process: { run: "serve --port \${self.port.http}", cwd: . }
`

describe('desired', () => {
  it('makes resources with parts by human names and the needs of the stack', async () => {
    const resources = desiredProcesses(await resolvedStack(todo, { profile: 'process' }), facts)
    expect(
      resources.map(({ id, parts, needs, replicas }) => [
        id,
        Object.keys(parts).join(', '),
        needs.map(({ on, until }) => `${on} ${until}`).join(', '),
        replicas,
      ]),
    ).toMatchInlineSnapshot(`
      [
        [
          "volume/data",
          "kind",
          "",
          undefined,
        ],
        [
          "job/migrate",
          "run",
          "service/db healthy",
          undefined,
        ],
        [
          "service/db",
          "address",
          "",
          undefined,
        ],
        [
          "service/web",
          "run, source, env, mounts, secret db, ports, health, stop, restart-policy, replicas",
          "volume/data completed, service/db healthy, job/migrate completed",
          2,
        ],
      ]
    `)
  })

  it('is pure: the same input gives the same parts, and a moved line is no change', async () => {
    const parts = async (text: string): Promise<unknown> =>
      desiredProcesses(await resolvedStack(text, { profile: 'process' }), facts).map((each) => each.parts)
    expect(await parts(`\n\n${todo}`)).toEqual(await parts(todo))
  })
})

describe('ports', () => {
  const assigned = async (text: string, known: [string, number][], taken: readonly number[] = []) => {
    const stack = await resolvedStack(text, { profile: 'process' })
    return assignPorts(stack, new Map(), new Map(known), (port) => Promise.resolve(!taken.includes(port)))
  }

  it('are chosen below the ephemeral range, each once, the same every time', async () => {
    const { ports } = await assigned(todo, [])
    expect([...ports.keys()]).toEqual(['web.http', 'web.http#1', 'web.http#2'])
    expect(new Set(ports.values()).size).toBe(3)
    expect([...ports.values()].every((port) => port >= 20_000 && port < 32_768)).toBe(true)
    expect((await assigned(todo, [])).ports).toEqual(ports)
  })

  it('stay as they were given out, unless somebody else took one', async () => {
    const known: [string, number][] = [
      ['web.http', 21000],
      ['web.http#1', 21001],
      ['web.http#2', 21002],
      ['web.http#3', 21003],
    ]
    expect((await assigned(todo, known)).changes).toEqual([])
    const { changes, ports } = await assigned(todo, known, [21001])
    expect(changes.map(({ key, from }) => [key, from])).toEqual([['web.http#1', 21001]])
    expect(ports.get('web.http')).toBe(21000)
  })

  it('are not chosen where the file or the program fixes them', async () => {
    const fixed = `
services:
  own: { ports: { http: 8000 }, process: { run: serve } }
  fixed: { ports: { http: 8000 }, expose: { http: "local:8080" }, process: { run: "serve \${self.port.http}" } }
`
    expect([...(await assigned(fixed, [])).ports]).toEqual([])
  })
})

describe('check', () => {
  it('names every field that a process cannot be given, at its line', async () => {
    const stack = await resolvedStack(
      `
services:
  web:
    user: 1000
    read-only-root: true
    privileged: true
    capabilities: { add: [NET_ADMIN] }
    resources: { limits: { memory: 64Mi } }
    hostname: web
    ports: { http: 8000 }
    expose: { http: "load-balancer:80" }
    mounts: { /data: { bind: . }, /data/conf: { scratch: conf } }
    process: { run: serve }
`,
      { profile: 'process' },
    )
    expect(
      checkProcesses(stack)
        .map(({ code, severity, message, span }) => `${String(span?.line)} ${severity} ${code} ${message}`)
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "8 warning process/unsupported-field service web: capabilities has no effect on the process target: a process has those of the user who runs iamstack
      7 warning process/unsupported-field service web: privileged has no effect on the process target: a process has the rights of the user who runs iamstack
      10 warning process/unsupported-field service web: hostname has no effect on the process target: a process has the name of this machine
      12 warning process/unsupported-field service web: port http is reachable from this machine only
      9 warning process/unsupported-field service web: resources.limits has no effect on the process target: a process may use what the machine has
      5 warning process/unsupported-field service web: user has no effect on the process target: a process runs as the user who runs iamstack
      6 warning process/unsupported-field service web: read-only-root has no effect on the process target: a process sees the file system of this machine
      13 error process/nested-mount service web: /data/conf lies in the bind at /data and would be written into it"
    `)
  })
})

describe('render', () => {
  it('S48: lists the processes without a secret value', async () => {
    const stack = await resolvedStack(todo, { profile: 'process', root: '/stack' })
    expect(renderProcesses(desiredProcesses(stack, facts), stack)[0]?.text).toMatchInlineSnapshot(`
      "{
        "project": "test",
        "volumes": [
          "data"
        ],
        "jobs": {
          "migrate": {
            "run": [
              "/bin/sh",
              "-c",
              "exec ./migrate"
            ],
            "cwd": "/stack",
            "env": {},
            "mounts": {},
            "retries": 0,
            "timeout": 120000
          }
        },
        "services": {
          "db": {
            "external": "db.example.org",
            "ports": {
              "mysql": "3306"
            }
          },
          "web": {
            "run": [
              "/bin/sh",
              "-c",
              "exec serve --port 20002"
            ],
            "cwd": "/stack",
            "env": {
              "DB": "db.example.org:3306",
              "PASSWORD": "***"
            },
            "mounts": {
              "/data": {
                "isReadOnly": false,
                "kind": "volume",
                "volume": "data"
              }
            },
            "replicas": 2,
            "ports": {
              "http": {
                "address": 20001,
                "replicas": [
                  20002,
                  20003
                ]
              }
            },
            "init": [],
            "needs": [
              "service/db healthy",
              "job/migrate completed"
            ],
            "restart": "always",
            "stop": {
              "signal": "SIGTERM",
              "grace": 10000
            }
          }
        },
        "routes": []
      }
      "
    `)
  })
})

describe('a shell line', () => {
  it.each([
    ['node server.js --port 80', 'exec node server.js --port 80'],
    ['echo "$HOME" > out.txt', 'exec echo "$HOME" > out.txt'],
    ['A=1 node x', 'A=1 node x'],
    ['cd app && node x', 'cd app && node x'],
    ['node a; node b', 'node a; node b'],
    ['if true; then x; fi', 'if true; then x; fi'],
    ['exec node x', 'exec node x'],
    ['(node x)', '(node x)'],
  ])('S52: %s is run as %s', (line, script) => {
    expect(shellCommand(line, 'linux')).toEqual(['/bin/sh', '-c', script])
  })
})
