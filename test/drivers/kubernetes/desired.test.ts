import { describe, expect, test } from 'vitest'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { wholeFacts, wholeStack } from '../compose/stacks.ts'
import type { Given } from '../compose/setup.ts'
import { desiredOf, listed, objectsOf } from './desired-setup.ts'
import { everyFact, everyField } from './desired-stacks.ts'

type Parts = KubeResource['parts']

async function partsOf(id: string, yaml: string, given?: Given): Promise<Parts> {
  return (await desiredOf(yaml, given)).find((resource) => resource.id === id)?.parts ?? {}
}

/** Names of the parts that differ between two versions of a resource. */
function different(before: Parts, after: Parts): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name]).sort()
}

describe('parts', () => {
  test('the same input gives the same resources', async () => {
    const [one, other] = await Promise.all([
      desiredOf(everyField, everyFact),
      desiredOf(everyField, everyFact),
    ])
    expect(one.map(({ parts }) => parts)).toEqual(other.map(({ parts }) => parts))
    expect(objectsOf(one)).toEqual(objectsOf(other))
  })

  test('a change is told by the part that it is in', async () => {
    const edits: [string, string][] = [
      [
        'image: registry.example.com/team/web:1\n    entrypoint',
        'image: registry.example.com/team/web:2\n    entrypoint',
      ],
      ['[serve,', '[work,'],
      ['PLAIN: "a', 'PLAIN: "b'],
      ['postgres://todo', 'postgres://other'],
      ['metrics: { port: 9100 }', 'metrics: { port: 9200 }'],
      ['load-balancer:80"', 'load-balancer:81"'],
      ['/healthz', '/ready'],
      ['replicas: 2', 'replicas: 3'],
      ['memory: 512Mi', 'memory: 600Mi'],
      ['user: 1000\n    group: 2000', 'user: 1001\n    group: 2000'],
      ['fs-group: 3000', 'fs-group: 3001'],
      ['command: [prepare]', 'command: [prepares]'],
      ['grace: 25s', 'grace: 26s'],
      ['surge: 2', 'surge: 3'],
      ['os: linux', 'os: other'],
      ['verbs: [get, list]', 'verbs: [get]'],
      ['tier: front', 'tier: back'],
      ['prometheus.io/scrape: true', 'prometheus.io/scrape: false'],
      ['minReadySeconds: 1', 'minReadySeconds: 2'],
      ['priorityClassName: system', 'priorityClassName: my-system'],
      ['hostname: web-1', 'hostname: web-2'],
    ]
    const before = await partsOf('service/web', everyField, everyFact)
    const lines = []
    for (const [from, to] of edits) {
      expect(everyField).toContain(from)
      const after = await partsOf('service/web', everyField.replace(from, to), everyFact)
      lines.push(`${to.split('\n')[0] ?? ''}: ${different(before, after).join(', ')}`)
    }
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      image: registry.example.com/team/web:2: image, init
      [work,: command
      PLAIN: "b: env, init
      postgres://other: env
      metrics: { port: 9200 }: expose, network, ports, service
      load-balancer:81": expose
      /ready: health
      replicas: 3: 
      memory: 600Mi: init, resources
      user: 1001: init, security
      fs-group: 3001: user pod
      command: [prepares]: init
      grace: 26s: stop pod
      surge: 3: update
      os: other: placement
      verbs: [get]: rules
      tier: back: labels
      prometheus.io/scrape: false: annotations
      minReadySeconds: 2: update
      priorityClassName: my-system: options
      hostname: web-2: options
      "
    `)
  })

  test('a changed secret or file reaches exactly those who read it (S44, S51)', async () => {
    const readers = async (given: Given): Promise<string[]> => {
      const [before, after] = await Promise.all([
        desiredOf(everyField, everyFact),
        desiredOf(everyField, given),
      ])
      return after.flatMap(({ id, parts }) => {
        const old = before.find((each) => each.id === id)?.parts
        const names = Object.keys(parts).filter((name) => parts[name] !== old?.[name])
        return names.length > 0 ? [`${id}: ${names.join(', ')}`] : []
      })
    }
    const root = { ...everyFact, secrets: { db: { password: 'p', root: 'changed' } } }
    expect(await readers(root)).toMatchInlineSnapshot(`
      [
        "secret/db: key root",
        "job/migrate: secret db",
        "service/web: secret db",
      ]
    `)
    const app = everyFact.configs?.['app'] ?? {}
    expect(await readers({ ...everyFact, configs: { ...everyFact.configs, app: { ...app, dsn: 'y' } } }))
      .toMatchInlineSnapshot(`
      [
        "config/app: file dsn",
        "service/web: env, init, volumes, config app",
      ]
    `)
    expect(await readers({ ...everyFact, configs: { ...everyFact.configs, app: { ...app, level: 'warn' } } }))
      .toMatchInlineSnapshot(`
      [
        "config/app: file level",
        "service/web: config app",
        "service/course: config app",
      ]
    `)
  })

  test('an update is in place, but for what the API refuses to change', async () => {
    const resources = await desiredOf(everyField, everyFact)
    const fixed = resources.flatMap(({ id, parts, updates }) =>
      Object.keys(parts).flatMap((part) => (updates[part] === 'update' ? [] : [`${id} ${part}`])),
    )
    expect(fixed).toMatchInlineSnapshot(`
      [
        "volume/data access",
        "volume/shared access",
        "job/migrate image",
        "job/migrate command",
        "job/migrate env",
        "job/migrate mounts",
        "job/migrate security",
        "job/migrate options",
        "job/migrate volumes",
        "job/migrate user pod",
        "job/migrate service-account",
        "job/migrate labels",
        "job/migrate update",
        "job/migrate secret db",
        "job/migrate volume data",
        "job/migrate run: always",
        "service/web workload",
        "service/db headless",
        "service/db workload",
        "service/queue workload",
        "service/agent workload",
        "service/nightly workload",
        "service/scaled workload",
        "service/course workload",
        "service/elsewhere address-type",
        "service/by-address address-type",
        "service/no-ports workload",
      ]
    `)
  })

  test('another kind of workload and another kind of address are replacements', async () => {
    const stack = (fields: string) => `services: { a: { image: x:1, ports: { p: 80 }, ${fields} } }`
    const edit = async (fields: string) =>
      different(await partsOf('service/a', stack('user: 1')), await partsOf('service/a', stack(fields)))
    expect(await edit('user: 1, workload: stateful')).toContain('workload')
    expect(await edit('user: 1, headless: true')).toEqual(['headless', 'service'])
  })

  test('the number of replicas changes neither a policy nor a pod (S94)', async () => {
    const more = everyField.replaceAll('replicas: 2', 'replicas: 5')
    const [before, after] = await Promise.all([desiredOf(everyField, everyFact), desiredOf(more, everyFact)])
    const withoutReplicas = (resources: readonly KubeResource[]) =>
      objectsOf(resources).map(({ object }) => JSON.stringify(object).replace(/"replicas":\d+,/, ''))
    expect(withoutReplicas(after)).toEqual(withoutReplicas(before))
  })

  test('a label changes pods, never what they are selected by (S95)', async () => {
    const selectors = async (yaml: string) =>
      objectsOf(await desiredOf(yaml), 'service/a').map(
        ({ object }) => (object['spec'] as Record<string, unknown>)['selector'],
      )
    const stack = (label: string) =>
      `services: { a: { image: x:1, ports: { p: 80 }, labels: { tier: ${label} } } }`
    expect(await selectors(stack('one'))).toEqual(await selectors(stack('two')))
  })
})

test('a whole stack, told by its resources', async () => {
  expect(listed(await desiredOf(wholeStack, wholeFacts as Given))).toMatchInlineSnapshot(`
    "
    image/app  []
    namespace/todo  []
    volume/data  [namespace/todo started]
    config/app  [namespace/todo started]
    secret/db  [namespace/todo started]
    cert/todo  [namespace/todo started]
    job/migrate  [image/app completed, namespace/todo started, service/db healthy]
    service/db  [namespace/todo started, secret/db started, volume/data started]
    service/api  [image/app completed, namespace/todo started, config/app started, secret/db started, cert/todo started, service/db healthy, job/migrate completed]
    route/app  [namespace/todo started, service/api started]
    "
  `)
})
