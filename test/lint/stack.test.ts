import { expect, test } from 'vitest'
import { lint } from '../../src/lint/lint.ts'
import type { ResolvedStack } from '../../src/resolve/resolved.ts'
import { from, plainText, serviceOf, spanAt, stackOf, textOf } from '../content/stack.ts'
import { imageOf, lines } from './lint.ts'
import { factsOf } from './objects.ts'

function lintStackOf(parts: Partial<ResolvedStack>, facts = factsOf([])): string {
  return lines(lint({ stack: stackOf(parts), facts, images: [], objects: [], sources: new Map() }))
}

const quiet = {
  resources: { cpu: 1, memory: 1, limits: { cpu: 1, memory: 1 } },
}

test('secrets in the environment are told, literal ones are critical (S29)', () => {
  const env = new Map([
    ['TOKEN', { kind: 'secret', secret: 'db', key: 'token', from: spanAt(2) } as const],
    ['DB_PASSWORD', { kind: 'text', text: plainText('hunter2', from), from: spanAt(3) } as const],
    [
      'API_KEY',
      { kind: 'text', text: textOf({ kind: 'secret', secret: 'db', key: 'k' }), from: spanAt(4) } as const,
    ],
    ['PASSWORD_FILE', { kind: 'text', text: plainText('/run/x', from), from: spanAt(5) } as const],
  ])
  const images = new Map([
    ['app', imageOf('app', '/todo/app', { args: new Map([['NPM_TOKEN', 'x']]), from: spanAt(6) })],
  ])
  expect(lintStackOf({ services: new Map([['api', serviceOf('api', { ...quiet, env })]]), images }))
    .toMatchInlineSnapshot(`
    "ST001 INFO 2:1 service api: TOKEN is a secret in the environment, which every child process and crash report sees
    ST005 CRITICAL 3:1 service api: the value of DB_PASSWORD is in the stack file, for everybody to read
    ST002 CRITICAL 6:1 image app: the build argument NPM_TOKEN is kept in the history of the image"
  `)
})

test('an entrypoint that takes the place of the image’s own is told (S35)', () => {
  const facts = factsOf([], { app: 'app:1' })
  const fact = facts.images.get('app')!
  const images = new Map([
    ['app', { ...fact, defaults: { ...fact.defaults, entrypoint: ['/entrypoint.sh'] } }],
  ])
  const api = serviceOf('api', {
    ...quiet,
    image: { kind: 'built', image: 'app' },
    entrypoint: [plainText('serve', from)],
  })
  expect(lintStackOf({ services: new Map([['api', api]]) }, { ...facts, images })).toMatchInlineSnapshot(
    `"ST003 INFO 1:1 service api: /entrypoint.sh of the image does not run, because \`entrypoint\` takes its place"`,
  )
})

test('services without limits or health are told where no Kubernetes rule says it better', () => {
  const port = { name: 'http', port: 80, protocol: 'tcp', from } as const
  const services = new Map([['api', serviceOf('api', { ports: new Map([['http', port]]) })]])
  expect(lintStackOf({ services })).toMatchInlineSnapshot(`
    "ST004 WARNING 1:1 service api: may take all memory of its machine
    ST006 WARNING 1:1 service api: counts as ready as soon as it is started"
  `)
  expect(
    lintStackOf({ services, profile: { names: [], target: 'kind', isProtected: false, ttl: undefined } }),
  ).toBe('')
})

test('a config with a password is told, a template that reads a secret is not (S46)', () => {
  const file = { path: 'app.yaml', hash: '', secrets: [] }
  const facts = {
    ...factsOf([]),
    configs: new Map([
      [
        'plain',
        {
          files: [
            { ...file, content: { kind: 'text' as const, text: plainText('db:\n  password: x1\n', from) } },
          ],
        },
      ],
      [
        'key',
        {
          files: [
            {
              ...file,
              content: { kind: 'bytes' as const, bytes: Buffer.from('-----BEGIN PRIVATE KEY-----') },
            },
          ],
        },
      ],
      [
        'template',
        {
          files: [
            {
              ...file,
              secrets: [{ secret: 'db', key: 'k' }],
              content: { kind: 'text' as const, text: plainText('password: x1', from) },
            },
          ],
        },
      ],
    ]),
  }
  const configs = new Map(
    ['plain', 'key', 'template'].map((name, index) => [name, { name, sources: [], from: spanAt(index + 1) }]),
  )
  expect(lintStackOf({ configs }, facts)).toMatchInlineSnapshot(`
    "ST007 CRITICAL 1:1 config plain: app.yaml holds \`password\`, for everybody to read
    ST007 CRITICAL 2:1 config key: app.yaml holds a private key, for everybody to read"
  `)
})
