import { expect, test } from 'vitest'
import { imagesOfManifests } from '../../../src/drivers/kubernetes/manifests/images.ts'
import { duplicateObjects } from '../../../src/drivers/kubernetes/manifests/duplicates.ts'
import { specOf, type KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { serviceOf } from '../../content/stack.ts'
import { brief, context, factsOf, manifestsOf, resourcesOf } from '../../lint/objects.ts'

function objectOf(resource: KubeResource | undefined) {
  if (!resource) throw new Error('there is no such resource')
  const [first] = specOf(resource, 'objects').objects
  if (!first) throw new Error('it has no object')
  return first
}

/** `id ← what it needs`, one a line. */
function order(resources: readonly KubeResource[]): string {
  return resources.map(({ id, needs }) => [id, ...needs.map(({ on }) => `  ${on}`)].join('\n')).join('\n')
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, creationTimestamp: null, uid: abc }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      serviceAccountName: web
      initContainers: [{ name: init, image: "registry.example:5000/team/app:v1.0" }]
      containers:
        - { name: web, image: app, imagePullPolicy: Always }
        - { name: side, image: "redis:7" }
        - { name: near, image: "app-amd64:1" }
status: {}
`

test('images of the stack take the place of their names, whatever registry and tag were written (S8, S21)', async () => {
  const images = { app: 'app:0123abcd' }
  const [resource] = await resourcesOf(deployment, {}, images, {
    ...context,
    imageFor: (reference) => `localhost:5001/${reference}`,
    pullPolicy: () => 'Never',
    imageNeed: (image) => `delivery/${image}`,
  })
  expect(objectOf(resource).object).toMatchInlineSnapshot(`
    {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "metadata": {
        "labels": {
          "app.kubernetes.io/managed-by": "iamstack",
          "app.kubernetes.io/part-of": "todo",
          "iamstack.dev/project": "todo",
          "iamstack.dev/resource": "manifest.Deployment.web",
        },
        "name": "web",
        "namespace": "todo",
      },
      "spec": {
        "selector": {
          "matchLabels": {
            "app": "web",
          },
        },
        "template": {
          "metadata": {
            "labels": {
              "app": "web",
              "app.kubernetes.io/managed-by": "iamstack",
              "app.kubernetes.io/part-of": "todo",
              "iamstack.dev/project": "todo",
              "iamstack.dev/resource": "manifest.Deployment.web",
            },
          },
          "spec": {
            "containers": [
              {
                "image": "localhost:5001/app:0123abcd",
                "imagePullPolicy": "Never",
                "name": "web",
              },
              {
                "image": "redis:7",
                "name": "side",
              },
              {
                "image": "app-amd64:1",
                "name": "near",
              },
            ],
            "initContainers": [
              {
                "image": "localhost:5001/app:0123abcd",
                "imagePullPolicy": "Never",
                "name": "init",
              },
            ],
            "serviceAccountName": "web",
          },
        },
      },
    }
  `)
  expect(resource?.needs.map(({ on }) => on)).toEqual(['namespace/todo', 'delivery/app'])
  expect(resource?.updates).toEqual({ field: 'update', 'fixed-spec': 'replace' })
  expect(Object.keys(resource?.parts ?? {})).toEqual(['field metadata', 'field spec', 'fixed-spec'])
})

test('images that only raw objects run are known, with the place that names them', async () => {
  const facts = factsOf(await manifestsOf(deployment), { app: 'app:1', other: 'other:1' })
  expect([...imagesOfManifests(facts)]).toEqual([
    ['app', { file: '/todo/k8s.yaml', line: 4, column: 19, length: 3 }],
  ])
})

test('a pull policy that can work stays as it was written (S22)', async () => {
  const [resource] = await resourcesOf(deployment, {}, { app: 'registry.example/app:1' })
  expect(JSON.stringify(objectOf(resource).object)).toContain(
    '"image":"registry.example/app:1","imagePullPolicy":"Always"',
  )
})

test('raw objects are made in the order in which they can be: definitions, rules, what pods read, pods, gates (S97)', async () => {
  const text = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: gate }
---
apiVersion: example.com/v1
kind: Backup
metadata: { name: nightly }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: web }
---
apiVersion: v1
kind: Pod
metadata: { name: tool, namespace: tools }
spec:
  serviceAccountName: tool
  containers: [{ name: tool, image: busybox, envFrom: [{ configMapRef: { name: app } }, { secretRef: { name: db } }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }, { name: cert, secret: { secretName: todo-cert } }]
---
apiVersion: v1
kind: Pod
metadata: { name: reader }
spec:
  containers: [{ name: reader, image: busybox, envFrom: [{ configMapRef: { name: app } }, { secretRef: { name: db } }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }, { name: cert, secret: { secretName: todo-cert } }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: tool }
subjects: [{ kind: ServiceAccount, name: tool, namespace: tools }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: tool, namespace: tools }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: quota, namespace: tools }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: backups.example.com }
spec: { group: example.com, scope: Cluster, names: { kind: Backup, plural: backups } }
---
apiVersion: v1
kind: Namespace
metadata: { name: tools }
`
  const resources = await resourcesOf(text, {
    configs: new Map([['app', { name: 'app', sources: [], from: serviceOf('x', {}).from }]]),
    certs: new Map([['todo', { name: 'todo', leaves: new Map(), days: 1, from: serviceOf('x', {}).from }]]),
  })
  expect(order(resources)).toMatchInlineSnapshot(`
    "manifest/Namespace.tools
    manifest/CustomResourceDefinition.backups.example.com
    manifest/ResourceQuota.quota.tools
      manifest/Namespace.tools
    manifest/ServiceAccount.tool.tools
      manifest/Namespace.tools
    manifest/ClusterRoleBinding.tool
    manifest/PersistentVolumeClaim.data
      namespace/todo
    manifest/Pod.tool.tools
      manifest/Namespace.tools
      manifest/ClusterRoleBinding.tool
      manifest/ServiceAccount.tool.tools
      manifest/ResourceQuota.quota.tools
    manifest/Pod.reader
      namespace/todo
      manifest/PersistentVolumeClaim.data
      cert/todo
      config/app
    manifest/Backup.nightly
      manifest/CustomResourceDefinition.backups.example.com
    manifest/Service.serving.knative.dev.web
      namespace/todo
    manifest/ValidatingWebhookConfiguration.gate
      manifest/Pod.tool.tools
      manifest/Pod.reader"
  `)
  const backup = objectOf(resources.find(({ name }) => name === 'Backup.nightly'))
  expect(backup.kind).toEqual({
    apiVersion: 'example.com/v1',
    kind: 'Backup',
    plural: 'backups',
    isNamespaced: false,
  })
  expect(backup.object.metadata.namespace).toBeUndefined()
  expect(
    objectOf(resources.find(({ name }) => name === 'Service.serving.knative.dev.web')).isKindGuessed,
  ).toBe(true)
  expect(
    resources.flatMap(({ id, holdsData }) => (holdsData === undefined ? [] : [`${id}: ${holdsData}`])),
  ).toEqual([
    'manifest/Namespace.tools: everything in namespace tools',
    'manifest/CustomResourceDefinition.backups.example.com: every Backup in the cluster',
    'manifest/PersistentVolumeClaim.data: the data of claim data',
  ])
})

test('what cannot change is told apart, so that only its change makes an object anew (G23)', async () => {
  const job = (image: string, retries: number) =>
    resourcesOf(
      `apiVersion: batch/v1\nkind: Job\nmetadata: { name: once }\nspec: { backoffLimit: ${String(retries)}, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: "${image}" }] } } }\n`,
    )
  const [one] = await job('busybox:1', 1)
  const [otherImage] = await job('busybox:2', 1)
  const [otherRetries] = await job('busybox:1', 2)
  expect(otherImage?.parts['field spec']).toBe(one?.parts['field spec'])
  expect(otherImage?.parts['fixed-spec']).not.toBe(one?.parts['fixed-spec'])
  expect(otherRetries?.parts['fixed-spec']).toBe(one?.parts['fixed-spec'])
  expect(one && specOf(one, 'objects').isReplacedWith).toEqual(['fixed-spec'])
  expect(one?.updates).toEqual({ field: 'update', 'fixed-spec': 'replace' })
})

test('a raw pod does not answer for a service of the stack with its name', async () => {
  const text = deployment.replace('labels: { app: web }', 'labels: { app: web, app.kubernetes.io/name: api }')
  const [beside] = await resourcesOf(text, { services: new Map([['api', serviceOf('api', {})]]) })
  const template = (objectOf(beside).object['spec'] as { template: { metadata: unknown } }).template
  expect(template.metadata).toEqual({ labels: { app: 'web', 'app.kubernetes.io/name': 'api' } })
})

test('one object in two places is an error with both places, whatever its version (S105)', async () => {
  const resources = await resourcesOf(`
apiVersion: v1
kind: ConfigMap
metadata: { name: iam }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: iam, namespace: other }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: iam, namespace: todo }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: iam }
---
apiVersion: apps/v1beta2
kind: Deployment
metadata: { name: iam }
`)
  expect(brief(duplicateObjects(resources))).toMatchInlineSnapshot(`
    "k8s.yaml:12:19 error manifest/duplicate: ConfigMap iam exists twice in namespace todo
      k8s.yaml:4:19 the first one
      hint: one would overwrite the other: remove or rename one

    k8s.yaml:20:19 error manifest/duplicate: Deployment iam exists twice in namespace todo
      k8s.yaml:16:19 the first one
      hint: one would overwrite the other: remove or rename one"
  `)
})
