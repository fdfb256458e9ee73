import { describe, expect, test } from 'vitest'
import { check } from '../../../src/drivers/compose/check.ts'
import { desiredResources } from '../../../src/drivers/compose/desired/desired.ts'
import { specOf } from '../../../src/drivers/compose/desired/spec.ts'
import { resolvedStack, type StackOptions } from '../../resolve/stack.ts'
import { factsOf, type Given } from './setup.ts'
import { wholeFacts, wholeStack } from './stacks.ts'

async function desired(yaml: string, given: Given = {}, options: StackOptions = {}) {
  const stack = await resolvedStack(yaml, options)
  return desiredResources(stack, factsOf(stack, given))
}

async function partsOf(yaml: string, id: string, given: Given = {}) {
  return (await desired(yaml, given)).find((resource) => resource.id === id)?.parts ?? {}
}

/** Names of the parts that differ between two versions of a stack. */
async function changed(id: string, before: [string, Given?], after: [string, Given?]): Promise<string[]> {
  const [one, other] = await Promise.all([partsOf(before[0], id, before[1]), partsOf(after[0], id, after[1])])
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].filter((name) => one[name] !== other[name]).sort()
}

describe('desired', () => {
  test('a stack as resources, each with what it needs', async () => {
    const lines = (await desired(wholeStack, wholeFacts)).map(
      ({ id, needs, parts }) =>
        `${id}  [${needs.map(({ on, until }) => `${on} ${until}`).join(', ')}]  ${Object.keys(parts).join(', ')}`,
    )
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      image/mariadb:10.11  []  
      image/app  []  inputs
      image/haproxy:2.6  []  
      network/default  []  
      volume/data  []  
      job/migrate  [image/app completed, network/default started, service/db healthy]  image, command, env, restart, network, volume data
      service/db  [image/mariadb:10.11 completed, network/default started, volume/data started]  image, env, ports, health, stop, restart, network, mounts, secret db
      service/api  [image/app completed, network/default started, service/db healthy, job/migrate completed]  image, entrypoint, command, env, ports, health, user, stop, restart, resources, security, network, mounts, init, cert todo, config app, secret db
      gateway/main  [image/haproxy:2.6 completed, network/default started, service/api started]  image, ports, network, program, routes, servers
      "
    `)
  })

  test('the same input gives the same resources', async () => {
    const [one, other] = await Promise.all([desired(wholeStack, wholeFacts), desired(wholeStack, wholeFacts)])
    expect(one.map(({ parts }) => parts)).toEqual(other.map(({ parts }) => parts))
  })

  test('a change is told by the part that it is in', async () => {
    const edit = (from: string, to: string): Promise<string[]> =>
      changed('service/api', [wholeStack, wholeFacts], [wholeStack.replace(from, to), wholeFacts])
    expect(await edit('DB: todo', 'DB: other')).toEqual([])
    expect(await edit('[serve,', '[work,')).toEqual(['command'])
    expect(await edit('mysql: 3306', 'mysql: 3307')).toEqual(['config app', 'env'])
    expect(await edit('/healthz', '/ready')).toEqual(['health'])
    expect(await edit('replicas: 2', 'replicas: 3')).toEqual([])
    expect(await edit('cpu: 250m', 'cpu: 300m')).toEqual(['resources'])
    expect(await edit('[manage, collectstatic]', '[manage, check]')).toEqual(['init'])
    const given = (over: Partial<Given>): [string, Given] => [wholeStack, { ...wholeFacts, ...over }]
    const secret = given({ secrets: { db: { password: 'changed', root: 'r' } } })
    expect(await changed('service/api', [wholeStack, wholeFacts], secret)).toEqual(['secret db'])
    expect(await changed('service/db', [wholeStack, wholeFacts], secret)).toEqual(['secret db'])
    const root = given({ secrets: { db: { password: 'p', root: 'changed' } } })
    expect(await changed('service/api', [wholeStack, wholeFacts], root)).toEqual([])
    const config = given({ configs: { app: { 'api.yaml': 'new' } } })
    expect(await changed('service/api', [wholeStack, wholeFacts], config)).toEqual(['config app'])
    expect(await changed('service/db', [wholeStack, wholeFacts], config)).toEqual([])
  })

  test('reload: signal spares the replacement only for what is not in the environment', async () => {
    const yaml = `
services:
  api:
    image: x:1
    reload: signal:SIGHUP
    env: { A: { secret: used, key: k } }
    mounts: { /c: { config: c }, /s: { secret: only, keys: [k] }, /u: { secret: used } }
configs: { c: { literals: { k: v } } }
secrets: { only: { k: { env: K } }, used: { k: { env: K } } }
`
    const [api] = (await desired(yaml, { configs: { c: { k: 'v' } } })).filter(
      ({ kind }) => kind === 'service',
    )
    expect(api?.updates).toEqual({ 'config c': 'reload', 'secret only': 'reload' })
  })

  test('ports are for this machine alone; a gateway comes with replicas, routes or an explicit rolling update (S152)', async () => {
    const bindings = async (service: string, given: Given = {}) => {
      const found = await desired(`services: { a: { image: x:1, ports: { p: 80 }, ${service} } }`, given)
      return Object.fromEntries(
        found
          .filter(({ kind }) => kind === 'service' || kind === 'gateway')
          .map((resource) => [
            resource.id,
            (resource.kind === 'gateway' ? specOf(resource, 'gateway') : specOf(resource, 'workload')).body
              .HostConfig?.PortBindings,
          ]),
      )
    }
    const at = (HostPort: string) => [{ HostIp: '127.0.0.1', HostPort }]
    expect(await bindings('expose: { p: internal }')).toEqual({ 'service/a': undefined })
    expect(await bindings('expose: { p: local:8080 }')).toEqual({ 'service/a': { '80/tcp': at('8080') } })
    expect(await bindings('expose: { p: load-balancer:80 }')).toEqual({ 'service/a': { '80/tcp': at('80') } })
    expect(await bindings('expose: { p: local }', { ports: { 'a.p': 40123 } })).toEqual({
      'service/a': { '80/tcp': at('40123') },
    })
    expect(await bindings('health: { tcp: p }')).toEqual({ 'service/a': { '80/tcp': at('') } })
    const behind = { 'service/a': undefined, 'gateway/main': { '8404/tcp': at(''), '20000/tcp': at('8080') } }
    expect(await bindings('expose: { p: local:8080 }, replicas: 2')).toEqual(behind)
    expect(await bindings('expose: { p: local:8080 }, update: { strategy: rolling }')).toEqual(behind)
    expect(await bindings('expose: { p: local:8080 }, update: { timeout: 9s }')).toEqual({
      'service/a': { '80/tcp': at('8080') },
    })
  })

  test('isolation: edges is a network per depended-on service (S93)', async () => {
    const yaml = `
isolation: edges
services:
  db: { image: x:1 }
  api: { image: x:1, needs: { db: healthy }, env: { C: "\${service.cache.host}" }, ports: { p: 80 } }
  cache: { image: x:1 }
  alone: { image: x:1 }
routes: { r: { to: "api:p" } }
`
    const found = await desired(yaml)
    const networks = found.flatMap((resource) => {
      if (resource.kind !== 'service' && resource.kind !== 'gateway') return []
      const { attachments } =
        resource.kind === 'gateway' ? specOf(resource, 'gateway') : specOf(resource, 'workload')
      return [
        `${resource.id}: ${[...attachments].map(([name, aliases]) => `${name}(${aliases.join(' ')})`).join(', ')}`,
      ]
    })
    expect(`\n${networks.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      service/db: test_db(db)
      service/api: test_api(api), test_cache(), test_db()
      service/cache: test_cache(cache)
      service/alone: test_alone(alone)
      gateway/main: test_api()
      "
    `)
  })
})

describe('check', () => {
  test('names every field that Docker cannot honour, at its line', async () => {
    const stack = await resolvedStack(`
services:
  nightly: { image: x:1, workload: cron, schedule: "0 0 * * *" }
  agent: { image: x:1, workload: daemon, annotations: { a: b } }
  api:
    image: x:1
    scale: { min: 1, max: 3, cpu: 80% }
    placement: { node-selector: { disk: ssd } }
    service-account: deployer
    stop: { pre: [sleep, '1'] }
    env: { IP: { field: pod-ip } }
  db: { image: x:1, workload: stateful, replicas: 2 }
volumes: { data: { size: 8Gi } }
`)
    const lines = check(stack).map(
      ({ code, severity, message, span }) => `${String(span?.line)} ${severity} ${code}: ${message}`,
    )
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      4 error compose/cron: service nightly: Docker runs nothing on a schedule
      5 warning compose/daemon: service agent: Docker has one node, so one container runs
      5 warning compose/annotations: service agent: Docker has no annotations
      12 error compose/field: api: Docker cannot tell IP before the start
      8 warning compose/scale: service api: Docker does not scale by load; 1 run
      9 warning compose/placement: service api: Docker has one node to place on
      10 warning compose/service-account: service api: Docker has no service accounts
      11 warning compose/stop-pre: service api: Docker runs no command before the stop signal
      13 error compose/replicas: service db: a stateful service runs once on Docker
      14 warning compose/volume-size: Docker sets no limit to the size of volume data
      "
    `)
  })

  test('has nothing to say about a stack that Docker can run', async () => {
    expect(check(await resolvedStack(wholeStack))).toEqual([])
  })
})
