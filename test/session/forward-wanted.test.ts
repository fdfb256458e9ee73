import { describe, expect, it } from 'vitest'
import { wantedPorts } from '../../src/commands/port-forward.ts'
import { wantedForwards } from '../../src/session/forward-wanted.ts'
import { resolvedStack } from '../resolve/stack.ts'

const stack = await resolvedStack(
  `
services:
  web: { image: web, ports: { http: 8000, admin: 9000 }, expose: { http: local:8080, admin: load-balancer } }
  dns: { image: dns, ports: { query: { port: 53, protocol: udp } }, expose: { query: local } }
  db: { image: db, ports: { sql: 5432 } }
`,
  { profile: 'kubernetes' },
)
const cluster = { files: ['/home/me/.kube/config'], context: 'demo', server: 'https://demo:6443' }

describe('forwards that a stack wants', () => {
  it('S80, S122: are for what the cluster does not bring here, and what stands in is said', () => {
    const ports = new Map([['web.admin', 20_001]])
    const none = wantedForwards(stack, { loadBalancer: 'none', nodePorts: 'none' }, ports, cluster)
    expect(none.forwards.map(({ name, local, isFixed }) => [name, local, isFixed])).toEqual([
      ['web.http', 8080, true],
      ['web.admin', 20_001, false],
    ])
    expect(none.told).toEqual([
      'this cluster has no load balancers: web.admin is forwarded to this machine instead',
      'dns.query is UDP, which no forward can carry: it does not answer on this machine',
    ])
    const own = wantedForwards(stack, { loadBalancer: 'localhost', nodePorts: 'localhost' }, ports, cluster)
    expect(own.forwards.map(({ name, target }) => [name, target])).toEqual([
      [
        'web.http',
        {
          namespace: 'test',
          selector: { 'app.kubernetes.io/name': 'web', 'iamstack.dev/project': 'test' },
          port: 8000,
        },
      ],
    ])
  })
})

describe('the operands of port-forward', () => {
  const wanted = (...operands: string[]): string =>
    wantedPorts(stack, operands)
      .map(({ service, port, local }) => `${service}:${port}=${local ?? 'any'}`)
      .join(' ')

  it.each([
    [[], 'web:http=8080 web:admin=any dns:query=any'],
    [['db'], 'db:sql=any'],
    [['db', '15432', 'web:http'], 'db:sql=15432 web:http=any'],
    [['web:9000', '9001'], 'web:admin=9001'],
    [['web'], 'web:http=any web:admin=any'],
  ])('%j', (operands, ports) => {
    expect(wanted(...operands)).toBe(ports)
  })

  it('are refused with every mistake at once', () => {
    expect(() => wanted('80', 'web:x', 'db', '1', '2', 'web', '70000')).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: 80: name a service before its local port; 2: name a service before its local port; 70000: ports go from 1 to 65535; web has no port x (it has http, admin)]`,
    )
    expect(() => wanted('wep')).toThrow('there is no service or job wep (did you mean web?)')
  })
})
