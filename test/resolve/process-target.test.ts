import { describe, expect, test } from 'vitest'
import { problemsOf, resolvedStack, resolveText } from './stack.ts'

const onProcess = { profile: 'process' }

test('whatever does not say how it runs is told with the cure', async () => {
  const text = `
services:
  db: { image: mariadb:10.11 }
  api:
    image: app:1
    process: { run: node main.js }
    init: [{ name: static, command: [collect] }]
jobs:
  migrate: { image: app:1 }
smoke:
  suite: { run: { image: app:1 } }
`
  expect(await problemsOf(text, onProcess)).toMatchInlineSnapshot(`
    "iamstack.yaml:4:3 error process/missing: service db does not say how it runs without containers
      3 | services:
      4 |   db: { image: mariadb:10.11 }
        |   ^^
      5 |   api:
      hint: add \`process: { run: … }\`, make it \`external\`, or remove it in this profile: \`services: { db: null }\`

    iamstack.yaml:8:12 error process/missing: init step static of api does not say how it runs without containers
      7 |     process: { run: node main.js }
      8 |     init: [{ name: static, command: [collect] }]
        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      9 | jobs:
      hint: add \`process: { run: … }\` to the step, or leave it out in this profile

    iamstack.yaml:10:3 error process/missing: job migrate does not say how it runs without containers
       9 | jobs:
      10 |   migrate: { image: app:1 }
         |   ^^^^^^^
      11 | smoke:
      hint: add \`process: { run: … }\`, or remove it in this profile: \`jobs: { migrate: null }\`

    iamstack.yaml:12:3 error process/missing: smoke test suite does not say how it runs without containers
      11 | smoke:
      12 |   suite: { run: { image: app:1 } }
         |   ^^^^^
      hint: add \`process: { run: … }\`, or remove it in this profile: \`smoke: { suite: null }\`"
  `)
})

test('the cures work', async () => {
  const text =
    'services:\n  db: { image: mariadb:10.11, ports: { sql: 3306 }, mounts: { /d: data } }\n  cache: { image: redis:7 }\nvolumes: { data: {} }\n'
  const profile = 'target: process\nservices: { db: { external: db.example.com }, cache: null }'
  const stack = await resolvedStack(text, { profile: 'local', files: { 'profiles/local.yaml': profile } })
  expect([...stack.services.keys()]).toEqual(['db'])
  expect(stack.services.get('db')?.external?.host.parts).toEqual(['db.example.com'])
})

describe('paths of the container', () => {
  const service = (process: string, env = '{}') => `
services:
  api:
    process: { run: ${JSON.stringify(process)} }
    env: ${env}
    mounts: { /etc/app/api.yaml: { config: app, key: api.yaml }, /var/data: { scratch: data } }
configs: { app: { literals: { api.yaml: x } } }
`
  test('a literal mount path in a command is an error', async () => {
    expect(await problemsOf(service('serve --config /etc/app/api.yaml --data=/var/data/x'), onProcess))
      .toMatchInlineSnapshot(`
        "iamstack.yaml:5:21 error process/mount-path: /etc/app/api.yaml exists only in containers; as a process, api finds the mount elsewhere
          4 |   api:
          5 |     process: { run: "serve --config /etc/app/api.yaml --data=/var/data/x" }
            |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          6 |     env: {}
          hint: write \${mount./etc/app/api.yaml}

        iamstack.yaml:5:21 error process/mount-path: /var/data exists only in containers; as a process, api finds the mount elsewhere
          4 |   api:
          5 |     process: { run: "serve --config /etc/app/api.yaml --data=/var/data/x" }
            |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          6 |     env: {}
          hint: write \${mount./var/data}"
      `)
  })

  test.each([
    'serve ${mount./etc/app/api.yaml}',
    'serve ./var/data',
    'serve /var/database',
    'serve /opt/var/data',
  ])('%s is none', async (run) => {
    expect(await problemsOf(service(run), onProcess)).toBe('')
  })

  test('in the environment it is a warning', async () => {
    const result = await resolveText(service('serve', '{ DATA: /var/data }'), onProcess)
    expect(result.warnings.map((each) => `${each.code} ${each.hint ?? ''}`)).toEqual([
      'process/mount-path write ${mount./var/data}: on other targets it is the same path',
    ])
  })

  test('other targets have the path', async () => {
    expect(
      await problemsOf(
        service('serve --config /etc/app/api.yaml').replace('process:', 'image: app:1\n    process:'),
      ),
    ).toBe('')
  })
})

describe('replicas share one machine', () => {
  const service = (rest: string) => `services: { api: { replicas: 2, ports: { http: 8000 }, ${rest} } }`

  test('each must be told its port', async () => {
    expect(await problemsOf(service('process: { run: serve }'), onProcess)).toMatchInlineSnapshot(`
      "iamstack.yaml:2:30 error process/replicas: api has 2 replicas, and nothing tells each of them its own port
        1 | name: test
        2 | services: { api: { replicas: 2, ports: { http: 8000 }, process: { run: serve } } }
          |                              ^
        hint: pass \${self.port.http} to it, in \`process.run\` or \`process.env\`; or set \`replicas: 1\` in this profile"
    `)
  })

  test.each([
    'process: { run: "serve --port ${self.port.http}" }',
    'process: { run: serve }, env: { PORT: "${self.port.http}" }',
    'process: { run: serve, env: { PORT: "${self.port.http}" } }',
  ])('%s', async (rest) => {
    expect(await problemsOf(service(rest), onProcess)).toBe('')
  })

  test('a template may tell it; that is seen later', async () => {
    const text = `${service('process: { run: serve }, mounts: { /etc/a: { config: c } }')}\nconfigs: { c: { template: ./c.yaml } }`
    expect(await problemsOf(text, onProcess)).toBe('')
  })
})
