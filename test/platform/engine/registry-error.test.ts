import { expect, test } from 'vitest'
import { parseImageReference } from '../../../src/platform/engine/references.ts'
import { classifyRegistryFailure, pullError } from '../../../src/platform/engine/registry-error.ts'

test.each([
  ['not-found', 404, 'manifest for redis:nope not found: manifest unknown: manifest unknown'],
  ['not-found', 500, 'manifest unknown'],
  ['not-found', 404, 'no matching manifest for linux/arm64/v8 in the manifest list entries'],
  [
    'denied',
    404,
    "pull access denied for acme/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  ['denied', 500, 'Head "https://r.example/v2/api/manifests/1": no basic auth credentials'],
  ['denied', 500, 'Get "https://ghcr.io/v2/x/manifests/1": unauthorized: authentication required'],
  ['denied', 500, 'error parsing HTTP 403 response body: unexpected end of JSON input: ""'],
  ['network', 500, 'Get "https://r.example/v2/": dial tcp: lookup r.example on 10.0.0.2:53: no such host'],
  [
    'network',
    500,
    'Get "https://r.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  ['network', 500, 'Get "https://r.example/v2/": net/http: TLS handshake timeout'],
  ['network', 500, 'dial tcp 10.1.2.3:443: connect: connection refused'],
  ['network', 500, 'toomanyrequests: You have reached your pull rate limit'],
  ['network', undefined, 'unexpected EOF'],
  ['failed', 500, 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device'],
  ['failed', 500, 'Get "https://r.example/v2/": http: server gave HTTP response to HTTPS client'],
] as const)('%s: %s %s', (failure, status, words) => {
  expect(classifyRegistryFailure(status, words)).toBe(failure)
})

test('a network failure names both readings', () => {
  const error = pullError('network', 'r.exmaple/api:1', 'no such host')
  expect([error.message, error.hint, ...error.evidence]).toMatchInlineSnapshot(`
    [
      "r.exmaple could not be reached for r.exmaple/api:1, three times in a row",
      "either this network (or the registry) is down for the moment, or "r.exmaple" is not the right name",
      "no such host",
    ]
  `)
})

test.each([
  ['redis', 'docker.io redis latest'],
  ['redis:7', 'docker.io redis 7'],
  ['acme/api', 'docker.io acme/api latest'],
  ['localhost/api:1', 'localhost localhost/api 1'],
  ['localhost:5001/a/b', 'localhost:5001 localhost:5001/a/b latest'],
  ['ghcr.io/a/b:2@sha256:00', 'ghcr.io ghcr.io/a/b sha256:00'],
])('%s is %s', (text, parts) => {
  const { registry, name, version } = parseImageReference(text)
  expect(`${registry} ${name} ${version}`).toBe(parts)
})
