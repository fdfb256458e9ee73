import { expect, test } from 'vitest'
import {
  canonicalName,
  fullReference,
  mirrorRepository,
  ownRepository,
  tagInRegistry,
} from '../../src/clusters/images/names.ts'
import { foreignRegistries, ownImages } from '../../src/clusters/own-images.ts'
import { resolvedStack } from '../resolve/stack.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['redis', 'docker.io/library/redis:latest', 'mirror/docker.io/library/redis', 'latest'],
  ['redis:7', 'docker.io/library/redis:7', 'mirror/docker.io/library/redis', '7'],
  ['me/api:1', 'docker.io/me/api:1', 'mirror/docker.io/me/api', '1'],
  ['index.docker.io/library/redis:7', 'docker.io/library/redis:7', 'mirror/docker.io/library/redis', '7'],
  ['localhost:5001/a/b:2', 'localhost:5001/a/b:2', 'mirror/localhost_5001/a/b', '2'],
  ['localhost/a', 'localhost/a:latest', 'mirror/localhost/a', 'latest'],
  [`ghcr.io/a/b@${digest}`, `ghcr.io/a/b@${digest}`, 'mirror/ghcr.io/a/b', `sha256-${'a'.repeat(64)}`],
  [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`, 'mirror/ghcr.io/a/b', `sha256-${'a'.repeat(64)}`],
])('%s', (reference, canonical, repository, tag) => {
  const full = fullReference(reference)
  expect([canonicalName(reference), mirrorRepository(full), tagInRegistry(full)]).toEqual([
    canonical,
    repository,
    tag,
  ])
})

test('images of the stack are told from those of others, whatever their tag', async () => {
  const stack = await resolvedStack(`name: shop
registries: { main: { host: ghcr.io, namespace: me } }
images:
  api: .
  web: { context: ., registry: main }
services:
  api: { image: api }
  web: { image: web }
  cache: { image: "redis:7" }
  queue: { image: "example.com:5000/some/queue:1" }
`)
  const isOwn = ownImages(stack)
  const references = ['shop/api:1', 'ghcr.io/me/web:abc', 'redis:7', 'shop/other:1', 'example.com/shop/api:1']
  expect(references.filter(isOwn)).toEqual(['shop/api:1', 'ghcr.io/me/web:abc'])
  expect(foreignRegistries(stack).join(' ')).toMatchInlineSnapshot(
    `"docker.io example.com:5000 gcr.io ghcr.io mcr.microsoft.com public.ecr.aws quay.io registry.k8s.io"`,
  )
  expect([
    ownRepository(fullReference('shop/api:1')),
    ownRepository(fullReference('ghcr.io/me/web:1')),
  ]).toEqual(['shop/api', 'ghcr.io/me/web'])
})
