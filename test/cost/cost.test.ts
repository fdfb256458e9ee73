import { expect, test } from 'vitest'
import { costOf, difference, during, type Cost } from '../../src/cost/cost.ts'
import { costSummary, costText } from '../../src/cost/format.ts'
import { resolvedStack } from '../resolve/stack.ts'

async function costOfProfile(profile: string, stack: string): Promise<Cost | undefined> {
  return costOf(await resolvedStack(stack, { profile: 'here', files: { 'profiles/here.yaml': profile } }))
}

const iam = `name: iam
services:
${['apiserver', 'authz', 'pump', 'watcher']
  .map((name) => `  ${name}: { image: "busybox:stable", resources: { cpu: 250m, memory: 512Mi } }`)
  .join('\n')}
`

test('four pods for a day cost 5.28, not 4.8 (S174, G1)', async () => {
  const cost = await costOfProfile(
    'target: kubernetes\ncost: { cpu-hour: 0.12, memory-gib-hour: 0.05, currency: CNY }\n',
    iam,
  )
  expect(during(cost!.hourly, 24).usual).toBeCloseTo(5.28, 10)
  expect(costText(cost!)).toMatchInlineSnapshot(`
    "                     how much         CNY an hour  a month
    CPU of apiserver     0.25 CPU × 0.12       0.0300    21.90
    memory of apiserver  0.5 GiB × 0.05        0.0250    18.25
    CPU of authz         0.25 CPU × 0.12       0.0300    21.90
    memory of authz      0.5 GiB × 0.05        0.0250    18.25
    CPU of pump          0.25 CPU × 0.12       0.0300    21.90
    memory of pump       0.5 GiB × 0.05        0.0250    18.25
    CPU of watcher       0.25 CPU × 0.12       0.0300    21.90
    memory of watcher    0.5 GiB × 0.05        0.0250    18.25
    together                                   0.2200   160.60
    prices of an unknown day, from the profile; traffic and requests are extra; a month has 730 hours"
  `)
})

test('a control plane costs by the hour, not by the minute (S174, G2)', async () => {
  const cost = await costOfProfile(
    'target: eks\neks: { region: eu-west-1, nodes: { w: { type: t3.small } }, cost: { cluster-hour: 0.2 } }\n',
    iam,
  )
  expect(during(cost!.hourly, 24).usual).toBeCloseTo(4.8, 10)
})

const shop = `name: shop
services:
  web:
    image: "nginx:1.22"
    ports: { http: 80, https: 443, admin: 81 }
    expose: { http: "load-balancer:80", https: "load-balancer:443" }
    scale: { min: 2, max: 5, cpu: 80% }
    resources: { cpu: 100m, memory: 256Mi }
  db:
    image: "postgres:15"
    workload: stateful
    replicas: 3
    mounts: { /data: { volume: data } }
  cache: { image: "redis:7", mounts: { /data: { volume: cache } } }
  agent: { image: "busybox:stable", workload: daemon, resources: { cpu: 50m, memory: 64Mi } }
  tidy: { image: "busybox:stable", workload: cron, schedule: "@daily", resources: { cpu: 1, memory: 1Gi } }
  mail: { external: { host: mail.example.com, ports: { smtp: 25 } } }
volumes: { data: { size: 20Gi }, cache: {} }
`

const eks = (more: string): string => `target: eks
eks:
  region: eu-west-1
  network: { create: 10.0.0.0/16, nat: true }
  nodes: { workers: { type: t3.medium, min: 1, desired: 2, max: 3 }, big: { type: m7g.large, desired: 1 } }
  cost:
    cluster-hour: 0.10
    node-hour: 0.0456
    load-balancer-hour: 0.0252
    volume-gib-month: 0.088
    dated: "2025-11-01"
${more}`

test('every thing that costs has its line (S174)', async () => {
  const cost = await costOfProfile(eks(''), shop)
  expect(costText(cost!)).toMatchInlineSnapshot(`
    "                               how much                     USD an hour        a month
    control plane                  1 × 0.1                           0.1000          73.00
    nodes big (m7g.large)          1 × 0.0456                        0.0456          33.29
    nodes workers (t3.medium)      2–3 × 0.0456               0.0912–0.1368    66.58–99.86
    root volumes of nodes big      20 GiB × 0.088 a month            0.0024           1.76
    root volumes of nodes workers  40–60 GiB × 0.088 a month  0.0048–0.0072      3.52–5.28
    load balancer of web           1 × 0.0252                        0.0252          18.40
    volume data                    60 GiB × 0.088 a month            0.0072           5.28
    volume cache                   1 GiB × 0.088 a month             0.0001           0.09
    together                                                  0.2766–0.3246  201.91–236.96
    not in it, for want of a price: NAT gateway (nat-hour)
    prices of 2025-11-01, from the profile; traffic and requests are extra; a month has 730 hours"
  `)
  expect(costSummary(cost!)).toMatchInlineSnapshot(`"0.2766–0.3246 USD an hour, 201.91–236.96 a month"`)
})

test('prices of the block eks win, others come from the profile', async () => {
  const cost = await costOfProfile(
    eks('cost: { nat-hour: 0.048, node-hour: 99, cpu-hour: 0.04, memory-gib-hour: 0.004 }\n'),
    shop,
  )
  expect(cost!.unpriced).toEqual([])
  expect(costText(cost!)).toMatchInlineSnapshot(`
    "                               how much                     USD an hour        a month
    control plane                  1 × 0.1                           0.1000          73.00
    nodes big (m7g.large)          1 × 0.0456                        0.0456          33.29
    nodes workers (t3.medium)      2–3 × 0.0456               0.0912–0.1368    66.58–99.86
    root volumes of nodes big      20 GiB × 0.088 a month            0.0024           1.76
    root volumes of nodes workers  40–60 GiB × 0.088 a month  0.0048–0.0072      3.52–5.28
    NAT gateway                    1 × 0.048                         0.0480          35.04
    CPU of web                     0.2–0.5 CPU × 0.04         0.0080–0.0200     5.84–14.60
    memory of web                  0.5–1.25 GiB × 0.004       0.0020–0.0050      1.46–3.65
    CPU of agent                   0.15–0.2 CPU × 0.04        0.0060–0.0080      4.38–5.84
    memory of agent                0.188–0.25 GiB × 0.004     0.0008–0.0010      0.55–0.73
    load balancer of web           1 × 0.0252                        0.0252          18.40
    volume data                    60 GiB × 0.088 a month            0.0072           5.28
    volume cache                   1 GiB × 0.088 a month             0.0001           0.09
    together                                                  0.3413–0.4066  249.18–296.82
    prices of 2025-11-01, from the profile; traffic and requests are extra; a month has 730 hours"
  `)
})

test('what a change costs more or less', async () => {
  const before = await costOfProfile(eks(''), shop)
  const after = await costOfProfile(eks('').replace('desired: 2', 'desired: 3'), shop)
  expect(difference(before, after).usual).toBeCloseTo(0.0456 + (20 * 0.088) / 730, 10)
  expect(difference(after, before).usual).toBeLessThan(0)
  expect(difference(undefined, before)).toEqual(before!.hourly)
})

test('a profile without prices has no costs to show', async () => {
  expect(await costOfProfile('target: kind\n', shop)).toBe(undefined)
})
