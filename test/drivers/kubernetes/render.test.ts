import { expect, test } from 'vitest'
import { render } from '../../../src/drivers/kubernetes/render.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { desiredIn } from './desired-setup.ts'
import { everyFact, everyField } from './desired-stacks.ts'

async function rendered() {
  const stack = await resolvedStack(everyField, { profile: 'kind' })
  return { stack, files: render(desiredIn(stack, everyFact, 'kind'), stack) }
}

test('a file for each resource, in an order in which all can be made (S9)', async () => {
  const { files } = await rendered()
  expect(files.map(({ path }) => path)).toMatchInlineSnapshot(`
    [
      "0-namespace.every.yaml",
      "1-cert.web.yaml",
      "1-config.app.yaml",
      "1-config.flags.yaml",
      "1-config.folder.yaml",
      "1-network.default-deny.yaml",
      "1-secret.db.yaml",
      "1-volume.data.yaml",
      "1-volume.shared.yaml",
      "2-job.migrate.yaml",
      "3-service.agent.yaml",
      "3-service.by-address.yaml",
      "3-service.course.yaml",
      "3-service.db.yaml",
      "3-service.edge.yaml",
      "3-service.elsewhere.yaml",
      "3-service.nightly.yaml",
      "3-service.no-ports.yaml",
      "3-service.queue.yaml",
      "3-service.scaled.yaml",
      "3-service.web.yaml",
      "4-route.any.yaml",
      "4-route.app.yaml",
    ]
  `)
  expect((await rendered()).files).toEqual(files)
})

test('secrets are keys and placeholders, whatever they are made of', async () => {
  const { files } = await rendered()
  const text = files.map((file) => file.text).join('---\n')
  const data = text.split('---\n').flatMap((document) => {
    const [, found] = /\nstringData:\n([^]*)$/.exec(document) ?? []
    return found === undefined ? [] : [found.trimEnd()]
  })
  expect(data.join('\n')).toMatchInlineSnapshot(`
    "  .dockerconfigjson: "{\\"auths\\":{\\"registry.example.com\\":{\\"auth\\":\\"***\\"}}}"
      ca.crt: "***"
      server.crt: "***"
      server.key: "***"
      client.crt: "***"
      client.key: "***"
      dsn: "x***@db"
      password: "***"
      root: "***"
      DSN: "db:***"
      URL: "postgres://todo:***@db:5432/todo"
      prepare.DSN: "x***""
  `)
})

test('a chart is its values and the command that installs it', async () => {
  const stack = await resolvedStack('services: { a: { image: "x:1" } }', { profile: 'kind' })
  const from = { file: stack.file, line: 1, column: 1, length: 1 }
  const chart: KubeResource = {
    id: 'chart/redis',
    kind: 'chart',
    name: 'redis',
    spec: {
      kind: 'chart',
      chart: {
        name: 'redis',
        chart: { kind: 'repo', source: 'https://charts.example.com', chart: 'redis' },
        version: '1.2.3',
        values: {
          auth: { enabled: false },
          replicas: 0,
          list: [1, 'two', null],
          version: '1.20',
          switch: 'on',
          fraction: '.5',
        },
        hash: undefined,
        from,
      },
    },
    parts: {},
    updates: {},
    needs: [],
    replicas: undefined,
    timeout: 1,
    holdsData: undefined,
    from,
  }
  const [file] = render([chart], stack)
  expect(`${file?.path ?? ''}\n${file?.text ?? ''}`).toMatchInlineSnapshot(`
    "charts/redis.values.yaml
    # helm upgrade --install redis redis --repo https://charts.example.com --version 1.2.3 --namespace test --values FILE
    auth:
      enabled: false
    replicas: 0
    list:
      - 1
      - two
      - null
    version: "1.20"
    switch: "on"
    fraction: ".5"
    "
  `)
})
