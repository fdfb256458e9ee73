import { describe, expect, test } from 'vitest'
import type { Given } from '../compose/setup.ts'
import { desiredOf, objectsOf, shown, type DesiredOptions } from './desired-setup.ts'

describe('services', () => {
  test('a pod is one workload; its members have Services of their own (S77)', async () => {
    const yaml = `
services:
  edge: { image: "nginx:1", pod: course, ports: { http: 81 }, mounts: { /x: { scratch: s } }, needs: [course, db] }
  course: { image: "app:1", pod: course, ports: { http: 80 }, mounts: { /y: { scratch: s } }, replicas: 2 }
  db: { image: "db:1", ports: { p: 1 } }
`
    const resources = await desiredOf(yaml)
    const lines = resources.map(
      ({ id, needs, replicas, spec }) =>
        `${id} ×${String(replicas)} [${needs.map(({ on }) => on).join(' ')}] ${
          spec.kind === 'objects'
            ? spec.objects.map(({ object }) => `${object.kind}/${object.metadata.name}`).join(' ')
            : ''
        }`,
    )
    expect(lines).toMatchInlineSnapshot(`
      [
        "namespace/test ×undefined [] Namespace/test",
        "service/edge ×undefined [namespace/test service/course] Service/edge",
        "service/course ×2 [namespace/test service/db] Deployment/course Service/course",
        "service/db ×1 [namespace/test] Deployment/db Service/db",
      ]
    `)
    const silent = objectsOf(
      await desiredOf(yaml.replace('ports: { http: 81 }', 'tty: true')),
      'service/edge',
    )
    expect(silent.map(({ object }) => [object.kind, object['spec']])).toMatchInlineSnapshot(`
      [
        [
          "Service",
          {
            "clusterIP": "None",
            "selector": {
              "app.kubernetes.io/name": "course",
              "iamstack.dev/project": "test",
            },
          },
        ],
      ]
    `)
    const readiness = resources
      .map(({ spec }) => (spec.kind === 'objects' ? spec.readiness : undefined))
      .slice(1, 3)
    expect(readiness).toMatchInlineSnapshot(`
      [
        {
          "container": "edge",
          "kind": "workload",
          "loadBalancers": [],
          "name": "course",
          "services": [
            "edge",
          ],
          "workload": "Deployment",
        },
        {
          "container": undefined,
          "kind": "workload",
          "loadBalancers": [],
          "name": "course",
          "services": [
            "course",
          ],
          "workload": "Deployment",
        },
      ]
    `)
  })

  test('replicas of a stateful service have volumes of their own, a singleton the one volume (S91)', async () => {
    const yaml = (more: string) => `
services: { q: { image: "q:1", workload: stateful, mounts: { /data: { volume: data } }, ${more} } }
volumes: { data: { size: 2Gi } }
`
    const claims = async (more: string) =>
      (await desiredOf(yaml(more))).flatMap(({ id, spec }) =>
        spec.kind === 'objects'
          ? spec.objects.map(({ object }) => [
              id,
              object.kind,
              (object['spec'] as Record<string, unknown> | undefined)?.['volumeClaimTemplates'],
            ])
          : [],
      )
    expect(await claims('replicas: 3')).toMatchInlineSnapshot(`
      [
        [
          "namespace/test",
          "Namespace",
          undefined,
        ],
        [
          "service/q",
          "StatefulSet",
          [
            {
              "metadata": {
                "annotations": {
                  "iamstack.dev/parts": "{}",
                  "iamstack.dev/resource": "volume/data",
                },
                "labels": {
                  "app.kubernetes.io/managed-by": "iamstack",
                  "app.kubernetes.io/part-of": "test",
                  "iamstack.dev/project": "test",
                  "iamstack.dev/resource": "volume.data",
                },
                "name": "data",
              },
              "spec": {
                "accessModes": [
                  "ReadWriteOnce",
                ],
                "resources": {
                  "requests": {
                    "storage": "2Gi",
                  },
                },
              },
            },
          ],
        ],
        [
          "service/q",
          "Service",
          undefined,
        ],
      ]
    `)
    expect((await claims('singleton: true')).map(([id, kind]) => `${String(id)} ${String(kind)}`)).toEqual([
      'namespace/test Namespace',
      'volume/data PersistentVolumeClaim',
      'service/q StatefulSet',
      'service/q Service',
    ])
  })

  test('the old replica ends first for a singleton and for a volume with one writer (S68, S102)', async () => {
    const strategy = async (fields: string) => {
      const yaml = `services: { a: { image: x:1, ${fields} } }\nvolumes: { one: { access: single }, all: { access: many } }`
      const deployment = objectsOf(await desiredOf(yaml), 'service/a')[0]?.object['spec']
      return (deployment as { strategy: { type: string } }).strategy.type
    }
    expect(await strategy('replicas: 1')).toBe('RollingUpdate')
    expect(await strategy('singleton: true')).toBe('Recreate')
    expect(await strategy('update: recreate')).toBe('Recreate')
    expect(await strategy('mounts: { /d: { volume: one } }')).toBe('Recreate')
    expect(await strategy('mounts: { /d: { volume: all } }')).toBe('RollingUpdate')
  })

  test('a way out is a Service of its own, where the cluster has such a way (S79, S80)', async () => {
    const yaml = `services: { a: { image: x:1, ports: { p: 80, q: 81 }, expose: { p: load-balancer, q: "node:30080" } } }`
    const of = async (abilities: DesiredOptions['abilities'], given: Given = {}) =>
      objectsOf(await desiredOf(yaml, given, { ...(abilities && { abilities }) }), 'service/a').flatMap(
        ({ object }) => {
          const spec = object['spec'] as { type?: string; ports?: { port: number; nodePort?: number }[] }
          return object.kind === 'Service'
            ? [
                `${object.metadata.name} ${spec.type ?? 'ClusterIP'} ${(spec.ports ?? []).map(({ port, nodePort }) => `${port}${nodePort === undefined ? '' : `→${nodePort}`}`).join(' ')}`,
              ]
            : []
        },
      )
    expect(await of({})).toEqual(['a ClusterIP 80 81', 'a-node NodePort 81→30080', 'a-lb LoadBalancer 80'])
    expect(await of({}, { ports: { 'a.p': 40_080 } })).toContain('a-lb LoadBalancer 40080')
    expect(await of({ loadBalancer: 'cloud' }, { ports: { 'a.p': 40_080 } })).toContain(
      'a-lb LoadBalancer 80',
    )
    expect(await of({ loadBalancer: 'none', nodePorts: 'none' })).toEqual(['a ClusterIP 80 81'])
  })

  test('a service elsewhere keeps its short name (S101)', async () => {
    const yaml = `
services:
  named: { external: { host: DB.example.com, ports: { p: "5433" } }, ports: { p: 5432 } }
  numbered: { external: { host: 192.0.2.7, ports: { p: "5433" } }, ports: { p: 5432 } }
  user: { image: x:1, env: { A: "\${service.named.host}:\${service.named.port.p}" } }
`
    expect(await shown(yaml, '3-service.named.yaml')).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: Service
      metadata:
        name: named
        namespace: test
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: service.named
      spec:
        type: ExternalName
        externalName: db.example.com
        ports:
          - name: p
            protocol: TCP
            port: 5433
      "
    `)
    expect(await shown(yaml, '3-service.numbered.yaml')).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: Service
      metadata:
        name: numbered
        namespace: test
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: service.numbered
      spec:
        ports:
          - name: p
            protocol: TCP
            port: 5433
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata:
        name: numbered
        namespace: test
        labels:
          kubernetes.io/service-name: numbered
          endpointslice.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: service.numbered
      addressType: IPv4
      endpoints:
        - addresses:
            - "192.0.2.7"
          conditions:
            ready: true
      ports:
        - name: p
          protocol: TCP
          port: 5433
      "
    `)
  })

  test('reload: signal spares the pod only for folders, and for nothing that is in the environment', async () => {
    const yaml = `
services:
  a:
    image: x:1
    reload: signal:SIGHUP
    env: { A: { secret: used, key: k } }
    mounts: { /c: { config: c }, /f: { config: f, key: k }, /s: { secret: only, keys: [k] }, /u: { secret: used } }
configs: { c: { literals: { k: v } }, f: { literals: { k: v } } }
secrets: { only: { k: { env: K } }, used: { k: { env: K } } }
`
    const given = (value: string): Given => ({ configs: { c: { k: value }, f: { k: 'v' } } })
    const [one, other] = await Promise.all([desiredOf(yaml, given('1')), desiredOf(yaml, given('2'))])
    const reloads = one.flatMap(({ updates }) => Object.entries(updates).filter(([, op]) => op === 'reload'))
    expect(reloads).toEqual([
      ['config c', 'reload'],
      ['secret only', 'reload'],
    ])
    expect(objectsOf(other, 'service/a')).toEqual(objectsOf(one, 'service/a'))
  })

  test('credentials of a registry are a Secret of the namespace, and in the pods that need it (S17)', async () => {
    const yaml = `
registries:
  main: { host: ccr.example.com, credentials: { env: { user: U, password: P } } }
  open: { host: open.example.com, public: true }
services: { a: { image: ccr.example.com/x:1 }, b: { image: open.example.com/x:1 }, c: { image: "x:1" } }
`
    const resources = await desiredOf(yaml)
    const secrets = objectsOf(resources, 'namespace/test').map(({ object, secrets: filled }) => [
      object.kind,
      [...filled],
    ])
    expect(secrets).toEqual([
      ['Namespace', []],
      ['Secret', [['.dockerconfigjson', { kind: 'registry', registry: 'main' }]]],
    ])
    const pods = objectsOf(resources).flatMap(({ object }) =>
      object.kind === 'Deployment' ? [JSON.stringify(object).includes('registry-main')] : [],
    )
    expect(pods).toEqual([true, false, false])
  })

  test('a patch has the last word: maps by key, named things by name, null removes', async () => {
    const yaml = `
services:
  a:
    image: x:1
    env: { A: "1" }
    kubernetes:
      patch:
        Deployment:
          metadata: { name: other, labels: { iamstack.dev/project: other, mine: "1" } }
          spec: { revisionHistoryLimit: null, template: { spec: { containers: [ { name: a, env: [ { name: B, value: "2" } ], args: [x] }, { name: side, image: "s:1" } ] } } }
`
    expect(await shown(yaml, '3-service.a.yaml')).toMatchInlineSnapshot(`
      "apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: a
        namespace: test
        labels:
          app.kubernetes.io/name: a
          iamstack.dev/project: test
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/resource: service.a
          mine: "1"
      spec:
        replicas: 1
        selector:
          matchLabels:
            app.kubernetes.io/name: a
            iamstack.dev/project: test
        strategy:
          type: RollingUpdate
          rollingUpdate:
            maxSurge: 1
            maxUnavailable: 0
        progressDeadlineSeconds: 120
        template:
          metadata:
            labels:
              app.kubernetes.io/managed-by: iamstack
              app.kubernetes.io/part-of: test
              iamstack.dev/project: test
              iamstack.dev/resource: service.a
              app.kubernetes.io/name: a
          spec:
            automountServiceAccountToken: false
            enableServiceLinks: false
            restartPolicy: Always
            terminationGracePeriodSeconds: 10
            affinity:
              podAntiAffinity:
                preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    podAffinityTerm:
                      labelSelector:
                        matchLabels:
                          app.kubernetes.io/name: a
                          iamstack.dev/project: test
                      topologyKey: kubernetes.io/hostname
            containers:
              - name: a
                image: "x:1"
                imagePullPolicy: IfNotPresent
                env:
                  - name: A
                    value: "1"
                  - name: B
                    value: "2"
                terminationMessagePolicy: FallbackToLogsOnError
                args:
                  - x
              - name: side
                image: "s:1"
      "
    `)
  })
})
