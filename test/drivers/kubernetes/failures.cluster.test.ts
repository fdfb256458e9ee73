import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { labelsOf } from '../../../src/drivers/kubernetes/labels.ts'
import { ClusterBench, isClusterWanted } from './apply-bench.ts'

/** S116: each ends with its cause at the line of the stack file, and not by its time limit, which would say “is not ready after”. */
describe.skipIf(!isClusterWanted)('a deployment that cannot succeed says why', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await ClusterBench.open()
  })
  afterEach(() => bench.close())

  async function failuresOf(yaml: string): Promise<string> {
    return (await bench.up(yaml)).failures
  }

  async function namespace(labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const { project } = bench
    await bench.client.create(kinds.Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: project, labels: { ...labelsOf(project, `namespace/${project}`), ...labels } },
    })
  }

  it('an image that does not exist', async () => {
    const yaml = `
services:
  web:
    image: localhost:5001/nobody/nothing:1
    update: { timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 5: service web: image localhost:5001/nobody/nothing:1 cannot be pulled: manifest for localhost:5001/nobody/nothing:1 not found: manifest unknown: manifest unknown
        Pod web-HASH-POD: Failed: Failed to pull image "localhost:5001/nobody/nothing:1": Error response from daemon: manifest for localhost:5001/nobody/nothing:1 not found: manifest unknown: manifest unknown"
    `)
  })

  it('a registry that does not exist', async () => {
    const yaml = `
services:
  web: { image: "registry.invalid/x:1", update: { timeout: 1m } }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 4: service web: image registry.invalid/x:1 cannot be pulled: Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid: no such host
        Pod web-HASH-POD: Failed: Failed to pull image "registry.invalid/x:1": Error response from daemon: Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.255.255.53:53: no such host"
    `)
  })

  it('a program that ends again and again', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [sh, -c, "echo cannot connect to the database; exit 3"]
    update: { timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 6: service web: container web exited 3, 2 times
        cannot connect to the database"
    `)
  })

  it('a program that ends well although it should stay', async () => {
    const yaml = `
services:
  web: { image: "busybox:stable", command: ["true"], update: { timeout: 1m } }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 4: service web: container web exited 0, 2 times
      hint: a service has to keep running"
    `)
  })

  it('a program that is not there', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [serve]
    update: { timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 6: service web: container web cannot start: exec: "serve": executable file not found in $PATH: unknown
        Pod web-HASH-POD: Failed: Error: failed to start container "web": Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "serve": executable file not found in $PATH: unknown"
    `)
  })

  it('too little memory', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [sh, -c, "echo filling; tail /dev/zero"]
    update: { timeout: 1m }
    resources: { limits: { memory: 24Mi } }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 8: service web: container web was killed: it used more memory than its limit of 24Mi
        filling"
    `)
  })

  it('no node that is large enough', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    resources: { cpu: 900 }
    update: { timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 6: service web: no node can run pod web-HASH-POD: 0/1 nodes are available: 1 Insufficient cpu
        Pod web-HASH-POD: FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    `)
  })

  it('a StorageClass that does not exist', async () => {
    const yaml = `
services:
  web: { image: "nginx:1.22", mounts: { /data: { volume: data } }, update: { timeout: 1m } }
volumes:
  data: { class: fast }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 6: volume data: claim data asks for StorageClass fast, which does not exist
      hint: there are: hostpath
        PersistentVolumeClaim data: ProvisioningFailed: storageclass.storage.k8s.io "fast" not found
      deploy line 6: service web: claim data asks for StorageClass fast, which does not exist
      hint: there are: hostpath
        PersistentVolumeClaim data: ProvisioningFailed: storageclass.storage.k8s.io "fast" not found"
    `)
  })

  it('a quota that is used up', async () => {
    await namespace()
    await bench.kubectl('create', 'quota', 'small', '--hard=pods=1')
    const yaml = `
services:
  web: { image: "nginx:1.22", replicas: 2, update: { timeout: 1m } }
  db: { image: "nginx:1.22", workload: stateful, needs: { web: started }, update: { timeout: 1m } }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 4: service web: the cluster refuses its pods: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1
      deploy line 5: service db: the cluster refuses its pods: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1
        StatefulSet db: FailedCreate: create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"
    `)
  })

  it('a policy that refuses its pods', async () => {
    await namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' })
    const yaml = `
services:
  web: { image: "nginx:1.22", privileged: true, update: { timeout: 1m } }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(
      `"deploy line 4: service web: the cluster refuses its pods: violates PodSecurity "baseline:latest": privileged (container "web" must not set securityContext.privileged=true)"`,
    )
  })

  it('a probe that never succeeds', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [httpd, -f, -p, "8080"]
    ports: { http: 8080 }
    health: { http: /no-such-page, port: http, every: 1s, liveness: false }
    update: { timeout: 8s }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "timeout line 8: service web is not ready after 8 s: 0 of 1 ready; web-HASH-POD: not ready: HTTP probe failed with statuscode: 404
        Pod web-HASH-POD: Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 404"
    `)
  })

  it('a liveness probe that stops it again and again', async () => {
    const yaml = `
services:
  web:
    image: busybox:stable
    command: [httpd, -f, -p, "8080"]
    ports: { http: 8080 }
    health:
      http: /dead
      port: http
      start-period: 0s
      liveness: { http: /dead, port: http, every: 1s, retries: 1 }
    update: { timeout: 1m }
    stop: { grace: 1s }
`
    // A probe may hit the moment in which the program is being stopped; the node then tells of that as well.
    const told = (await failuresOf(yaml)).replaceAll(/\n.*connection re(?:set|fused).*/g, '')
    expect(told).toMatchInlineSnapshot(`
      "deploy line 8: service web: container web was stopped because its liveness probe failed: HTTP probe failed with statuscode: 404
        Pod web-HASH-POD: Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404
        Pod web-HASH-POD: Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404"
    `)
  })

  it('an init step that fails', async () => {
    const yaml = `
services:
  web:
    image: nginx:1.22
    update: { timeout: 1m }
    init:
      - { name: first, image: "busybox:stable", command: ["true"] }
      - { name: prepare, image: "busybox:stable", command: [sh, -c, "echo no space; exit 5"] }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 9: service web: init container prepare exited 5, 2 times
        no space"
    `)
  })

  it('a job that fails', async () => {
    const yaml = `
services:
  web: { image: "nginx:1.22", needs: { migrate: completed } }
jobs:
  migrate:
    image: busybox:stable
    command: [sh, -c, "echo table is locked; exit 4"]
    retries: 1
    timeout: 1m
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 6: job migrate: failed: exited 4, 2 times
        table is locked"
    `)
  })

  it('a job that does not end in time', async () => {
    const yaml = `
jobs:
  migrate: { image: "busybox:stable", command: [sleep, "60"], timeout: 3s }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(
      `"timeout line 4: job migrate did not end within 3 s: running"`,
    )
  })

  it('a job whose image does not exist', async () => {
    const yaml = `
jobs:
  migrate: { image: "localhost:5001/nobody/nothing:1", timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(`
      "deploy line 4: job migrate: image localhost:5001/nobody/nothing:1 cannot be pulled: manifest for localhost:5001/nobody/nothing:1 not found: manifest unknown: manifest unknown
        Pod migrate-POD: Failed: Failed to pull image "localhost:5001/nobody/nothing:1": Error response from daemon: manifest for localhost:5001/nobody/nothing:1 not found: manifest unknown: manifest unknown"
    `)
  })

  it('a field that cannot change of what holds data', async () => {
    const yaml = (size: string) => `
services:
  web: { image: "nginx:1.22", mounts: { /data: { volume: data } } }
volumes:
  data: { size: ${size} }
`
    expect(await failuresOf(yaml('2Gi'))).toBe('')
    expect(await failuresOf(yaml('1Gi'))).toMatchInlineSnapshot(`
      "deploy line 6: the cluster refuses to apply PersistentVolumeClaim data: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity
      hint: a claim can only grow, and only where its StorageClass allows that; for anything else back its data up, delete it (\`down --volumes=NAME\`) and bring it up again
        spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
    `)
  })

  it('a Service that leads to no pod (S84)', async () => {
    const yaml = `
services:
  web:
    image: nginx:1.22
    ports: { http: 80 }
    kubernetes: { patch: { Service: { spec: { selector: { app.kubernetes.io/name: other } } } } }
    update: { timeout: 1m }
`
    expect(await failuresOf(yaml)).toMatchInlineSnapshot(
      `"deploy line 6: service web: Service web has no endpoints although the pods are ready: its selector or its ports match nothing"`,
    )
  })
})
