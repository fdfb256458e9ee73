import { expect, test } from 'vitest'
import { preflight, type ClusterNeeds } from '../../src/clusters/preflight.ts'
import { StepError } from '../../src/plan/step-error.ts'
import {
  KubeError,
  type AccessQuestion,
  type KubeClient,
  type KubeObject,
} from '../../src/platform/kubernetes/client.ts'

/** What a cluster answers; everything else would be a mistake of the code under test. */
interface Answers {
  readonly version?: { readonly major: number; readonly minor: number; readonly text: string } | StepError
  readonly nodes?: readonly KubeObject[] | KubeError
  readonly classes?: readonly KubeObject[]
  readonly forbidden?: readonly AccessQuestion[]
}

function clientOf(answers: Answers): KubeClient {
  const { version = { major: 1, minor: 34, text: 'v1.34.4' }, nodes = [node('one', true)] } = answers
  const client: Partial<KubeClient> = {
    context: { context: 'lab', cluster: 'lab', server: 'https://10.0.0.1:6443' },
    version: () => (version instanceof Error ? Promise.reject(version) : Promise.resolve(version)),
    list: ({ kind }) => {
      const items = kind === 'Node' ? nodes : (answers.classes ?? [])
      return items instanceof Error ? Promise.reject(items) : Promise.resolve({ items, resourceVersion: '1' })
    },
    forbidden: () => Promise.resolve(answers.forbidden ?? []),
  }
  return client as KubeClient
}

function node(name: string, isReady: boolean, spec: object = {}): KubeObject {
  const condition = isReady
    ? { type: 'Ready', status: 'True' }
    : { type: 'Ready', status: 'False', message: 'container runtime network not ready' }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec, status: { conditions: [condition] } }
}

function storageClass(name: string, isDefault = false): KubeObject {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': String(isDefault) }
  return { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, annotations } }
}

const nothing: ClusterNeeds = { claimsWithoutClass: [], classes: [], access: [], runsPods: true }

async function toldOf(answers: Answers, needs: Partial<ClusterNeeds> = {}): Promise<string> {
  const { error, warnings } = await preflight(
    clientOf(answers),
    { ...nothing, ...needs },
    AbortSignal.timeout(1000),
  )
  const words = error
    ? [`${error.kind}: ${error.message}`, ...error.evidence, `hint: ${error.hint ?? ''}`]
    : ['fine']
  return [...words, ...warnings.map((warning) => `warning: ${warning}`)].join('\n')
}

test('S62: a cluster that can take everything', async () => {
  const needs = { claimsWithoutClass: ['data'], classes: ['fast'] }
  expect(await toldOf({ classes: [storageClass('standard', true), storageClass('fast')] }, needs)).toBe(
    'fine',
  )
})

test('S62: no node takes pods', async () => {
  expect(await toldOf({ nodes: [node('one', false), node('two', true, { unschedulable: true })] }))
    .toMatchInlineSnapshot(`
    "precondition: the cluster of context "lab" (https://10.0.0.1:6443): none of its nodes is ready to take pods
    node one is not ready: container runtime network not ready
    node two is closed for new pods (cordoned)
    hint: wait until kubectl get nodes says Ready, or see why it does not: kubectl describe node"
  `)
  expect(await toldOf({ nodes: [] })).toMatchInlineSnapshot(`
    "precondition: the cluster of context "lab" (https://10.0.0.1:6443): it has no nodes
    hint: wait until kubectl get nodes says Ready, or see why it does not: kubectl describe node"
  `)
  expect(await toldOf({ nodes: [] }, { runsPods: false })).toBe('fine')
})

test('S62: it does not answer', async () => {
  const error = new StepError('precondition', 'the API server at https://10.0.0.1:6443 does not answer')
  expect(await toldOf({ version: error })).toBe(
    'precondition: the API server at https://10.0.0.1:6443 does not answer\nhint: ',
  )
})

test.each([
  [27, 'v1.27.3', true],
  [28, 'v1.28.0', false],
  [36, 'v1.36.1', false],
  [37, 'v1.37.0', true],
])('S62: version 1.%i', async (minor, text, isWarned) => {
  const told = await toldOf({ version: { major: 1, minor, text } })
  expect(told).toBe(
    isWarned
      ? `fine\nwarning: the cluster is ${text}; objects are made for 1.28 to 1.36: it may refuse or ignore fields`
      : 'fine',
  )
})

test('S87: volumes that would stay pending', async () => {
  const needs = { claimsWithoutClass: ['data', 'cache'], classes: ['fast'] }
  expect(await toldOf({ classes: [storageClass('standard')] }, needs)).toMatchInlineSnapshot(`
    "precondition: the cluster of context "lab" (https://10.0.0.1:6443) lacks 2 things that are needed: it has no default StorageClass; it has no StorageClass "fast"
    volumes that would stay pending: data, cache
    its StorageClasses: standard
    hint: write class: NAME at the volumes, or kubernetes: { capabilities: { storage-class: NAME } } in the profile; correct the class of the volume, or have the StorageClass made"
  `)
})

test('S63: all rights that are missing, at once, with whatever else is', async () => {
  const forbidden: AccessQuestion[] = [
    { verb: 'create', group: '', resource: 'secrets', namespace: 'shop' },
    { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' },
    { verb: 'create', group: '', resource: 'namespaces', namespace: undefined },
  ]
  const needs = { claimsWithoutClass: ['data'], access: forbidden }
  expect(await toldOf({ nodes: [], forbidden }, needs)).toMatchInlineSnapshot(`
    "precondition: the cluster of context "lab" (https://10.0.0.1:6443) lacks 3 things that are needed: it has no nodes; it has no default StorageClass; you lack 3 rights there
    volumes that would stay pending: data
    it has no StorageClass at all
    may not create namespaces
    may not create secrets in shop
    may not patch deployments.apps in shop
    hint: wait until kubectl get nodes says Ready, or see why it does not: kubectl describe node; write class: NAME at the volumes, or kubernetes: { capabilities: { storage-class: NAME } } in the profile; ask whoever administers the cluster for these; kubectl auth can-i --list shows what you have"
  `)
})

test('what may not be looked at is taken to be there', async () => {
  expect(await toldOf({ nodes: new KubeError(403, 'Forbidden', 'nodes is forbidden') })).toBe('fine')
})
