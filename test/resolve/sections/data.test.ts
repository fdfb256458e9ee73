import { describe, expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { problemsOf, resolvedStack } from '../stack.ts'

describe('certificates', () => {
  test('one authority, several leaves', async () => {
    const stack = await resolvedStack(`
services: { api: { image: a:1, ports: { https: 8443 }, expose: { https: local } } }
certs: { iam: { days: 30, leaves: { iam-apiserver: { names: [iam-apiserver, localhost], ip: [127.0.0.1] }, admin: { usage: client, common-name: admin@iam } } } }
smoke: { tls: { http: { url: "api:https/healthz", scheme: https, tls: { ca: iam, client: { cert: iam, leaf: admin } } } } }
`)
    expect(bare(stack.certs.get('iam'))).toMatchInlineSnapshot(`
      {
        "days": 30,
        "leaves": {
          "admin": {
            "commonName": "admin@iam",
            "ips": [],
            "names": [],
            "usage": "client",
          },
          "iam-apiserver": {
            "commonName": "iam-apiserver",
            "ips": [
              "127.0.0.1",
            ],
            "names": [
              "iam-apiserver",
              "localhost",
            ],
            "usage": "server",
          },
        },
        "name": "iam",
      }
    `)
  })

  test('a cert with several leaves leaves no choice to us', async () => {
    const text = `
services: { api: { image: a:1, ports: { https: 8443 }, expose: { https: local } } }
certs: { iam: { names: [x], leaves: { a: {}, b: {} } } }
smoke: { tls: { http: { url: "api:https", tls: { client: { cert: iam } } } } }
`
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "iamstack.yaml:4:17 error cert/leaves: iam has \`leaves\`, so names, ip and usage belong to each of them
        3 | services: { api: { image: a:1, ports: { https: 8443 }, expose: { https: local } } }
        4 | certs: { iam: { names: [x], leaves: { a: {}, b: {} } } }
          |                 ^^^^^
        5 | smoke: { tls: { http: { url: "api:https", tls: { client: { cert: iam } } } } }
        hint: move it under a leaf

      iamstack.yaml:5:66 error smoke/leaf: iam has several leaves
        4 | certs: { iam: { names: [x], leaves: { a: {}, b: {} } } }
        5 | smoke: { tls: { http: { url: "api:https", tls: { client: { cert: iam } } } } }
          |                                                                  ^^^
        hint: write \`leaf:\` with one of a, b"
    `)
  })
})
