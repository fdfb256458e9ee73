import { describe, expect, test } from 'vitest'
import { overlay } from '../../src/resolve/overlay.ts'
import { locationOf, type Diagnostic } from '../../src/stack/diagnostics.ts'
import { mergedSchema } from '../../src/stack/language/profile.ts'
import { valueOf, type SourceNode } from '../../src/stack/node.ts'
import { expandShortForms } from '../../src/stack/schema/expand.ts'
import { parseSource } from '../../src/stack/source.ts'
import { problemsOf, resolvedStack } from './stack.ts'

async function nodeOf(file: string, text: string): Promise<SourceNode> {
  const source = await parseSource(file, text)
  if (!source.ok) throw new Error(source.errors[0]?.message)
  return expandShortForms(mergedSchema, source.value)
}

function plain(node: SourceNode | undefined): unknown {
  if (node?.kind === 'map')
    return Object.fromEntries(node.entries.map((entry) => [entry.key, plain(entry.value)]))
  return node?.kind === 'list' ? node.items.map(plain) : node?.value
}

/** The service `a` of two files laid over each other. */
async function merged(base: string, over: string): Promise<unknown> {
  const findings: Diagnostic[] = []
  const service = (text: string) => `services: { a: ${text} }`
  const node = overlay(
    mergedSchema,
    await nodeOf('base', service(base)),
    await nodeOf('over', service(over)),
    findings,
  )
  return [
    plain(valueOf(valueOf(node, 'services'), 'a')),
    ...findings.map((each) => `${each.severity} ${each.message}`),
  ]
}

describe('merging', () => {
  const table: [string, string, string, unknown][] = [
    ['scalars replace', '{ replicas: 1, user: x }', '{ replicas: 2 }', [{ replicas: 2, user: 'x' }]],
    ['lists replace', '{ command: [a, b] }', '{ command: [c] }', [{ command: ['c'] }]],
    [
      'maps merge by key',
      '{ labels: { a: 1, b: 1 } }',
      '{ labels: { b: 2, c: 2 } }',
      [{ labels: { a: 1, b: 2, c: 2 } }],
    ],
    ['null removes', '{ labels: { a: 1, b: 1 } }', '{ labels: { a: null } }', [{ labels: { b: 1 } }]],
    ['null removes a whole part', '{ health: { tcp: 80 }, user: x }', '{ health: null }', [{ user: 'x' }]],
    [
      'removing what is not there is said',
      '{ labels: { alpha: 1 } }',
      '{ labels: { alhpa: null } }',
      [{ labels: { alpha: 1 } }, 'warning null removes `alhpa`, and services.a.labels has none'],
    ],
    [
      'short forms merge with long ones',
      '{ ports: { http: 80 }, env: { A: 1 } }',
      '{ ports: { http: { protocol: udp } }, env: { B: { field: node } } }',
      [{ ports: { http: { port: 80, protocol: 'udp' } }, env: { A: { value: 1 }, B: { field: 'node' } } }],
    ],
    [
      'checks replace each other with what belongs to them, their rhythm stays',
      '{ health: { http: /healthz, port: http, every: 5s } }',
      '{ health: { exec: [check] } }',
      [{ health: { every: '5s', exec: ['check'] } }],
    ],
    [
      'a detail of the same check merges',
      '{ health: { http: /healthz, port: http } }',
      '{ health: { port: admin } }',
      [{ health: { http: '/healthz', port: 'admin' } }],
    ],
    [
      'external replaces image',
      '{ image: app:1, user: x }',
      '{ external: db.example.com }',
      [{ user: 'x', external: { host: 'db.example.com' } }],
    ],
    ['image replaces external', '{ external: db.example.com }', '{ image: app:1 }', [{ image: 'app:1' }]],
    [
      'an env value of another kind',
      '{ env: { A: { secret: s, key: k } } }',
      '{ env: { A: text } }',
      [{ env: { A: { value: 'text' } } }],
    ],
    [
      'a mount of another kind',
      '{ mounts: { /d: { volume: v, sub-path: x } } }',
      '{ mounts: { /d: { scratch: t } } }',
      [{ mounts: { '/d': { scratch: 't' } } }],
    ],
    [
      'removing one member removes no other',
      '{ health: { tcp: 80 } }',
      '{ health: { tcp: null, exec: [x] } }',
      [{ health: { exec: ['x'] } }],
    ],
  ]
  test.each(table)('%s', async (_, base, over, expected) => {
    expect(await merged(base, over)).toEqual(expected)
  })

  test('every value keeps the place where it was written', async () => {
    const base = await nodeOf('base.yaml', 'services:\n  a:\n    image: x\n    replicas: 1\n')
    const over = await nodeOf('over.yaml', 'services: { a: { replicas: 2 } }')
    const service = valueOf(valueOf(overlay(mergedSchema, base, over, []), 'services'), 'a')
    const places = ['image', 'replicas'].map((key) => valueOf(service, key)?.span)
    expect(places.map((span) => span && locationOf(span))).toEqual(['base.yaml:3:12', 'over.yaml:1:28'])
  })
})

describe('profiles', () => {
  const text = 'services: { api: { image: app:1, replicas: 1 } }'
  const replicas = async (profile: string, files: Record<string, string>) =>
    (await resolvedStack(text, { profile, files })).services.get('api')?.replicas

  test('layer from left to right, the personal files last', async () => {
    const files = {
      'profiles/a.yaml': 'target: kind\nservices: { api: { replicas: 2 } }',
      'profiles/b.yaml': 'services: { api: { replicas: 3 } }',
    }
    const personal = { ...files, 'profiles/a.local.yaml': 'services: { api: { replicas: 4 } }' }
    expect(await replicas('a,b', files)).toBe(3)
    expect(await replicas('b,a', files)).toBe(2)
    expect(await replicas('a,b,-b', files)).toBe(2)
    expect(await replicas('a,b', personal)).toBe(4)
  })

  test.each(['compose', 'docker-desktop', 'kind', 'eks', 'kubernetes'] as const)(
    '%s works without a file',
    async (target) => {
      expect((await resolvedStack(text, { profile: target })).profile).toEqual({
        names: [target],
        target,
        isProtected: false,
        ttl: undefined,
      })
    },
  )

  test('an environment refines a target (S5)', async () => {
    const files = { 'profiles/prod.yaml': 'protected: true\nttl: 8h\nnamespace: live' }
    const stack = await resolvedStack(text, { profile: 'kind,prod', files, instance: 'blue' })
    expect(stack.profile).toEqual({
      names: ['kind', 'prod'],
      target: 'kind',
      isProtected: true,
      ttl: 28_800_000,
    })
    expect([stack.project, stack.namespace]).toEqual(['test-blue', 'live-blue'])
  })

  test('two different targets are an error with both places', async () => {
    const files = { 'profiles/a.yaml': 'target: compose', 'profiles/b.yaml': 'protected: true\ntarget: kind' }
    expect(await problemsOf(text, { profile: 'a,b', files })).toMatchInlineSnapshot(`
      "profiles/b.yaml:2:9 error profile/targets: profiles a and b name different targets: compose and kind
        1 | protected: true
        2 | target: kind
          |         ^^^^
        profiles/a.yaml:1:9 a names compose
          1 | target: compose
            |         ^^^^^^^
        hint: leave one of the two out, or its \`target\`"
    `)
    expect(await problemsOf(text, { profile: 'compose,kind' })).toMatchInlineSnapshot(`
      "error profile/targets: profiles compose and kind name different targets: compose and kind
        hint: leave one of the two out, or its \`target\`"
    `)
  })

  test('an unknown profile', async () => {
    expect(await problemsOf(text, { profile: 'compsoe' })).toMatchInlineSnapshot(`
      "error load/no-profile: there is no profile compsoe
        hint: did you mean \`compose\`?"
    `)
  })

  test('what still refers to a removed service is told with its place', async () => {
    const stack = `
services:
  db: { image: db:1, ports: { sql: 3306 } }
  api: { image: app:1, ports: { http: 80 }, needs: [db], env: { HOST: "\${service.db.host}" } }
routes: { main: { to: "db:sql" } }
smoke: { ping: { tcp: "db:sql" } }
`
    expect(
      await problemsOf(stack, { profile: 'kind', files: { 'profiles/kind.yaml': 'services: { db: null }' } }),
    ).toMatchInlineSnapshot(`
      "iamstack.yaml:5:53 error check/unknown-need: there is no service or job \`db\`
        4 |   db: { image: db:1, ports: { sql: 3306 } }
        5 |   api: { image: app:1, ports: { http: 80 }, needs: [db], env: { HOST: "\${service.db.host}" } }
          |                                                     ^^
        6 | routes: { main: { to: "db:sql" } }
        profiles/kind.yaml:1:13 profile kind removes it
          1 | services: { db: null }
            |             ^^
        hint: override this in profile kind too

      iamstack.yaml:5:72 error reference/service: \${service.db.host}: there is no service \`db\`
        4 |   db: { image: db:1, ports: { sql: 3306 } }
        5 |   api: { image: app:1, ports: { http: 80 }, needs: [db], env: { HOST: "\${service.db.host}" } }
          |                                                                        ^^^^^^^^^^^^^^^^^^
        6 | routes: { main: { to: "db:sql" } }
        profiles/kind.yaml:1:13 profile kind removes it
          1 | services: { db: null }
            |             ^^
        hint: override this in profile kind too

      iamstack.yaml:6:23 error check/unknown-service: there is no service \`db\`
        5 |   api: { image: app:1, ports: { http: 80 }, needs: [db], env: { HOST: "\${service.db.host}" } }
        6 | routes: { main: { to: "db:sql" } }
          |                       ^^^^^^^^
        7 | smoke: { ping: { tcp: "db:sql" } }
        profiles/kind.yaml:1:13 profile kind removes it
          1 | services: { db: null }
            |             ^^
        hint: override this in profile kind too

      iamstack.yaml:7:23 error check/unknown-service: there is no service \`db\`
        6 | routes: { main: { to: "db:sql" } }
        7 | smoke: { ping: { tcp: "db:sql" } }
          |                       ^^^^^^^^
        profiles/kind.yaml:1:13 profile kind removes it
          1 | services: { db: null }
            |             ^^
        hint: override this in profile kind too"
    `)
  })
})
