import { describe, expect, test } from 'vitest'
import { checkApi } from '../../src/clusters/live-check/api.ts'
import type { LiveSubject } from '../../src/clusters/live-check/finding.ts'
import { checkLive } from '../../src/clusters/live-check/live-check.ts'
import { checkLoadBalancer } from '../../src/clusters/live-check/load-balancer.ts'
import { checkNodes } from '../../src/clusters/live-check/nodes.ts'
import { checkStorage } from '../../src/clusters/live-check/storage.ts'
import type { Cluster } from '../../src/clusters/cluster.ts'
import { StepError } from '../../src/plan/step-error.ts'
import { KubeError, type KubeObject } from '../../src/platform/kubernetes/client.ts'
import { resolvedStack } from '../resolve/stack.ts'

const { signal } = new AbortController()
const data =
  'volumes: { data: {} }\nservices: { db: { image: redis:7, mounts: { /data: { volume: data } } } }'

function object(name: string, fields: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, namespace: 'apps' }, ...fields }
}

/** A cluster that has these objects of whatever kind. */
async function subject(
  items: readonly KubeObject[],
  options: { readonly version?: [number, number]; readonly stack?: string } = {},
): Promise<LiveSubject> {
  const [major, minor] = options.version ?? [1, 34]
  return {
    client: {
      context: { context: 'here', cluster: 'here', server: 'https://here:6443' },
      version: () => Promise.resolve({ major, minor, text: `v${major}.${minor}.1` }),
      raw: () => Promise.resolve('ok'),
      list: () => Promise.resolve({ items, resourceVersion: '1' }),
    } as unknown as LiveSubject['client'],
    cluster: {
      abilities: { loadBalancer: 'cloud', versions: { oldest: '1.28', newest: '1.36' } },
    } as unknown as LiveSubject['cluster'],
    stack: await resolvedStack(`name: live\n${options.stack ?? data}`, { profile: 'docker-desktop' }),
    image: undefined,
  }
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }

describe('check --live (S162)', () => {
  test.each([
    [
      1,
      27,
      'problem Kubernetes v1.27.1: objects are made for 1.28 to 1.36, and older servers refuse or ignore fields',
    ],
    [1, 28, 'ok Kubernetes v1.28.1 answers at https://here:6443'],
    [1, 36, 'ok Kubernetes v1.36.1 answers at https://here:6443'],
    [1, 37, 'warning Kubernetes v1.37.1: objects are made for 1.28 to 1.36'],
    [2, 0, 'warning Kubernetes v2.0.1: objects are made for 1.28 to 1.36'],
  ])('Kubernetes %i.%i', async (major, minor, expected) => {
    const { level, message } = await checkApi(await subject([], { version: [major, minor] }), signal)
    expect(`${level} ${message}`).toBe(expected)
  })

  const tainted = object('control', { status: ready, spec: { taints: [{ effect: 'NoSchedule' }] } })
  const cordoned = object('closed', { status: ready, spec: { unschedulable: true } })
  const broken = object('down', {
    status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'Gone' }] },
  })
  const good = object('worker', { status: ready })
  test.each([
    ['all', [good], 'ok 1 of 1 node takes pods'],
    ['one set apart', [tainted, good], 'ok 1 of 2 nodes take pods'],
    ['one lost', [good, broken], 'warning 1 of 2 nodes take pods: node down is not ready: Gone'],
    ['none open', [cordoned], 'problem no node takes pods: node closed is closed for new pods (cordoned)'],
    [
      'all set apart',
      [tainted],
      'problem no node takes pods: each has a taint that keeps ordinary ones away',
    ],
  ])('nodes: %s', async (_name, nodes, expected) => {
    const { level, message } = await checkNodes(await subject(nodes), signal)
    expect(`${level} ${message}`).toBe(expected)
  })

  const byDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  const standard = { ...object('standard'), metadata: { name: 'standard', annotations: byDefault } }
  const fast = { ...object('fast'), metadata: { name: 'fast', annotations: byDefault } }
  const classed = data.replace('data: {}', 'data: { class: slow }')
  test.each([
    ['one default', [standard, object('slow')], data, 'ok the default StorageClass is standard'],
    ['none', [], data, 'problem no StorageClass is the default: there is none'],
    ['several', [standard, fast], data, 'problem several StorageClasses are the default: standard, fast'],
    ['a class that is not there', [standard], classed, 'problem no StorageClass slow: there are standard'],
    [
      'nobody asks',
      [object('slow')],
      classed,
      'unchecked not checked: no StorageClass is the default: there are slow, and no volume of the stack leaves the choice to the cluster',
    ],
  ])('storage: %s', async (_name, classes, stack, expected) => {
    const { level, message } = await checkStorage(await subject(classes, { stack }), signal)
    expect(`${level} ${message}`).toBe(expected)
  })

  const served = object('web', {
    spec: { type: 'LoadBalancer' },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  })
  const waiting = object('late', { spec: { type: 'LoadBalancer' } })
  test.each([
    ['served', [served, object('inner')], 'ok provided: 1 of type LoadBalancer, and each has an address'],
    ['waiting', [served, waiting], 'warning without an address: apps/late'],
    ['none', [], 'unchecked not checked: the cluster has no Service of type LoadBalancer to look at'],
  ])('load balancers: %s', async (_name, services, expected) => {
    const { level, message } = await checkLoadBalancer(await subject(services), signal)
    expect(`${level} ${message}`).toBe(expected)
  })

  test('a cluster that is not reached is one problem, and nothing else is known', async () => {
    const { stack } = await subject([])
    const cluster = {
      open: () => Promise.reject(new StepError('precondition', 'nobody answers', { hint: 'start it' })),
    } as unknown as Cluster
    const found = await checkLive(cluster, { stack, image: undefined }, signal)
    expect(found[0]).toEqual({
      check: 'cluster/api',
      level: 'problem',
      message: 'nobody answers',
      cure: 'start it',
    })
    expect(found.slice(1).map(({ level }) => level)).toEqual(Array(5).fill('unchecked'))
  })

  test('what one may not look at is unknown, not wrong', async () => {
    const { client, ...rest } = await subject([])
    const list = () => Promise.reject(new KubeError(403, 'Forbidden', 'may not list nodes'))
    const cluster = {
      ...rest.cluster,
      open: () => Promise.resolve({ ...client, list }),
      pullPolicy: () => 'Never',
    } as unknown as Cluster
    const stack = await resolvedStack(
      'name: live\nimages: { a: { context: . } }\nservices: { a: { image: a } }',
      {
        profile: 'docker-desktop',
      },
    )
    const found = await checkLive(cluster, { stack, image: undefined }, signal)
    expect(found.map(({ check, level }) => `${check} ${level}`)).toEqual([
      'cluster/api ok',
      'cluster/nodes unchecked',
      'cluster/storage unchecked',
      'cluster/load-balancer unchecked',
      'cluster/pull unchecked',
      'cluster/dns unchecked',
    ])
  })
})
