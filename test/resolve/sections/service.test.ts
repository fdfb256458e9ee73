import { describe, expect, test } from 'vitest'
import { bare } from '../bare.ts'
import { problemsOf, resolvedStack, type StackOptions } from '../stack.ts'

const service = async (text: string, options: StackOptions = {}, name = 'api') => {
  const found = (await resolvedStack(text, options)).services.get(name)
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}

describe('external services', () => {
  test('nothing of them runs, and what only they used is not made', async () => {
    const text = `
services:
  db:
    image: mariadb:10.11
    ports: { mysql: 3306, admin: 33060 }
    mounts: { /var/lib/mysql: data, /init: { config: schema }, /shared: shared }
    health: { tcp: mysql }
    init: [{ name: x, command: [y] }]
    needs: [api]
  api: { image: app:1, mounts: { /shared: shared }, env: { PORT: "\${service.db.port.mysql}" } }
volumes: { data: {}, shared: {}, other: {} }
configs: { schema: { files: ./schema } }
`
    const files = {
      'profiles/eks.yaml': 'services: { db: { external: { host: db.example.com, ports: { mysql: 3307 } } } }',
    }
    const stack = await resolvedStack(text, { profile: 'eks', files })
    const db = stack.services.get('db')
    expect(
      bare({
        external: db?.external,
        image: db?.image,
        mounts: db?.mounts,
        health: db?.health,
        needs: db?.needs,
      }),
    ).toEqual({
      external: { host: 'db.example.com', ports: { mysql: '3307', admin: '33060' } },
      image: undefined,
      mounts: [],
      health: undefined,
      needs: [],
    })
    expect([[...stack.volumes.keys()], [...stack.configs.keys()]]).toEqual([['shared', 'other'], []])
  })
})

describe('singletons (S102)', () => {
  test('stop before their successor starts, and have one address', async () => {
    const one = await service('services: { api: { image: a:1, singleton: true, workload: stateful } }')
    expect([one.update.strategy, one.isHeadless]).toEqual(['recreate', true])
  })

  test('refuse replicas from wherever they come', async () => {
    const text = 'services: { api: { image: a:1, singleton: true } }'
    expect(
      await problemsOf(text, {
        set: [{ flag: '--set', argument: 'services.api.replicas=2,services.api.update=rolling' }],
      }),
    ).toMatchInlineSnapshot(`
      "--set:1:23 error check/singleton: \`api\` is a singleton and cannot have 2 replicas
        hint: remove \`singleton\`, or leave \`replicas\` at 1

      --set:1:45 error service/singleton: api is a singleton: a rolling update would run two of it
        hint: leave \`strategy\` out, or remove \`singleton\`"
    `)
  })
})
