import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ManifestFact } from '../../../src/drivers/facts.ts'
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

function decoded(object: KubeObject | undefined): Record<string, string> {
  const data = Object.entries((object?.['data'] ?? {}) as Record<string, string>)
  return Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
}

describe.skipIf(!isClusterWanted)('apply', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await ClusterBench.open()
  })
  afterEach(() => bench.close())

  it('brings a stack up, has nothing to do then, rolls what changed, and takes it down (S118)', async () => {
    const first = await bench.up(web, given)
    expect(first.failures).toBe('')
    expect((await bench.plan(web, given)).made.steps).toEqual([])
    const changed = { ...given, configs: { app: { 'a.txt': 'bye' } } }
    const second = await bench.up(web, changed)
    expect([second.text, second.failures]).toMatchInlineSnapshot(`
      [
        "~ update  config/app   file a.txt changed
      ~ update  service/web  config app changed  [after config/app]
      Plan: 2 to update; 2 unchanged.",
        "",
      ]
    `)
    const unset = web
      .replace('    replicas: 2\n', '')
      .replace('    ports: { http: 80 }\n', '')
      .replace(/ {4}health.*\n/, '')
    expect((await bench.up(unset, changed)).text).toMatchInlineSnapshot(`
      "~ update  service/web  ports, health and service removed
      Plan: 1 to update; 3 unchanged."
    `)
    expect(await bench.objects()).toMatchInlineSnapshot(`
      [
        "ConfigMap/app",
        "Deployment/web",
        "Secret/db",
        "Secret/web-env",
      ]
    `)
    const { text, failures } = await bench.down(web)
    expect([text, failures, await bench.objects()]).toMatchInlineSnapshot(`
      [
        "- delete  service/web  asked for
      - delete  config/app   asked for  [after service/web]
      - delete  secret/db    asked for  [after service/web]
      = keep    namespace/PROJECT  it holds volumes and secrets that the next up needs
      Plan: 3 to delete; 0 unchanged.",
        "",
        [],
      ]
    `)
  })

  it('keeps a password as it is, and tells it to nobody (G27)', async () => {
    await bench.up(web, given)
    expect(decoded(await bench.get('Secret', 'db'))).toEqual({ password: 'iam59!z$' })
    const environment = await bench.client.list(kinds.Secret, { namespace: bench.project })
    expect(environment.items.map((item) => [item.metadata.name, decoded(item)])).toMatchInlineSnapshot(`
      [
        [
          "db",
          {
            "password": "iam59!z$",
          },
        ],
        [
          "web-env",
          {
            "URL": "http://x:iam59!z$@y",
          },
        ],
      ]
    `)
    expect(JSON.stringify(bench.events)).not.toContain('iam59')
    const pods = await bench.client.list(kinds.Pod, { namespace: bench.project })
    expect(JSON.stringify(pods)).not.toContain('iam59')
  })

  it('gives nodes the credentials of a registry (S17, G27)', async () => {
    const yaml = `
registries:
  main: { host: registry.example.com, credentials: { env: { user: U, password: P } } }
services:
  web: { image: "nginx:1.22" }
`
    expect((await bench.up(yaml)).failures).toBe('')
    expect(decoded(await bench.get('Secret', 'registry-main'))).toMatchInlineSnapshot(`
      {
        ".dockerconfigjson": "{"auths":{"registry.example.com":{"username":"iam","password":"iam59!z$","auth":"aWFtOmlhbTU5IXok"}}}",
      }
    `)
    expect((await bench.plan(yaml)).made.steps).toEqual([])
  })

  it('leaves alone what is there already and not ours', async () => {
    await bench.up('services: { other: { image: "nginx:1.22", stop: { grace: 1s } } }')
    await bench.kubectl('create', 'configmap', 'app', '--from-literal=theirs=1')
    expect((await bench.up(web, given)).failures).toMatchInlineSnapshot(`
      "precondition line 13: ConfigMap app is there already, and was not made by iamstack
      hint: choose another name, remove it, or hand it over: kubectl label configmaps -n PROJECT app iamstack.dev/project=PROJECT"
    `)
    await bench.down(web)
    expect(await bench.kubectl('get', 'configmap', 'app', '-o', 'jsonpath={.data.theirs}')).toBe('1')
  })

  it('does not take a namespace over (S58)', async () => {
    await bench.client.create(kinds.Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: bench.project },
    })
    await expect(bench.plan(web, given)).rejects.toThrow(
      `namespace ${bench.project} is there already, and it was not made by iamstack`,
    )
  })

  it('uses a namespace that the profile names, and leaves it there', async () => {
    const name = `${bench.project}-given`
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await bench.client.create(kinds.Namespace, object)
    try {
      const options = {
        profile: 'named',
        files: { 'profiles/named.yaml': `target: docker-desktop\nnamespace: ${name}\n` },
      }
      const yaml = 'services: { web: { image: "nginx:1.22", stop: { grace: 1s } } }'
      expect((await bench.up(yaml, {}, options)).failures).toBe('')
      expect((await bench.plan(yaml, {}, options)).made.steps).toEqual([])
      const down = await bench.down(yaml, 'all', true, options)
      expect([down.text.replaceAll(name, 'GIVEN'), down.failures, bench.messages()]).toMatchInlineSnapshot(`
        [
          "- delete  service/web                   asked for
        - delete  namespace/PROJECT-given  asked for  [after service/web]
        Plan: 2 to delete; 0 unchanged.",
          "",
          [
            "namespace PROJECT-given stays: it was there before, and is not ours",
          ],
        ]
      `)
      const left = await bench.client.get(kinds.Namespace, undefined, name)
      expect(left?.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': name })
    } finally {
      await bench.client.remove(kinds.Namespace, undefined, name)
    }
  })

  it('deletes a namespace of ours with all that is in it, and waits (S173)', async () => {
    await bench.up(web, given)
    const { failures } = await bench.down(web, 'all', true)
    expect(failures).toBe('')
    expect(await bench.client.get(kinds.Namespace, undefined, bench.project)).toBeUndefined()
  })

  it('ends in the same state after an interruption at any point (S117)', async () => {
    for (const delay of [30, 120, 250, 400, 700, 1_200]) {
      const ended = AbortSignal.timeout(delay)
      await bench.up(web, given, {}, { signal: ended }).catch((error: unknown) => {
        if (!ended.aborted) throw error
      })
    }
    expect((await bench.up(web, given)).failures).toBe('')
    expect((await bench.plan(web, given)).made.steps).toEqual([])
  })

  it('makes raw objects in order, and removes them when they are no longer there (S97)', async () => {
    const group = `${bench.project}.example.com`
    const named = (kind: string, name: string, spec: unknown, apiVersion = 'v1'): ManifestFact => ({
      object: { apiVersion, kind, metadata: { name }, ...(spec as object) },
      from: { file: '/stack/raw.yaml', line: 1, column: 1, length: 1 },
    })
    const definition = named(
      'CustomResourceDefinition',
      `gadgets.${group}`,
      {
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          ],
        },
      },
      'apiextensions.k8s.io/v1',
    )
    const gadget = named('Gadget', 'one', { spec: { size: 1 } }, `${group}/v1`)
    const yaml = 'services: { web: { image: "nginx:1.22", stop: { grace: 1s } } }'
    const manifests = [gadget, definition, named('ConfigMap', 'raw', { data: { a: '1' } })]
    expect((await bench.up(yaml, {}, { manifests })).failures).toBe('')
    expect((await bench.plan(yaml, {}, { manifests })).made.steps).toEqual([])
    expect(await bench.kubectl('get', `gadgets.${group}`, '-o', 'name')).toContain('/one')
    const { text, failures } = await bench.up(yaml)
    expect([text, failures]).toMatchInlineSnapshot(`
      [
        "- delete  manifest/ConfigMap.raw                                              no longer in the stack
      - delete  manifest/CustomResourceDefinition.gadgets.PROJECT.example.com  no longer in the stack
      !                                                                             destroys every Gadget in the cluster
      - delete  manifest/Gadget.one                                                 no longer in the stack
      Plan: 3 to delete; 2 unchanged. Data is lost in 1 step.",
        "",
      ]
    `)
    expect((await bench.plan(yaml)).made.steps).toEqual([])
  })

  it('says what holds up a deletion (S173)', async () => {
    await bench.up(web, given)
    await bench.kubectl('patch', 'configmap', 'app', '-p', '{"metadata":{"finalizers":["example.com/slow"]}}')
    const { untilGone } = await import('../../../src/drivers/kubernetes/apply/gone.ts')
    const object = await bench.get('ConfigMap', 'app')
    await bench.client.remove(kinds.ConfigMap, bench.project, 'app')
    if (!object) throw new Error('it is not there')
    const signal = new AbortController().signal
    const waiting = untilGone(
      { kind: kinds.ConfigMap, object },
      { client: bench.client, signal, patience: 1_000 },
    )
    await expect(waiting).rejects.toThrow(
      'ConfigMap app is still there after 1 s: it waits for finalizer example.com/slow',
    )
    await bench.kubectl('patch', 'configmap', 'app', '--type=merge', '-p', '{"metadata":{"finalizers":null}}')
  })

  it('looks at everything by as many calls as there are kinds, whatever the number of services', async () => {
    const many = (count: number) =>
      `services:\n${Array.from({ length: count }, (_, index) => `  s${String(index)}: { image: "busybox:stable", command: [sleep, "1000"], replicas: 0 }\n`).join('')}`
    const calls = async (yaml: string): Promise<number> => {
      let count = 0
      const context = await bench.context(yaml)
      const counting = new Proxy(bench.client, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key)
          if (typeof value !== 'function') return value
          return (...words: unknown[]): unknown => {
            count += 1
            return Reflect.apply(value, target, words) as unknown
          }
        },
      })
      const { observe } = await import('../../../src/drivers/kubernetes/observe/observe.ts')
      await observe({ ...context, client: () => Promise.resolve(counting) }, AbortSignal.timeout(20_000))
      return count
    }
    expect((await bench.up(many(1))).failures).toBe('')
    const one = await calls(many(1))
    expect((await bench.up(many(20))).failures).toBe('')
    expect(await calls(many(20))).toBe(one)
  })
})
