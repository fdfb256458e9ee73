import { expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { resolvedStack } from '../stack.ts'

test('smoke: requests with bodies, captures and references', async () => {
  const stack = await resolvedStack(`
services: { api: { image: a:1, ports: { http: 80 }, expose: { http: local } } }
smoke:
  story:
    tries: 5
    http:
      - { post: "api:http/todos", json: { title: 'say "hi"', count: 1 }, capture: { id: $.id }, expect: 201 }
      - { put: "api:http/todos/\${capture.id}?x=1", json: { id: "\${capture.id}", tags: [a, "b-\${capture.id}"] }, expect: { status: [200, 204], json: { ok: true } } }
      - { get: "https://example.com/\${capture.id}", headers: { Authorization: "Bearer \${capture.id}" } }
`)
  expect(bare(stack.smoke)).toMatchInlineSnapshot(`
    [
      {
        "check": {
          "kind": "http",
          "steps": [
            {
              "body": "{"title":"say \\"hi\\"","count":1}",
              "capture": {
                "id": "$.id",
              },
              "expect": {
                "contains": [],
                "equals": undefined,
                "headers": {},
                "json": {},
                "matches": undefined,
                "status": [
                  201,
                ],
              },
              "headers": {
                "content-type": "application/json",
              },
              "method": "POST",
              "scheme": "http",
              "tls": {
                "ca": undefined,
                "client": undefined,
                "insecure": false,
              },
              "url": {
                "kind": "service",
                "path": "/todos",
                "port": "http",
                "service": "api",
              },
            },
            {
              "body": "{"id":"\${capture.id}","tags":["a","b-\${capture.id}"]}",
              "capture": {},
              "expect": {
                "contains": [],
                "equals": undefined,
                "headers": {},
                "json": {
                  "ok": true,
                },
                "matches": undefined,
                "status": [
                  200,
                  204,
                ],
              },
              "headers": {
                "content-type": "application/json",
              },
              "method": "PUT",
              "scheme": "http",
              "tls": {
                "ca": undefined,
                "client": undefined,
                "insecure": false,
              },
              "url": {
                "kind": "service",
                "path": "/todos/\${capture.id}?x=1",
                "port": "http",
                "service": "api",
              },
            },
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
              "headers": {
                "Authorization": "Bearer \${capture.id}",
              },
              "method": "GET",
              "scheme": "http",
              "tls": {
                "ca": undefined,
                "client": undefined,
                "insecure": false,
              },
              "url": {
                "kind": "absolute",
                "url": "https://example.com/\${capture.id}",
              },
            },
          ],
        },
        "name": "story",
        "timeout": 10000,
        "tries": 5,
      },
    ]
  `)
})
