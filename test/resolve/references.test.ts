import { describe, expect, test } from 'vitest'
import { checkTemplateReferences } from '../../src/resolve/checks/references.ts'
import { parseTemplate } from '../../src/resolve/interpolate.ts'
import { problemsOf, resolvedStack, resolveText } from './stack.ts'

/** The codes and messages of a stack whose service `api` has one environment variable. */
async function found(value: string, rest = ''): Promise<string[]> {
  const text = `
services:
  api:
    image: app:1
    ports: { http: 8000, metrics: 9100 }
    expose: { metrics: local }
    mounts: { /etc/app: { config: app }, /data: { scratch: data } }
    env: { VALUE: ${JSON.stringify(value)} }
configs: { app: { literals: { a: x } } }
secrets: { db: { password: { generate: 24 } } }
${rest}`
  const result = await resolveText(text)
  return result.ok ? [] : result.errors.map((each) => `${each.code}: ${each.message} | ${each.hint ?? ''}`)
}

describe('references to what is there', () => {
  test.each([
    '${service.api.host}:${service.api.port.http}',
    '${self.port.http}',
    '${url.api.http}',
    '${mount./etc/app/a.yaml} ${mount./data}',
    '${secret.db.password}',
  ])('%s', async (value) => {
    expect(await found(value)).toEqual([])
  })
})

describe('references to what is not there', () => {
  const table: [string, string][] = [
    [
      '${service.apy.host}',
      'reference/service: ${service.apy.host}: there is no service `apy` | did you mean `api`?',
    ],
    [
      '${service.api.port.htpp}',
      'reference/port: ${service.api.port.htpp}: api has no port htpp | did you mean `http`?',
    ],
    [
      '${self.port.grpc}',
      'reference/port: ${self.port.grpc}: api has no port grpc | declare it under `ports`',
    ],
    [
      '${mount./etc/other}',
      'reference/mount: ${mount./etc/other}: api mounts nothing there | its mounts are /etc/app, /data',
    ],
    [
      '${mount./etc/application}',
      'reference/mount: ${mount./etc/application}: api mounts nothing there | its mounts are /etc/app, /data',
    ],
    [
      '${secret.bd.password}',
      'reference/secret: ${secret.bd.password}: there is no secret bd | did you mean `db`?',
    ],
    ['${secret.db.user}', 'reference/secret: ${secret.db.user}: secret db has no key user | it has password'],
    [
      '${capture.id}',
      'reference/capture: ${capture.id}: captures exist only in the steps of an http smoke test | ',
    ],
    [
      '${stack.data.Endpoint}',
      'reference/stack: ${stack.data.Endpoint}: there is no CloudFormation stack data | declare it under `stacks` of the profile',
    ],
  ]
  test.each(table)('%s', async (value, expected) => {
    expect(await found(value)).toEqual([expected])
  })
})

test('a secret is never shown: arguments, probes, notes, addresses', async () => {
  const text = `
services:
  api: { image: app:1, command: ["--password=\${secret.db.password}"], health: { exec: [ping, "\${secret.db.password}"] } }
  out: { external: { host: "\${secret.db.password}" } }
jobs: { seed: { image: app:1, process: { run: "seed \${secret.db.password}" } } }
secrets: { db: { password: { generate: 24 } } }
notes: "\${secret.db.password}"
`
  const result = await resolveText(text)
  const errors = result.ok ? [] : result.errors
  expect(errors.map((each) => `${String(each.span?.line)} ${each.code}`)).toEqual([
    '4 reference/secret-shown',
    '4 reference/secret-shown',
    '5 reference/secret-shown',
    '6 reference/secret-shown',
    '8 reference/secret-shown',
  ])
})

describe('addresses on this machine', () => {
  const notes = 'notes: "at ${url.api.http} and ${url.api.metrics}"'

  test('a port without exposure cannot be shown', async () => {
    expect(await found('x', notes)).toEqual([
      'reference/exposure: ${url.api.http}: api:http cannot be reached from this machine | expose it: `services: { api: { expose: { http: local } } }`',
    ])
  })

  test('a route reaches it as well; a process is always here', async () => {
    expect(await found('x', `${notes}\nroutes: { main: { host: todo.localhost, to: "api:http" } }`)).toEqual(
      [],
    )
    const text = 'services: { api: { process: { run: x }, ports: { http: 1 } } }\nnotes: "${url.api.http}"'
    expect(await problemsOf(text, { profile: 'process' })).toBe('')
  })
})

test('captures come from earlier steps', async () => {
  const text = `
services: { api: { image: app:1, ports: { http: 8000 }, expose: { http: local } } }
smoke:
  story:
    http:
      - { post: "api:http/todos", json: { title: a, tags: ["\${capture.id}"] }, capture: { id: $.id } }
      - { get: "api:http/todos/\${capture.id}", headers: { x: "\${capture.di}" } }
`
  const result = await resolveText(text)
  expect(result.ok ? [] : result.errors.map((each) => `${each.message} | ${each.hint ?? ''}`)).toEqual([
    '${capture.id}: no earlier step captures id | an earlier step must capture it: `capture: { NAME: $.path }`',
    '${capture.di}: no earlier step captures di | did you mean `id`?',
  ])
})

test('a template is checked for each who mounts it', async () => {
  const stack = await resolvedStack(`
services:
  api: { image: app:1, ports: { http: 8000 }, mounts: { /etc/app: { config: app } } }
  worker: { image: app:1, mounts: { /etc/app: { config: app } } }
configs: { app: { template: ./app.yaml } }
`)
  const template = parseTemplate(
    'port: ${self.port.http}\npeer: ${service.apii.host}\n',
    '/stack/app.yaml',
    stack.scope,
  )
  if (!template.ok) throw new Error('the template is sound')
  expect(checkTemplateReferences(stack, template.value, 'api').map((each) => each.message)).toEqual([
    '${service.apii.host}: there is no service `apii`',
  ])
  expect(checkTemplateReferences(stack, template.value, 'worker').map((each) => each.message)).toEqual([
    '${self.port.http}: worker has no port http',
    '${service.apii.host}: there is no service `apii`',
  ])
})

test('whoever mounts other files of the config does not read this one', async () => {
  const stack = await resolvedStack(`
services:
  api: { image: app:1, ports: { http: 8000 }, mounts: { /etc/api.yaml: { config: app, key: api.yaml } } }
  worker: { image: app:1, mounts: { /etc/app: { config: app, keys: [worker.yaml, own] } } }
configs: { app: { template: ./config/*.yaml, literals: { own: x, other: "\${self.port.http}" } } }
`)
  const template = parseTemplate('port: ${self.port.http}', '/stack/config/api.yaml', stack.scope)
  if (!template.ok) throw new Error('the template is sound')
  expect(checkTemplateReferences(stack, template.value, 'api')).toEqual([])
  expect(checkTemplateReferences(stack, template.value, 'worker')).toEqual([])
})
