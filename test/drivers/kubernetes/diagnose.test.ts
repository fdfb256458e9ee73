import { describe, expect, it } from 'vitest'
import { judgeClaim } from '../../../src/drivers/kubernetes/diagnose/claim.ts'
import { judgeJob } from '../../../src/drivers/kubernetes/diagnose/job.ts'
import { sceneOf } from '../../../src/drivers/kubernetes/diagnose/scene.ts'
import { stopwatch, type Elapsed, type Verdict } from '../../../src/drivers/kubernetes/diagnose/verdict.ts'
import { judgeWorkload } from '../../../src/drivers/kubernetes/diagnose/workload.ts'
import type { KubeObject } from '../../../src/platform/kubernetes/client.ts'

type Fields = Readonly<Record<string, unknown>>

const late: Elapsed = () => Infinity
const early: Elapsed = () => 0

function object(kind: string, name: string, fields: Fields, metadata: Fields = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, uid: `uid-${name}`, ...metadata }, ...fields }
}

const ownedBy = (name: string): Fields => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'X', name, uid: `uid-${name}`, controller: true }],
})
const revision = (number: string): Fields => ({
  annotations: { 'deployment.kubernetes.io/revision': number },
})

/** A Deployment `web` of two replicas with its present and its former ReplicaSet. */
function deployment(status: Fields, metadata: Fields = {}): KubeObject[] {
  return [
    object(
      'Deployment',
      'web',
      { spec: { replicas: 2 }, status: { observedGeneration: 2, ...status } },
      { generation: 2, ...revision('2'), ...metadata },
    ),
    object('ReplicaSet', 'new', {}, { ...ownedBy('web'), ...revision('2') }),
    object('ReplicaSet', 'old', {}, { ...ownedBy('web'), ...revision('1') }),
  ]
}

const done = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }

interface PodFields {
  readonly set?: string
  readonly state?: Fields
  readonly last?: Fields
  readonly restarts?: number
  readonly isReady?: boolean
  readonly metadata?: Fields
  readonly status?: Fields
  readonly spec?: Fields
}

function pod(name: string, given: PodFields = {}): KubeObject {
  const { set = 'new', state = { running: {} }, last, restarts = 0, isReady = false } = given
  return object(
    'Pod',
    name,
    {
      spec: { nodeName: 'node', containers: [{ name: 'web', image: 'app:1' }], ...given.spec },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        containerStatuses: [
          { name: 'web', ready: isReady, restartCount: restarts, state, ...(last && { lastState: last }) },
        ],
        ...given.status,
      },
    },
    { ...ownedBy(set), ...given.metadata },
  )
}

function warning(about: string, reason: string, message: string, count = 1): KubeObject {
  return object('Event', `${about}-${reason}-${message.slice(0, 9)}`, {
    type: 'Warning',
    reason,
    message,
    count,
    involvedObject: { kind: 'Pod', name: about, uid: `uid-${about}` },
    lastTimestamp: '2026-01-01T00:00:00Z',
  })
}

function words(verdict: Verdict): string {
  switch (verdict.state) {
    case 'failed':
      return `failed: ${verdict.problem.text}`
    case 'ready':
    case 'waiting':
      return `${verdict.state}: ${verdict.detail}`
    default:
      return verdict satisfies never
  }
}

function judged(objects: readonly KubeObject[], elapsed = late, services: readonly string[] = []): string {
  const scene = sceneOf({ objects, mayGrow: false, elapsed })
  const readiness = {
    workload: 'Deployment',
    name: 'web',
    services,
    container: undefined,
    loadBalancers: [],
  } as const
  return words(judgeWorkload(scene, { kind: 'workload', ...readiness }))
}

const waiting = (reason: string, message = ''): Fields => ({ waiting: { reason, message } })

describe('a workload', () => {
  it('is ready when all replicas have the newest template and none of an older one stays (S114)', () => {
    const up = [pod('a', { isReady: true }), pod('b', { isReady: true })]
    expect(judged([...deployment(done), ...up])).toBe('ready: 2 of 2 ready')
    const ending = pod('c', { set: 'old', isReady: true, metadata: { deletionTimestamp: 'now' } })
    expect(judged([...deployment(done), ...up, ending])).toBe('ready: 2 of 2 ready')
    const staying = pod('c', { set: 'old', isReady: true })
    expect(judged([...deployment({ ...done, replicas: 3 }), ...up, staying])).toBe(
      'waiting: 2 of 2 ready; 1 of the version before still there',
    )
    expect(judged([...deployment(done, { generation: 3 }), ...up])).toBe(
      'waiting: the cluster has not seen the change yet',
    )
  })

  it('with one replica and maxUnavailable 1 is not ready while its image is missing (S114)', () => {
    const held = pod('a', { state: waiting('ErrImagePull', 'manifest unknown') })
    expect(judged([...deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 1 }), held])).toBe(
      'failed: image app:1 cannot be pulled: manifest unknown',
    )
  })

  it('that the controller gave up is waited for while pods advance (S115, G5)', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 0, conditions }
    expect(judged([...deployment(status), pod('a')])).toBe('waiting: 0 of 2 ready; a: not ready yet')
  })

  it('has endpoints soon after its pods are ready, or never (S84)', () => {
    const up = [pod('a', { isReady: true }), pod('b', { isReady: true })]
    expect(judged([...deployment(done), ...up], early, ['web'])).toBe(
      'waiting: Service web has no endpoints yet',
    )
    expect(judged([...deployment(done), ...up], late, ['web'])).toContain(
      'failed: Service web has no endpoints',
    )
  })
})

describe('an image', () => {
  const pulled = (message: string, elapsed = early, tries = 1): string => {
    const failure = warning('a', 'Failed', `Failed to pull image "app:1": ${message}`, tries)
    const held = pod('a', { state: waiting('ImagePullBackOff', 'Back-off pulling image "app:1"') })
    return judged([...deployment({}), held, failure], elapsed)
  }

  it('that is missing or refused fails at once, in the words of every runtime', () => {
    expect([
      pulled('rpc error: code = NotFound desc = failed to pull and unpack image "app:1": not found'),
      pulled('Error response from daemon: pull access denied for app, repository does not exist'),
      pulled('rpc error: code = Unknown desc = unauthorized: authentication required'),
      pulled('no match for platform in manifest: not found'),
    ]).toMatchInlineSnapshot(`
      [
        "failed: image app:1 cannot be pulled: not found",
        "failed: image app:1 cannot be pulled: pull access denied for app, repository does not exist",
        "failed: image app:1 cannot be pulled: unauthorized: authentication required",
        "failed: image app:1 cannot be pulled: no match for platform in manifest: not found",
      ]
    `)
  })

  it('whose registry does not answer is tried three times', () => {
    const nowhere = 'dial tcp: lookup registry.invalid: no such host'
    expect([pulled(nowhere), pulled(nowhere, early, 2), pulled(nowhere, early, 3)]).toMatchInlineSnapshot(`
      [
        "waiting: 0 of 2 ready; a: ImagePullBackOff",
        "waiting: 0 of 2 ready; a: ImagePullBackOff",
        "failed: image app:1 cannot be pulled: dial tcp: lookup registry.invalid: no such host",
      ]
    `)
  })
})

describe('a program', () => {
  const ended = (exitCode: number, at: string, reason = 'Error'): Fields => ({
    terminated: { exitCode, reason, finishedAt: at },
  })

  it('that fails once may be started again, and that fails twice is broken', () => {
    const once = pod('a', { state: ended(1, '2026-01-01T00:00:00Z') })
    expect(judged([...deployment({}), once])).toContain('waiting')
    const twice = pod('a', {
      state: ended(1, '2026-01-01T00:00:10Z'),
      last: ended(1, '2026-01-01T00:00:00Z'),
      restarts: 1,
    })
    expect(judged([...deployment({}), twice])).toBe('failed: container web exited 1, 2 times')
  })

  it('that fails once in an hour, or ends well, is no failure (S130, G6)', () => {
    const apart = pod('a', {
      state: ended(1, '2026-01-01T01:00:00Z'),
      last: ended(1, '2026-01-01T00:00:00Z'),
      restarts: 1,
    })
    expect(judged([...deployment({}), apart])).toContain('waiting')
    const well = pod('a', {
      state: ended(0, '2026-01-01T01:00:00Z'),
      last: ended(0, '2026-01-01T00:00:00Z'),
      restarts: 9,
    })
    expect(judged([...deployment({}), well])).toContain('waiting')
  })

  it('that is refused a moment after its secret was made is not judged yet', () => {
    const held = pod('a', { state: waiting('CreateContainerConfigError', 'secret "db" not found') })
    expect(judged([...deployment({}), held], early)).toContain('waiting')
    expect(judged([...deployment({}), held])).toBe(
      'failed: container web cannot start: secret "db" not found',
    )
  })

  it('whose files cannot be mounted fails after a while', () => {
    const held = pod('a', { state: waiting('ContainerCreating'), status: { phase: 'Pending' } })
    const failure = warning(
      'a',
      'FailedMount',
      'MountVolume.SetUp failed for volume "x" : configmap "x" not found',
    )
    expect([judged([...deployment({}), held, failure], early), judged([...deployment({}), held, failure])])
      .toMatchInlineSnapshot(`
      [
        "waiting: 0 of 2 ready; a: ContainerCreating",
        "failed: pod a cannot mount its files: MountVolume.SetUp failed for volume "x" : configmap "x" not found",
      ]
    `)
  })
})

describe('a pod without a node', () => {
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No victims.'
  const unscheduled = (name: string, metadata: Fields = {}) =>
    pod(name, {
      state: {},
      metadata,
      spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      },
    })

  it('fails in the words of the scheduler, unless one may come or others are about to leave', () => {
    expect(judged([...deployment({}), unscheduled('a')])).toBe(
      'failed: no node can run pod a: 0/1 nodes are available: 1 Insufficient cpu',
    )
    const leaving = pod('b', { set: 'old', metadata: { deletionTimestamp: 'now' } })
    expect(judged([...deployment({}), unscheduled('a'), leaving])).toContain('waiting for a node')
    const scene = sceneOf({ objects: [...deployment({}), unscheduled('a')], mayGrow: true, elapsed: late })
    const readiness = {
      workload: 'Deployment',
      name: 'web',
      services: [],
      container: undefined,
      loadBalancers: [],
    } as const
    expect(words(judgeWorkload(scene, { kind: 'workload', ...readiness }))).toContain('waiting for a node')
  })

  it('whose volume is not bound yet waits for that, and says why it never will be', () => {
    const claim = object('PersistentVolumeClaim', 'data', {
      spec: { storageClassName: 'fast' },
      status: { phase: 'Pending' },
    })
    expect(judged([...deployment({}), unscheduled('a'), claim], early)).toContain('waiting for a node')
    const classes = [object('StorageClass', 'standard', {})]
    const scene = sceneOf({ objects: [claim], classes, mayGrow: false, elapsed: late })
    const lazy = [object('StorageClass', 'fast', { volumeBindingMode: 'WaitForFirstConsumer' })]
    const nameless = object('PersistentVolumeClaim', 'data', { spec: {}, status: { phase: 'Pending' } })
    expect([
      words(judgeClaim(claim, scene)),
      words(judgeClaim(claim, { ...scene, classes: lazy })),
      words(judgeClaim(nameless, scene)),
    ]).toMatchInlineSnapshot(`
      [
        "failed: claim data asks for StorageClass fast, which does not exist",
        "ready: waiting for its first pod",
        "failed: claim data names no StorageClass, and the cluster has no default one",
      ]
    `)
  })
})

describe('a job', () => {
  it('may fail as often as it has tries', () => {
    const failed = pod('one', {
      set: 'migrate',
      status: {
        phase: 'Failed',
        containerStatuses: [{ name: 'web', restartCount: 0, state: { terminated: { exitCode: 4 } } }],
      },
    })
    const job = (conditions: readonly Fields[]): KubeObject =>
      object('Job', 'migrate', { status: { conditions } })
    const judge = (conditions: readonly Fields[]): string =>
      words(
        judgeJob(sceneOf({ objects: [job(conditions), failed], mayGrow: false, elapsed: late }), 'migrate'),
      )
    expect([
      judge([]),
      judge([{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }]),
      judge([{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }]),
      judge([{ type: 'Complete', status: 'True' }]),
    ]).toMatchInlineSnapshot(`
      [
        "waiting: not started yet; 1 failed before",
        "failed: failed: exited 4",
        "failed: did not end within its time",
        "ready: completed",
      ]
    `)
  })
})

describe('a stopwatch', () => {
  it('counts from the first time that it is asked, by our own clock', () => {
    let now = 5_000
    const elapsed = stopwatch(() => now)
    expect(elapsed('a', '2030-01-01T00:00:00Z')).toBe(0)
    now = 8_000
    expect([elapsed('a', undefined), elapsed('b', undefined)]).toEqual([3_000, 0])
  })
})
