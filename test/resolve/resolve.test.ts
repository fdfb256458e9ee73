import { describe, expect, test } from 'vitest'
import { variablesReport } from '../../src/resolve/variables-report.ts'
import { locationOf } from '../../src/stack/diagnostics.ts'
import { bare } from './bare.ts'
import { problemsOf, resolvedStack, resolveText, type StackOptions } from './stack.ts'

const service = async (text: string, options: StackOptions = {}, name = 'api') => {
  const found = (await resolvedStack(text, options)).services.get(name)
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}

describe('defaults', () => {
  test('a service of one line has all of them', async () => {
    expect(bare(await service('services: { api: { image: app:1, ports: { http: 80 } } }')))
      .toMatchInlineSnapshot(`
      {
        "annotations": {},
        "capabilities": {
          "add": [],
          "drop": [],
        },
        "command": undefined,
        "dev": {
          "debug": undefined,
          "exec": [],
          "restart": {
            "kind": "process",
          },
          "sync": "infer",
        },
        "entrypoint": undefined,
        "env": {},
        "envFrom": [],
        "expose": {
          "http": {
            "kind": "internal",
            "port": undefined,
          },
        },
        "external": undefined,
        "fsGroup": undefined,
        "group": undefined,
        "health": undefined,
        "hostname": undefined,
        "image": {
          "kind": "reference",
          "reference": "app:1",
        },
        "init": [],
        "isHeadless": false,
        "isOptional": false,
        "isPrivileged": false,
        "isReadOnlyRoot": false,
        "isSingleton": false,
        "labels": {},
        "mounts": [],
        "name": "api",
        "needs": [],
        "patches": {
          "compose": undefined,
          "kubernetes": undefined,
        },
        "placement": undefined,
        "pod": undefined,
        "ports": {
          "http": {
            "name": "http",
            "port": 80,
            "protocol": "tcp",
          },
        },
        "process": undefined,
        "reload": {
          "kind": "restart",
        },
        "replicas": 1,
        "resources": {
          "cpu": undefined,
          "limits": {
            "cpu": undefined,
            "memory": undefined,
          },
          "memory": undefined,
        },
        "restart": "always",
        "rules": undefined,
        "scale": undefined,
        "schedule": undefined,
        "serviceAccount": undefined,
        "spread": "node",
        "stop": {
          "grace": 10000,
          "pre": undefined,
          "signal": undefined,
        },
        "tty": false,
        "update": {
          "strategy": "rolling",
          "surge": 1,
          "timeout": 120000,
          "unavailable": 0,
        },
        "user": undefined,
        "workingDir": undefined,
        "workload": "deployment",
      }
    `)
  })

  test('so has everything else', async () => {
    const stack = await resolvedStack(`
images: { app: ./app }
services: { api: { image: app, ports: { http: 80 }, process: node main.js } }
jobs: { migrate: { image: app, command: [migrate], process: { run: [node, migrate.js], cwd: ./tools } } }
volumes: { data: {} }
configs: { app: { template: ./config/*.yaml, literals: { a: "\${project}" } }, files: { files: { x.yaml: ./y.yaml } } }
secrets: { db: { password: { generate: 24 }, root: { env: ROOT } } }
certs: { todo: { names: [api, localhost], ip: 127.0.0.1 } }
routes: { main: "api:http" }
smoke: { ping: { http: "api:80" }, port: { tcp: "api:http" }, cli: { exec: { service: api, command: [test] } } }
registries: { main: { host: "registry:5000", credentials: { env: { user: U, password: P } } } }
`)
    const { images, jobs, volumes, configs, secrets, certs, routes, smoke, registries, gateway, isolation } =
      stack
    expect(
      bare({ images, jobs, volumes, configs, secrets, certs, routes, smoke, registries, gateway, isolation }),
    ).toMatchInlineSnapshot(`
      {
        "certs": {
          "todo": {
            "days": 365,
            "leaves": {
              "todo": {
                "commonName": "todo",
                "ips": [
                  "127.0.0.1",
                ],
                "names": [
                  "api",
                  "localhost",
                ],
                "usage": "server",
              },
            },
            "name": "todo",
          },
        },
        "configs": {
          "app": {
            "name": "app",
            "sources": [
              {
                "kind": "template",
                "pattern": "/stack/config/*.yaml",
              },
              {
                "key": "a",
                "kind": "literal",
                "text": "test",
              },
            ],
          },
          "files": {
            "name": "files",
            "sources": [
              {
                "key": "x.yaml",
                "kind": "files",
                "path": "/stack/y.yaml",
              },
            ],
          },
        },
        "gateway": {
          "image": "haproxy:2.6",
          "port": 8080,
        },
        "images": {
          "app": {
            "args": {},
            "cache": true,
            "context": "/stack/app",
            "dockerfile": "/stack/app/Dockerfile",
            "name": "app",
            "naming": undefined,
            "network": undefined,
            "platforms": [],
            "pre": [],
            "pull": false,
            "registry": undefined,
            "secrets": {},
            "ssh": false,
            "tag": {
              "kind": "hash",
            },
            "target": undefined,
            "test": undefined,
          },
        },
        "isolation": "none",
        "jobs": {
          "migrate": {
            "command": [
              "migrate",
            ],
            "entrypoint": undefined,
            "env": {},
            "envFrom": [],
            "group": undefined,
            "image": {
              "image": "app",
              "kind": "built",
            },
            "isReadOnlyRoot": false,
            "mounts": [],
            "name": "migrate",
            "needs": [],
            "process": {
              "cwd": "/stack/tools",
              "env": {},
              "inputs": undefined,
              "run": [
                "node",
                "migrate.js",
              ],
            },
            "resources": {
              "cpu": undefined,
              "limits": {
                "cpu": undefined,
                "memory": undefined,
              },
              "memory": undefined,
            },
            "retries": 0,
            "run": "on-change",
            "timeout": 120000,
            "user": undefined,
            "workingDir": undefined,
          },
        },
        "registries": {
          "main": {
            "credentials": {
              "kind": "env",
              "password": "P",
              "user": "U",
            },
            "host": "registry:5000",
            "isPublic": false,
            "name": "main",
            "namespace": undefined,
          },
        },
        "routes": {
          "main": {
            "bodySize": undefined,
            "headers": {},
            "host": undefined,
            "name": "main",
            "path": "/",
            "to": {
              "port": "http",
              "service": "api",
            },
          },
        },
        "secrets": {
          "db": {
            "keys": {
              "password": {
                "source": {
                  "kind": "generate",
                  "length": 24,
                },
              },
              "root": {
                "source": {
                  "kind": "env",
                  "variable": "ROOT",
                },
              },
            },
            "name": "db",
          },
        },
        "smoke": [
          {
            "check": {
              "kind": "http",
              "steps": [
                {
                  "body": undefined,
                  "capture": {},
                  "expect": {
                    "contains": [],
                    "equals": undefined,
                    "headers": {},
                    "json": {},
                    "matches": undefined,
                    "status": [
                      200,
                    ],
                  },
                  "headers": {},
                  "method": "GET",
                  "scheme": "http",
                  "tls": {
                    "ca": undefined,
                    "client": undefined,
                    "insecure": false,
                  },
                  "url": {
                    "kind": "service",
                    "path": "/",
                    "port": "http",
                    "service": "api",
                  },
                },
              ],
            },
            "name": "ping",
            "timeout": 10000,
            "tries": 3,
          },
          {
            "check": {
              "kind": "tcp",
              "port": "http",
              "service": "api",
            },
            "name": "port",
            "timeout": 10000,
            "tries": 3,
          },
          {
            "check": {
              "command": [
                "test",
              ],
              "expect": {
                "contains": [],
                "exit": 0,
                "lastLine": undefined,
                "matches": undefined,
              },
              "kind": "exec",
              "service": "api",
              "workingDir": undefined,
            },
            "name": "cli",
            "timeout": 10000,
            "tries": 3,
          },
        ],
        "volumes": {
          "data": {
            "access": "single",
            "class": undefined,
            "keep": false,
            "name": "data",
            "restoreFrom": undefined,
            "size": undefined,
          },
        },
      }
    `)
  })
})

describe('paths', () => {
  test('start at the file that states them, whatever it is included by (S7)', async () => {
    const files = {
      'parts/db.yaml': 'images: { db: { context: ./db } }\nconfigs: { schema: { files: ../schema } }',
      'profiles/kind.yaml': 'images: { app: { context: ../app2, dockerfile: docker/Dockerfile } }',
    }
    const stack = await resolvedStack('include: ./parts/db.yaml\nimages: { app: { context: ./app } }', {
      profile: 'kind',
      files,
    })
    expect([...stack.images.values()].map((image) => [image.context, image.dockerfile])).toEqual([
      ['/stack/app2', '/stack/app2/docker/Dockerfile'],
      ['/stack/parts/db', '/stack/parts/db/Dockerfile'],
    ])
    expect(bare(stack.configs.get('schema')?.sources)).toEqual([{ kind: 'files', path: '/stack/schema' }])
    expect(stack.files).toEqual(['/stack/iamstack.yaml', '/stack/parts/db.yaml', '/stack/profiles/kind.yaml'])
  })

  test('a variable cannot lead out of the stack', async () => {
    const text = 'vars: { DIR: ../../etc }\nconfigs: { c: { files: "${DIR}/shadow" } }'
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "iamstack.yaml:3:24 error load/outside: ../../etc/shadow leads out of the stack
        2 | vars: { DIR: ../../etc }
        3 | configs: { c: { files: "\${DIR}/shadow" } }
          |                        ^^^^^^^^^^^^^^^
        hint: name the folder under \`roots\` of the stack file, or write the absolute path"
    `)
    expect(
      await problemsOf('roots: ../other\nvars: { DIR: ../other }\nconfigs: { c: { files: "${DIR}/x" } }'),
    ).toBe('')
  })

  test('~ is the home folder, where there is one', async () => {
    const text = 'secrets: { s: { k: { file: ~/key } } }'
    const stack = await resolvedStack(text, { environment: { HOME: '/home/me' } })
    expect(bare(stack.secrets.get('s')?.keys)).toEqual({
      k: { source: { kind: 'file', path: '/home/me/key' } },
    })
    expect(await problemsOf(text)).toContain('path/home')
  })
})

test('every key knows its place', async () => {
  const api = await service(
    'services:\n  api:\n    image: app:1\n    env:\n      A: x\n    mounts:\n      /etc/app.d/x: { scratch: t }\n    stop: { grace: 5s }\n',
  )
  const at = (key: string) => locationOf(api.at(key)).replace('/stack/iamstack.yaml:', '')
  expect(
    ['image', 'env.A', 'mounts./etc/app.d/x.scratch', 'stop.grace', 'health', 'stop.signal'].map(
      (key) => `${key} ${at(key)}`,
    ),
  ).toEqual([
    'image 4:12',
    'env.A 6:7',
    'mounts./etc/app.d/x.scratch 8:32',
    'stop.grace 9:20',
    'health 3:3',
    'stop.signal 3:3',
  ])
})

test('iamstack vars: value, origin and place (S2)', async () => {
  const stack = await resolvedStack(
    'vars: { B: "${A}-${service.api.host}", A: 1 }\nservices: { api: { image: "x:${TAG}" } }',
    { environment: { TAG: '7' }, vars: ['A=2'] },
  )
  expect(
    variablesReport(stack).map(
      (row) => `${row.name}=${row.value} from ${row.source}${row.place ? ` ${locationOf(row.place)}` : ''}`,
    ),
  ).toEqual([
    'A=2 from --var --var:1:1',
    'B=2-${service.api.host} from its default /stack/iamstack.yaml:2:12',
    'TAG=7 from the environment',
  ])
})

test('settings are passed on with references as written', async () => {
  const profile =
    'stacks: { data: { template: ../data.yaml } }\nservices: { db: { external: { host: "${stack.data.Endpoint}" } } }\nkubernetes: { context: "ctx-${project}" }'
  const stack = await resolvedStack('services: { db: { image: a:1 } }', {
    profile: 'kubernetes',
    files: { 'profiles/kubernetes.yaml': profile },
  })
  expect(bare(stack.settings)).toMatchObject({
    kubernetes: { value: { context: 'ctx-test' } },
    stacks: { value: { data: { template: '../data.yaml' } } },
  })
})

test('mistakes of every kind are told together', async () => {
  const text = 'vars: { A: "${NOPE}" }\nservices:\n  api: { image: "x:${GONE}" }\n  db: { image: a:1 }\n'
  const files = {
    'profiles/dev.yaml':
      'target: compose\nvars: { UNKNOWN: x }\nservices: { db: null, api: { needs: [db] } }',
  }
  const result = await resolveText(text, {
    profile: 'dev',
    files,
    vars: ['X=1'],
    set: [{ flag: '--set', argument: 'oops' }],
  })
  const errors = result.ok ? [] : result.errors
  expect(errors.map((each) => `${each.span ? locationOf(each.span) : ''} ${each.code}`))
    .toMatchInlineSnapshot(`
      [
        "--set:1:1 set/value",
        "/stack/iamstack.yaml:2:13 vars/undefined",
        "/stack/iamstack.yaml:4:20 vars/undefined",
        "/stack/profiles/dev.yaml:2:18 vars/undeclared",
        "/stack/profiles/dev.yaml:3:38 check/unknown-need",
        "--var:1:1 vars/undeclared",
      ]
    `)
})
