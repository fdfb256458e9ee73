import { describe, expect, test } from 'vitest'
import type { Cluster } from '../../../src/clusters/cluster.ts'
import { check } from '../../../src/drivers/kubernetes/check.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { clusterOf, type DesiredOptions } from './desired-setup.ts'
import { referenceStack } from './desired-reference.ts'

/** Findings as a person reads them, a line each. */
async function findings(
  yaml: string,
  target: Cluster['target'] = 'docker-desktop',
  abilities: DesiredOptions['abilities'] = {},
): Promise<string> {
  const stack = await resolvedStack(yaml, { profile: target })
  const lines = check(stack, clusterOf(target, abilities)).map(
    ({ code, severity, message, span, hint }) =>
      `${String(span?.line)} ${severity} ${code.replace('kubernetes/', '')}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  )
  return `\n${lines.join('\n')}\n`
}

describe('check', () => {
  test.each(['docker-desktop', 'kind'] as const)(
    'finds nothing in the reference stack on %s',
    async (target) => {
      expect(check(await referenceStack(target), clusterOf(target))).toEqual([])
    },
  )

  test('programs: images, users by number, files of this machine', async () => {
    expect(
      await findings(`
services:
  a: { image: "x:1", user: postgres, group: "1000", mounts: { /src: ./src, "/a:b": { scratch: s }, /d: { volume: v, sub-path: ../up } } }
  b: { process: { run: x } }
jobs:
  j: { image: "x:1", group: staff }
volumes: { v: { from: backup } }
`),
    ).toMatchInlineSnapshot(`
      "
      4 error user: service a: Kubernetes knows no user by name, only by number (write the number: docker run --rm --entrypoint id x:1 -u postgres)
      4 error bind: service a: nodes do not have the files of this machine, so /src cannot be bound (copy them into the image, make them a config, or keep data in a volume; remove the mount in this profile with null)
      4 error mount-path: service a: Kubernetes takes no mount path with a colon
      4 error sub-path: service a: a sub-path must not lead out of its volume
      5 error image: service b has no image (name one, or make it external)
      7 error group: job j: Kubernetes knows no group by name, only by number (write the number: docker run --rm --entrypoint getent x:1 group staff)
      8 error volume-from: volume v: this cluster has no snapshots to make it from (leave \`from\` out in this profile)
      "
    `)
  })

  test('how services end, scale and are replaced', async () => {
    expect(
      await findings(`
services:
  once: { image: "x:1", restart: on-failure }
  signal: { image: "x:1", stop: { signal: SIGQUIT } }
  load: { image: "x:1", scale: { min: 1, max: 3, cpu: 80%, memory: 80% }, resources: { cpu: 100m } }
  nightly: { image: "x:1", workload: cron, schedule: "@daily", ports: { p: 1 }, health: { tcp: p }, restart: always, replicas: 2 }
  queue: { image: "x:1", workload: stateful, hostname: h, update: { surge: 2 } }
  agent: { image: "x:1", workload: daemon, update: { surge: 1, unavailable: 1 } }
  dns: { image: "x:1", ports: { d: { port: 53, protocol: udp } }, health: { tcp: d } }
  web:
    image: x:1
    reload: signal:SIGHUP
    mounts: { /etc/a: { config: c, key: k }, /etc/b: { config: c } }
    rules: [ { resources: [pods] }, { nonResourceURLs: [/x], verbs: [get] } ]
configs: { c: { literals: { k: v } } }
`),
    ).toMatchInlineSnapshot(`
      "
      4 error restart: service once: Kubernetes always starts the pods of a deployment again (a program that ends is a job; or leave \`restart\` out)
      5 warning stop-signal: service signal: Kubernetes takes the stop signal from the image, SIGQUIT is not sent (write STOPSIGNAL SIGQUIT in the Dockerfile)
      6 error scale: service load scales by memory, but load reserves none to measure it against (add resources: { memory: 128Mi } to load)
      7 warning restart: service nightly: a scheduled run is repeated only when it failed
      7 warning cron: service nightly: \`ports\` has no effect on what runs on a schedule
      7 warning cron: service nightly: \`health\` has no effect on what runs on a schedule
      7 warning cron: service nightly: one pod runs at each time of the schedule
      8 warning update: service queue: a stateful service is replaced replica by replica, the old one first
      8 warning hostname: service queue: replicas of a stateful service are called queue-0, queue-1 …
      9 warning update: service agent: on each node the old replica ends first; \`surge\` counts only with unavailable: 0
      10 error health: service dns: nothing can be asked over UDP (use an exec check)
      14 warning reload: service web: a file that is mounted alone never changes in a running pod; a change replaces the pod (mount the folder, with \`keys\` for a part of it)
      15 error rules: service web: a rule has no \`verbs\` (add verbs: […])
      15 error rules: service web: rights to URLs are for the whole cluster, which a stack does not give (write a ClusterRole under \`manifests\`)
      "
    `)
  })

  test('volumes that several would mount', async () => {
    const yaml = `
services:
  web: { image: "x:1", replicas: 2, mounts: { /d: { volume: one } } }
  agent: { image: "x:1", workload: daemon, mounts: { /d: { volume: many } } }
  queue: { image: "x:1", workload: stateful, mounts: { /d: { volume: own } } }
  reader: { image: "x:1", mounts: { /d: { volume: own } } }
volumes: { one: {}, many: { access: many }, own: {} }
`
    expect(await findings(yaml)).toMatchInlineSnapshot(`
      "
      6 error volume-shared: service queue: each replica has a volume own of its own, so nothing else can mount it (write singleton: true if there is ever only one replica, or use two volumes)
      "
    `)
    expect(await findings(yaml, 'kind')).toMatchInlineSnapshot(`
      "
      4 warning volume-single: service web: its replicas share a volume that one node at a time can mount (write access: many at the volume, or workload: stateful for a volume per replica)
      6 error volume-shared: service queue: each replica has a volume own of its own, so nothing else can mount it (write singleton: true if there is ever only one replica, or use two volumes)
      8 error volume-access: volume many: the storage class of kind lets one node at a time mount a volume (write access: single in this profile, or name a class that can do more)
      "
    `)
  })

  test('ways in (S79, S80, G14, G30)', async () => {
    const yaml = `
services:
  a: { image: "x:1", ports: { http: 80, again: 80, dns: { port: 53, protocol: udp } }, expose: { http: load-balancer, dns: local } }
  b: { image: "x:1", ports: { http: 80, admin: 81 }, expose: { http: load-balancer, admin: "node:80" } }
  c: { image: "x:1", ports: { http: 8080 }, expose: { http: "local:80" } }
`
    expect(await findings(yaml)).toMatchInlineSnapshot(`
      "
      4 error duplicate-port: service a: http and again are both 80/tcp
      4 error udp: service a: port dns cannot be reached from this machine: a forward carries no UDP
      5 error node-port-range: service b: port admin: 80 is no node port of this cluster (choose one from 30000 to 32767, or leave it out)
      5 error host-port: b:http and a:http would both answer on port 80 of this machine (give one of them another port: load-balancer:8081)
      6 error host-port: c:http and a:http would both answer on port 80 of this machine (give one of them another port: load-balancer:8081)
      "
    `)
    expect(await findings(yaml, 'kubernetes', { nodePorts: 'none' })).toMatchInlineSnapshot(`
      "
      4 error duplicate-port: service a: http and again are both 80/tcp
      4 warning load-balancer: service a: port http: this cluster has no load balancers, so it is forwarded to this machine (write local in this profile, or kubernetes: { capabilities: { load-balancer: true } } if it has)
      4 error udp: service a: port dns cannot be reached from this machine: a forward carries no UDP
      5 warning load-balancer: service b: port http: this cluster has no load balancers, so it is forwarded to this machine (write local in this profile, or kubernetes: { capabilities: { load-balancer: true } } if it has)
      5 warning node-port: service b: port admin: nodes of this cluster cannot be reached, so it is forwarded
      "
    `)
    expect(await findings(yaml.replace('node:80', 'node:20080'), 'eks', { nodePortRange: [20_000, 40_000] }))
      .toMatchInlineSnapshot(`
      "
      4 error duplicate-port: service a: http and again are both 80/tcp
      4 error udp: service a: port dns cannot be reached from this machine: a forward carries no UDP
      "
    `)
  })

  test('names, labels and annotations that Kubernetes refuses (S81, S95)', async () => {
    const long = 'a'.repeat(60)
    expect(
      await findings(`
services:
  ${long}: { image: "x:1", ports: { p: 1 }, expose: { p: load-balancer }, workload: stateful }
  b:
    image: x:1
    hostname: UPPER
    service-account: "no spaces"
    labels: { "bad key": x, good: "not ok!", app.kubernetes.io/name: mine }
    annotations: { "/x": y, fine.example.com/a: "anything at all, also !" }
    kubernetes: { labels: { a/b/c: x } }
    init: [ { name: b, command: [x] } ]
`),
    ).toMatchInlineSnapshot(`
      "
      4 error name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is too long for a stateful service: at most 52 characters
      4 error name: service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-pods is longer than 63 characters
      12 error name: service b: an init step cannot be called like a container of its pod
      7 error hostname: service b: \`UPPER\` is no host name
      8 error service-account: service b: \`no spaces\` cannot be the name of a service account
      9 error label: service b: \`bad key\` cannot be the key of a label
      9 error label: service b: "not ok!" cannot be the value of label good (at most 63 letters, digits, dashes, underscores and dots; what is longer is an annotation)
      9 error label: service b: label app.kubernetes.io/name is set by iamstack (choose another key)
      11 error label: service b: \`a/b/c\` cannot be the key of a label
      10 error annotation: service b: \`/x\` cannot be the key of an annotation
      "
    `)
  })

  test('members of a pod say nothing for all of it (S77)', async () => {
    expect(
      await findings(`
services:
  edge: { image: "x:1", pod: course, labels: { a: b }, spread: none, workload: stateful }
  course: { image: "x:1", pod: course, labels: { a: b } }
`),
    ).toMatchInlineSnapshot(`
      "
      4 warning pod: service edge: \`labels\` of pod course is that of its owner course (move it to course)
      4 warning pod: service edge: \`spread\` of pod course is that of its owner course (move it to course)
      4 error pod: service edge: the members of pod course run as one deployment (leave it out, or set it at course)
      "
    `)
  })

  test('services elsewhere and routes (S82, S101, S149)', async () => {
    const yaml = `
services:
  here: { external: { host: localhost, ports: { p: "1" } }, ports: { p: 1 } }
  loop: { external: { host: 127.0.0.1 } }
  odd: { external: { host: "not a host", ports: { p: "many" } }, ports: { p: 1 } }
  fine: { external: { host: db.example.com, ports: { p: "5432" } }, ports: { p: 1 } }
  web: { image: "x:1", ports: { http: 80, hidden: 81 }, expose: { hidden: none } }
routes:
  a: { host: a.localhost, to: "web:http", body-size: 5Mi, headers: { X: y } }
  b: { host: "b.localhost:8080", to: "web:hidden" }
`
    expect(await findings(yaml)).toMatchInlineSnapshot(`
      "
      4 error external: service here: in a cluster localhost is the pod itself, not this machine (write host.docker.internal)
      5 error external: service loop: in a cluster 127.0.0.1 is the pod itself, not this machine (write host.docker.internal)
      6 error external: service odd: \`not a host\` is neither a host name nor an address
      6 error external: service odd: port p is no number from 1 to 65535
      10 warning ingress: route a: nothing says that this cluster has an ingress controller (install one and name its class: kubernetes: { capabilities: { ingress: nginx } })
      10 warning body-size: route a: only ingress-nginx keeps to \`body-size\`
      10 warning headers: route a: an Ingress sets no headers (let the service set them)
      11 warning ingress: route b: nothing says that this cluster has an ingress controller (install one and name its class: kubernetes: { capabilities: { ingress: nginx } })
      11 error route: route b: the host of an Ingress is a name without a port
      11 error route: route b: web lets nobody reach its port hidden
      "
    `)
    expect(await findings(yaml, 'kind', { ingressClass: 'nginx' })).toMatchInlineSnapshot(`
      "
      4 error external: service here: in a cluster localhost is the pod itself, not this machine (write an address of this machine that the nodes can reach)
      5 error external: service loop: in a cluster 127.0.0.1 is the pod itself, not this machine (write an address of this machine that the nodes can reach)
      6 error external: service odd: \`not a host\` is neither a host name nor an address
      6 error external: service odd: port p is no number from 1 to 65535
      10 warning headers: route a: an Ingress sets no headers (let the service set them)
      11 error route: route b: the host of an Ingress is a name without a port
      11 error route: route b: web lets nobody reach its port hidden
      "
    `)
  })

  test('patches of objects that are not made', async () => {
    expect(
      await findings(`
services:
  web: { image: "x:1", ports: { p: 1 }, expose: { p: load-balancer }, kubernetes: { patch: { Deploiment: {}, Service/web-lb: {}, StatefulSet: {}, Service: 5 } } }
`),
    ).toMatchInlineSnapshot(`
      "
      4 error patch: service web becomes no Deploiment (did you mean \`Deployment\`?)
      4 error patch: service web becomes no StatefulSet (it becomes Deployment, Service, Service/web-lb)
      4 error patch: service web: the patch of Service is no map
      "
    `)
  })

  test('isolation that nobody enforces', async () => {
    const yaml = 'isolation: edges\nservices: { a: { image: "x:1" } }'
    expect(await findings(yaml)).toMatchInlineSnapshot(`
      "
      2 warning isolation: isolation: edges is written down here but not enforced: the network of Docker Desktop knows no policies
      "
    `)
    expect(await findings(yaml, 'kind')).toBe('\n\n')
  })
})
