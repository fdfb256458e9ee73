import { describe, expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { problemsOf, resolvedStack, type StackOptions } from '../stack.ts'

const service = async (text: string, options: StackOptions = {}, name = 'api') => {
  const found = (await resolvedStack(text, options)).services.get(name)
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}

describe('health', () => {
  const health = async (written: string) =>
    bare(
      (
        await service(
          `services: { api: { image: app:1, ports: { http: 8000, admin: 9000 }, health: ${written} } }`,
        )
      ).health,
    )

  test('one block makes three probes', async () => {
    expect(await health('{ http: healthz, port: 8000, every: 5s, retries: 2, start-period: 1m }'))
      .toMatchInlineSnapshot(`
      {
        "liveness": {
          "check": {
            "headers": {},
            "kind": "http",
            "path": "/healthz",
            "port": "http",
            "scheme": "http",
          },
          "every": 5000,
          "retries": 6,
          "timeout": 3000,
        },
        "readiness": {
          "check": {
            "headers": {},
            "kind": "http",
            "path": "/healthz",
            "port": "http",
            "scheme": "http",
          },
          "every": 5000,
          "retries": 2,
          "timeout": 3000,
        },
        "startPeriod": 60000,
        "startup": {
          "check": {
            "headers": {},
            "kind": "http",
            "path": "/healthz",
            "port": "http",
            "scheme": "http",
          },
          "every": 5000,
          "retries": 12,
          "timeout": 3000,
        },
      }
    `)
  })

  test('each can be refined or left out', async () => {
    const written =
      '{ http: /healthz, port: http, liveness: { port: admin, retries: 10 }, startup: false, readiness: { tcp: admin } }'
    expect(await health(written)).toMatchInlineSnapshot(`
      {
        "liveness": {
          "check": {
            "headers": {},
            "kind": "http",
            "path": "/healthz",
            "port": "admin",
            "scheme": "http",
          },
          "every": 2000,
          "retries": 10,
          "timeout": 3000,
        },
        "readiness": {
          "check": {
            "kind": "tcp",
            "port": "admin",
          },
          "every": 2000,
          "retries": 3,
          "timeout": 3000,
        },
        "startPeriod": 30000,
        "startup": undefined,
      }
    `)
    expect(await health('{ exec: [ok], liveness: false, start-period: 0s }')).toMatchObject({
      liveness: undefined,
      startup: undefined,
    })
  })

  test('a number must be that of a declared port', async () => {
    expect(await problemsOf('services: { api: { image: app:1, ports: { http: 80 }, health: { tcp: 81 } } }'))
      .toMatchInlineSnapshot(`
        "iamstack.yaml:2:70 error port/undefined: api has no port 81
          1 | name: test
          2 | services: { api: { image: app:1, ports: { http: 80 }, health: { tcp: 81 } } }
            |                                                                      ^^
          hint: declare it: \`ports: { NAME: 81 }\`"
      `)
  })
})
