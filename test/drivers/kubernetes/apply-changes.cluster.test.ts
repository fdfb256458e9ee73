import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import type { KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { ClusterBench, isClusterWanted } from './apply-bench.ts'

const web = `
services:
  web:
    image: nginx:1.22
    ports: { http: 80 }
    replicas: 2
    health: { http: /, port: http, every: 1s }
    mounts: { /etc/app: { config: app } }
    env: { PASSWORD: "\${secret.db.password}", URL: "http://x:\${secret.db.password}@y" }
    stop: { grace: 1s }
configs:
  app: { literals: { a.txt: hello } }
secrets:
  db: { password: { env: DB_PASSWORD } }
`
const given = { configs: { app: { 'a.txt': 'hello' } }, secrets: { db: { password: 'iam59!z$' } } }

function uidOf(object: KubeObject | undefined): string {
  if (object?.metadata.uid === undefined) throw new Error('it is not there')
  return object.metadata.uid
}

describe.skipIf(!isClusterWanted)('a change', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await ClusterBench.open()
  })
  afterEach(() => bench.close())

  it('runs a job once, and again when its image or its volume is another (S90)', async () => {
    const yaml = (command: string) => `
services:
  db: { image: "nginx:1.22", mounts: { /data: { volume: data } }, singleton: true, stop: { grace: 1s } }
jobs:
  migrate: { image: "busybox:stable", command: [${command}], needs: { db: healthy } }
volumes:
  data: {}
`
    expect((await bench.up(yaml('"true"'))).failures).toBe('')
    expect((await bench.plan(yaml('"true"'))).made.steps).toEqual([])
    const first = uidOf(await bench.get('Job', 'migrate'))
    expect((await bench.up(yaml('echo, hi'))).text).toMatchInlineSnapshot(`
      "+ run     job/migrate  command changed
      Plan: 1 to run; 3 unchanged."
    `)
    expect(uidOf(await bench.get('Job', 'migrate'))).not.toBe(first)
    // What was done on a kept volume stays done; on a new one it is not.
    await bench.down(yaml('echo, hi'))
    expect((await bench.up(yaml('echo, hi'))).text).toMatchInlineSnapshot(`
      "+ create  service/db  not there yet
      Plan: 1 to create; 3 unchanged."
    `)
    await bench.down(yaml('echo, hi'), 'all')
    expect((await bench.up(yaml('echo, hi'))).text).toMatchInlineSnapshot(`
      "+ create  volume/data  not there yet
      + create  service/db   not there yet  [after volume/data]
      + run     job/migrate  not there yet  [after service/db healthy]
      Plan: 2 to create, 1 to run; 1 unchanged."
    `)
  })

  it('makes a workload of another kind anew, and never has two', async () => {
    const yaml = (workload: string) => `
services:
  web: { image: "nginx:1.22", ports: { http: 80 }, workload: ${workload}, stop: { grace: 1s } }
`
    await bench.up(yaml('deployment'))
    const { text, failures } = await bench.up(yaml('stateful'))
    expect([text, failures, bench.messages()]).toMatchInlineSnapshot(`
      [
        "~ replace service/web  update and workload changed, expose added
      Plan: 1 to replace; 1 unchanged.",
        "",
        [],
      ]
    `)
    expect(await bench.objects()).toMatchInlineSnapshot(`
      [
        "Service/web",
        "Service/web-pods",
        "StatefulSet/web",
      ]
    `)
    expect((await bench.plan(yaml('stateful'))).made.steps).toEqual([])
  })

  it('makes a volume anew with consent, although pods use it', async () => {
    const yaml = (access: string) => `
services:
  web: { image: "nginx:1.22", mounts: { /data: { volume: data } }, singleton: true, stop: { grace: 1s } }
volumes:
  data: { access: ${access} }
`
    await bench.up(yaml('single'))
    const before = uidOf(await bench.get('PersistentVolumeClaim', 'data'))
    const { text, failures } = await bench.up(yaml('many'))
    expect([text, failures]).toMatchInlineSnapshot(`
      [
        "~ replace volume/data  access changed
      !                      destroys the data of volume data
      Plan: 1 to replace; 2 unchanged. Data is lost in 1 step.",
        "",
      ]
    `)
    expect(uidOf(await bench.get('PersistentVolumeClaim', 'data'))).not.toBe(before)
    // Its users are waited for by the next one.
    expect((await bench.up(yaml('many'))).failures).toBe('')
    expect((await bench.plan(yaml('many'))).made.steps).toEqual([])
  })

  it('makes what the server refuses to change anew, and says so', async () => {
    await bench.up(web, given)
    await bench.kubectl('patch', 'configmap', 'app', '-p', '{"immutable":true}')
    const changed = { ...given, configs: { app: { 'a.txt': 'bye' } } }
    expect((await bench.up(web, changed)).failures).toBe('')
    expect(bench.messages()).toMatchInlineSnapshot(`
      [
        "ConfigMap app is deleted and made anew: the cluster does not change it (the cluster refuses to apply ConfigMap app: data: Forbidden: field is immutable when \`immutable\` is set)",
      ]
    `)
  })

  it('rolls pods for a restart, and the next up leaves that', async () => {
    await bench.up(web, given)
    const pods = async () =>
      (await bench.client.list(kinds.Pod, { namespace: bench.project })).items.map(
        ({ metadata }) => metadata.uid,
      )
    const before = new Set(await pods())
    const { failures } = await bench.up(web, given, {}, { restart: new Map([['service/web', 'asked for']]) })
    expect(failures).toBe('')
    expect((await bench.plan(web, given)).made.steps).toEqual([])
    const { items } = await bench.client.list(kinds.Pod, { namespace: bench.project })
    const living = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    expect(living.filter(({ metadata }) => before.has(metadata.uid))).toEqual([])
  })

  it('waits for the address of a load balancer, and for each member of a pod (S77, S80)', async () => {
    const yaml = `
services:
  web: { image: "nginx:1.22", pod: web, ports: { http: 80 }, expose: { http: "load-balancer:18480" }, stop: { grace: 1s } }
  side:
    image: busybox:stable
    pod: web
    command: [sh, -c, "sleep 2; httpd -f -p 8080"]
    ports: { side: 8080 }
    health: { tcp: side, every: 1s }
    stop: { grace: 1s }
`
    const { failures } = await bench.up(yaml)
    expect(failures).toBe('')
    const again = await bench.plan(yaml)
    expect(again.made.steps).toEqual([])
    const seen = ['service/web', 'service/side'].map((id) => again.observed.get(id as 'service/web'))
    expect(seen.map((each) => [each?.health, each?.detail, each?.facts?.['addresses']]))
      .toMatchInlineSnapshot(`
      [
        [
          "ready",
          "1 of 1 ready",
          "localhost:18480",
        ],
        [
          "ready",
          "1 of 1 ready",
          undefined,
        ],
      ]
    `)
  })

  it('keeps the number of replicas when an autoscaler takes over (S92)', async () => {
    const yaml = (count: string) => `
services:
  web: { image: "busybox:stable", command: [sleep, "1000"], ${count}, resources: { cpu: 10m }, stop: { grace: 0s } }
  agent: { image: "busybox:stable", command: [sleep, "1000"], workload: daemon, stop: { grace: 0s } }
  nightly: { image: "busybox:stable", command: ["true"], workload: cron, schedule: "0 3 * * *" }
`
    expect((await bench.up(yaml('replicas: 3'))).failures).toBe('')
    const { text, failures } = await bench.up(yaml('scale: { min: 1, max: 5, cpu: 80% }'))
    expect([text, failures]).toMatchInlineSnapshot(`
      [
        "~ update  service/web  scale added
      Plan: 1 to update; 3 unchanged.",
        "",
      ]
    `)
    expect(await bench.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('3')
    const again = await bench.plan(yaml('scale: { min: 1, max: 5, cpu: 80% }'))
    expect(again.made.steps).toEqual([])
    const seen = ['service/web', 'service/agent', 'service/nightly'].map((id) =>
      again.observed.get(id as 'service/web'),
    )
    expect(seen.map((each) => [each?.health, each?.detail, each?.replicas])).toMatchInlineSnapshot(`
      [
        [
          "ready",
          "3 of 3 ready",
          undefined,
        ],
        [
          "ready",
          "1 of 1 ready",
          {
            "ready": 1,
            "total": 1,
          },
        ],
        [
          "ready",
          "scheduled 0 3 * * *, not run yet",
          undefined,
        ],
      ]
    `)
    // And back: what the autoscaler set is no longer its own when it is gone.
    await bench.kubectl('get', 'hpa', 'web')
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 2 },
    }
    await bench.client.patch(kinds.Deployment, bench.project, 'web', object, {
      fieldManager: 'kube-controller-manager',
    })
    expect((await bench.up(yaml('replicas: 1'))).failures).toBe('')
    expect((await bench.plan(yaml('replicas: 1'))).made.steps).toEqual([])
  })

  it('replaces a broken pod of a StatefulSet that would hold up its cure', async () => {
    const yaml = (command: string) => `
services:
  db: { image: "busybox:stable", command: [${command}], workload: stateful, update: { timeout: 1m }, stop: { grace: 1s } }
`
    expect((await bench.up(yaml('sh, -c, exit 1'))).failures).toContain('exited 1')
    expect((await bench.up(yaml('sleep, "1000"'))).failures).toBe('')
    expect(bench.messages()).toMatchInlineSnapshot(`
      [
        "pod db-0 of the version before is broken and holds the new one up: it is ended",
      ]
    `)
  })

  it('tells a program of its new files instead of starting it anew', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [sh, -c, "trap 'cat /etc/app/a.txt; echo' HUP; while true; do sleep 0.2; done"]
    mounts: { /etc/app: { config: app } }
    reload: signal:SIGHUP
    stop: { grace: 1s }
configs:
  app: { literals: { a.txt: hello } }
`
    expect((await bench.up(yaml, { configs: { app: { 'a.txt': 'hello' } } })).failures).toBe('')
    const pods = async () =>
      (await bench.client.list(kinds.Pod, { namespace: bench.project })).items.map(
        ({ metadata }) => metadata.name,
      )
    const before = await pods()
    const changed = { configs: { app: { 'a.txt': 'again' } } }
    const { text, failures } = await bench.up(yaml, changed)
    expect([text, failures, bench.messages()]).toMatchInlineSnapshot(`
      [
        "~ update  config/app   file a.txt changed
      ~ reload  service/web  config app changed  [after config/app]
      Plan: 1 to update, 1 to reload; 1 unchanged.",
        "",
        [],
      ]
    `)
    expect(await pods()).toEqual(before)
    expect((await bench.plan(yaml, changed)).made.steps).toEqual([])
    await expect.poll(() => bench.kubectl('logs', 'deployment/web'), { timeout: 5_000 }).toContain('again')
  })
})
