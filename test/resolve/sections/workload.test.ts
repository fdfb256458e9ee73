import { describe, expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { resolvedStack, type StackOptions } from '../stack.ts'

const service = async (text: string, options: StackOptions = {}, name = 'api') => {
  const found = (await resolvedStack(text, options)).services.get(name)
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}

describe('values of the environment', () => {
  test('are texts, as they are written (S42)', async () => {
    const { env } = await service(
      'services:\n  api:\n    image: app:1\n    env: { A: 010, B: 1.10, C: true, D: "", E: { field: pod-ip }, F: { secret: db, key: p } }\nsecrets: { db: { p: { env: P } } }',
    )
    expect(bare(env)).toMatchInlineSnapshot(`
      {
        "A": {
          "kind": "text",
          "text": "010",
        },
        "B": {
          "kind": "text",
          "text": "1.10",
        },
        "C": {
          "kind": "text",
          "text": "true",
        },
        "D": {
          "kind": "text",
          "text": "",
        },
        "E": {
          "field": "pod-ip",
          "kind": "field",
        },
        "F": {
          "key": "p",
          "kind": "secret",
          "secret": "db",
        },
      }
    `)
  })

  test('a subset of a secret is mounted read-only (S49)', async () => {
    const { mounts } = await service(
      'services: { api: { image: app:1, mounts: { /run/secrets/db/: { secret: db, keys: [p] } } } }\nsecrets: { db: { p: { env: P }, q: { env: Q } } }',
    )
    expect(bare(mounts)).toEqual([
      {
        path: '/run/secrets/db',
        isReadOnly: true,
        kind: 'secret',
        secret: 'db',
        key: undefined,
        keys: ['p'],
        mode: 0o400,
      },
    ])
  })
})
