import { describe, expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { problemsOf, resolvedStack } from '../stack.ts'

describe('exposure', () => {
  const text = `
services:
  api:
    image: app:1
    ports: { http: 8000, admin: 9000, metrics: 9100, grpc: 9200 }
    expose: { http: local:80, admin: node:30443, metrics: load-balancer:443, grpc: todo.localhost/grpc }
routes: { main: { host: todo.localhost, to: "api:8000" } }
`
  test('a host or path is a route', async () => {
    const stack = await resolvedStack(text)
    expect(bare(stack.services.get('api')?.expose)).toEqual({
      http: { kind: 'local', port: 80 },
      admin: { kind: 'node', port: 30443 },
      metrics: { kind: 'load-balancer', port: 443 },
      grpc: { kind: 'internal', port: undefined },
    })
    expect(bare(stack.routes)).toMatchObject({
      main: { host: 'todo.localhost', path: '/', to: { service: 'api', port: 'http' } },
      'api-grpc': { host: 'todo.localhost', path: '/grpc', to: { service: 'api', port: 'grpc' } },
    })
  })

  test('an instance has ports and hosts of its own (S6)', async () => {
    const stack = await resolvedStack(text, { instance: 'blue' })
    expect([stack.project, stack.namespace]).toEqual(['test-blue', 'test-blue'])
    expect([...(stack.services.get('api')?.expose.values() ?? [])].map((each) => each.port)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect([...stack.routes.values()].map((route) => route.host)).toEqual([
      'blue.todo.localhost',
      'blue.todo.localhost',
    ])
    const onEks = await resolvedStack(text, { instance: 'blue', profile: 'eks' })
    expect(onEks.services.get('api')?.expose.get('metrics')?.port).toBe(443)
  })

  test('an instance must have a usable name', async () => {
    expect(await problemsOf(text, { instance: 'Blue_1' })).toMatchInlineSnapshot(`
      "--instance:1:1 error resolve/instance: “Blue_1” cannot name an instance
        hint: lower-case letters, digits and dashes only"
    `)
  })

  test('two services cannot have one port of the host (S74)', async () => {
    const twice =
      'services:\n  a: { image: a:1, ports: { http: 80 }, expose: { http: local:8000 } }\n  b: { image: a:1, ports: { http: 80 }, expose: { http: load-balancer:8000 } }\n'
    expect(await problemsOf(twice)).toContain('port 8000 is already taken by `a:http`')
  })

  test('the gateway has its port too (S74)', async () => {
    const text =
      'services: { a: { image: a:1, ports: { http: 80 }, expose: { http: local:8080 } } }\nroutes: { main: "a:http" }'
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "iamstack.yaml:2:67 error expose/gateway-port: port 8080 is taken by the gateway, which serves the routes
        1 | name: test
        2 | services: { a: { image: a:1, ports: { http: 80 }, expose: { http: local:8080 } } }
          |                                                                   ^^^^^^^^^^
        3 | routes: { main: "a:http" }
        iamstack.yaml:3:11 route main
          2 | services: { a: { image: a:1, ports: { http: 80 }, expose: { http: local:8080 } } }
          3 | routes: { main: "a:http" }
            |           ^^^^
        hint: choose another, or move the gateway in a profile: \`compose: { gateway: { port: … } }\`"
    `)
    expect(await problemsOf(text, { profile: 'kind' })).toBe('')
  })
})
