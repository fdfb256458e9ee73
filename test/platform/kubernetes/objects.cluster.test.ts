import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { conflictsOf } from '../../../src/platform/kubernetes/errors.ts'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { loadKubeconfig } from '../../../src/platform/kubernetes/kubeconfig.ts'
import { failureOf } from './fake-api.ts'
import { isClusterWanted, kubeconfigPath, realCluster } from './real-cluster.ts'

describe.skipIf(!isClusterWanted)('objects of a cluster', () => {
  const cluster = realCluster()
  const configMap = (name: string, data: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: cluster.namespace },
    data,
  })

  test('applied, seen, contested, changed, replaced and removed', async () => {
    const client = cluster.client()
    const { namespace } = cluster
    const dry = await client.apply(kinds.ConfigMap, configMap('a', { x: '1' }), { dryRun: true })
    expect(dry['data']).toEqual({ x: '1' })
    expect(await client.get(kinds.ConfigMap, namespace, 'a')).toBeUndefined()

    const made = await client.apply(kinds.ConfigMap, configMap('a', { x: '1' }))
    expect(made.metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
      ['iamstack', 'Apply'],
    ])
    const other = { fieldManager: 'argocd' }
    const refused: unknown = await client
      .apply(kinds.ConfigMap, configMap('a', { x: '2' }), other)
      .catch((error: unknown) => error)
    expect(conflictsOf(refused)).toEqual([{ field: '.data.x', manager: 'iamstack', subresource: undefined }])
    await client.apply(kinds.ConfigMap, configMap('a', { x: '2' }), { ...other, force: true })

    const patched = await client.patch(kinds.ConfigMap, namespace, 'a', { data: { y: '3' } })
    expect(patched['data']).toEqual({ x: '2', y: '3' })
    await client.replace(kinds.ConfigMap, { ...patched, data: { z: '4' } })
    expect(await failureOf(client.replace(kinds.ConfigMap, patched))).toContain('KubeError 409 Conflict')

    const { items } = await client.list(kinds.ConfigMap, {
      namespace,
      fieldSelector: 'metadata.name=a',
      metadataOnly: true,
    })
    expect(
      items.map(({ kind, apiVersion, metadata, data }) => [kind, apiVersion, metadata.name, data]),
    ).toEqual([['ConfigMap', 'v1', 'a', undefined]])
    const uid = 'somebody-else'
    expect(await failureOf(client.remove(kinds.ConfigMap, namespace, 'a', { uid }))).toContain('409')
    expect(await client.remove(kinds.ConfigMap, namespace, 'a')).toBe(true)
    expect(await client.remove(kinds.ConfigMap, namespace, 'a')).toBe(false)
  })

  test('what is wrong with an object is told field by field', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: cluster.namespace },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 99 }], selector: { a: 'b' } },
    }
    const error: unknown = await cluster
      .client()
      .apply(kinds.Service, service)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      status: 422,
      reason: 'Invalid',
      causes: [{ field: 'spec.ports[0].nodePort' }],
    })
  })

  test('kinds, rights, version and raw paths', async () => {
    const client = cluster.client()
    expect(await client.kindOf('policy/v1', 'PodDisruptionBudget')).toEqual({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      plural: 'poddisruptionbudgets',
      isNamespaced: true,
    })
    expect(await client.kindOf('policy/v1beta1', 'PodSecurityPolicy')).toBeUndefined()
    expect(await client.raw('/readyz')).toBe('ok')
    expect((await client.version()).major).toBe(1)
  })

  test('S63: a user without rights is told all that is missing', async () => {
    const { namespace } = cluster
    const admin = cluster.client()
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'viewer', namespace } }
    await admin.create(kinds.Role, {
      ...role,
      kind: 'Role',
      rules: [
        { apiGroups: ['', 'apps'], resources: ['configmaps', 'deployments'], verbs: ['get', 'create'] },
      ],
    })
    await admin.create(kinds.RoleBinding, {
      ...role,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'viewer' },
      subjects: [{ kind: 'User', name: 'viewer', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    const context = cluster.context()
    const impersonate = { user: 'viewer', uid: undefined, groups: [], extra: {} }
    const viewer = createKubeClient({ ...context, user: { ...context.user, impersonate } })
    onTestFinished(() => {
      viewer.close()
    })
    const questions = [
      { verb: 'create', group: '', resource: 'configmaps', namespace },
      { verb: 'create', group: 'apps', resource: 'deployments', namespace },
      { verb: 'create', group: '', resource: 'secrets', namespace },
      { verb: 'get', group: '', resource: 'pods/exec', namespace },
      { verb: 'create', group: '', resource: 'namespaces', namespace: undefined },
    ] as const
    expect(await viewer.forbidden(questions)).toEqual(questions.slice(2))
    expect(await admin.forbidden(questions)).toEqual([])
    expect(await failureOf(viewer.get(kinds.Secret, namespace, 'x'))).toContain('KubeError 403 Forbidden')
  })

  test('a watch outlives a server that goes away and comes back', async () => {
    const { namespace } = cluster
    const relay = await relayTo(new URL(cluster.context().cluster.server))
    const { cluster: entry, ...context } = cluster.context()
    const through = createKubeClient({ ...context, cluster: { ...entry, server: relay.url } })
    const stop = new AbortController()
    onTestFinished(() => {
      stop.abort()
      through.close()
    })
    const watching = through.watch(kinds.Secret, { namespace, fieldSelector: 'type=Opaque' }, stop.signal)
    const events = watching[Symbol.asyncIterator]()
    const next = async () => {
      const { value } = (await events.next()) as { value: { type: string; object?: KubeObject } }
      return `${value.type} ${value.object?.metadata.name ?? ''}`
    }
    const secret = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
    })
    expect(await next()).toBe('listed ')
    const first = next()
    await cluster.client().create(kinds.Secret, secret('one'))
    expect(await first).toBe('added one')
    await relay.stop()
    const second = next()
    await cluster.client().create(kinds.Secret, secret('two'))
    // A read through a server that has just gone waits for it to come back.
    const read = through.get(kinds.Secret, namespace, 'two')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await relay.start()
    expect(await second).toBe('added two')
    expect((await read)?.metadata.name).toBe('two')
  })

  test('S59: the kubeconfig is the same, byte for byte, whatever was done', async () => {
    const path = kubeconfigPath ?? ''
    const sum = async () =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    const before = await sum()
    const client = createKubeClient((await loadKubeconfig({ KUBECONFIG: path })).context('docker-desktop'))
    await client.apply(kinds.ConfigMap, configMap('b', {}))
    client.close()
    expect(await sum()).toBe(before)
  })
})

/** A door before the API server that can be shut, connections and all. */
async function relayTo(server: URL) {
  const open = new Set<Socket>()
  const relay = createServer((near) => {
    const far = connect(Number(server.port), server.hostname)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      relay.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = relay.address() as AddressInfo
  const stop = async () => {
    const closed = new Promise((resolve) => relay.close(resolve))
    for (const socket of open) socket.destroy()
    await closed
  }
  onTestFinished(async () => {
    if (relay.listening) await stop()
  })
  return { url: `https://127.0.0.1:${String(port)}`, stop, start: () => listen(port) }
}
