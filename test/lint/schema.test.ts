import { expect, test } from 'vitest'
import { checkObjects, placedObjects } from '../../src/lint/schema/check-objects.ts'
import { brief, resourcesOf } from './objects.ts'

async function check(
  text: string,
  newest = '1.34',
  nodePortRange: readonly [number, number] = [30_000, 32_767],
) {
  const objects = placedObjects(await resourcesOf(text))
  return brief(await checkObjects(objects, { versions: { oldest: newest, newest }, nodePortRange }))
}

test('fields, types, values and ranges are compared with the description of the kind (S104)', async () => {
  const said = await check(`apiVersion: apps/v1
kind: Deployment
metadata: { name: web, label: {} }
spec:
  replicas: "2"
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      restartPolicy: Sometimes
      containers:
        - name: web
          image: busybox
          imagePullPolicy: allways
          comand: [sh]
          args: serve
          ports: [{ containerPort: 80000 }]
          resources: { limits: { cpu: 1 core, memory: 512Mi } }
          livenessProbe: { httpGet: { path: /, port: http }, periodSeconds: 0 }
          volumeMounts: [{ name: data }]
        - image: busybox
`)
  expect(said).toMatchInlineSnapshot(`
    "k8s.yaml:3:24 error schema/unknown-field: Deployment web: metadata.label is no field of Kubernetes 1.34
      hint: did you mean \`labels\`?

    k8s.yaml:5:13 error schema/type: Deployment web: spec.replicas: must be a whole number, and this is "2"
      hint: without quotes

    k8s.yaml:10:22 error schema/enum: Deployment web: spec.template.spec.restartPolicy: "Sometimes" is none of its values
      hint: one of Always, Never, OnFailure

    k8s.yaml:14:28 error schema/enum: Deployment web: spec.template.spec.containers[0].imagePullPolicy: "allways" is none of its values
      hint: did you mean \`Always\`?

    k8s.yaml:15:11 error schema/unknown-field: Deployment web: spec.template.spec.containers[0].comand is no field of Kubernetes 1.34
      hint: did you mean \`command\`?

    k8s.yaml:16:17 error schema/type: Deployment web: spec.template.spec.containers[0].args: must be a list, and this is "serve"

    k8s.yaml:17:36 error schema/range: Deployment web: spec.template.spec.containers[0].ports[0].containerPort: 80000 is not a port (1 to 65535)

    k8s.yaml:18:39 error schema/quantity: Deployment web: spec.template.spec.containers[0].resources.limits.cpu: "1 core" is not a quantity
      hint: write 250m, 0.5, 512Mi, 2Gi

    k8s.yaml:19:77 error schema/range: Deployment web: spec.template.spec.containers[0].livenessProbe.periodSeconds: 0 is not 1 or more

    k8s.yaml:20:26 error schema/required: Deployment web: spec.template.spec.containers[0].volumeMounts[0].mountPath is required

    k8s.yaml:21:11 error schema/required: Deployment web: spec.template.spec.containers[1].name is required"
  `)
})

test('node ports are compared with the range of the cluster (G14)', async () => {
  const service = `apiVersion: v1
kind: Service
metadata: { name: gateway }
spec: { type: NodePort, ports: [{ name: http, port: 80, nodePort: 80 }, { port: 443, nodePort: 20443 }] }
`
  expect(await check(service, '1.34', [20_000, 40_000])).toMatchInlineSnapshot(`
    "k8s.yaml:4:67 error schema/range: Service gateway: spec.ports[0].nodePort: 80 is not a node port of this cluster (20000 to 40000)

    k8s.yaml:4:73 error schema/port-name: Service gateway: spec.ports[1]: needs a name, since there are several ports"
  `)
})

test('removed versions are refused by their place, with what to write instead (S104, G11, G13, G21)', async () => {
  const text = `apiVersion: apps/v1beta1
kind: Deployment
metadata: { name: a }
---
apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata: { name: b }
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: ClusterRoleBinding
metadata: { name: c }
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: { name: d }
---
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: { name: e }
---
apiVersion: v1
kind: Deployment
metadata: { name: f }
---
apiVersion: v1
kind: ServiceAcount
metadata: { name: g }
---
apiVersion: example.com/v1
kind: Whatever
metadata: { name: h }
spec: { anything: goes }
`
  expect(await check(text)).toMatchInlineSnapshot(`
    "k8s.yaml:9:13 error schema/removed-api: ClusterRoleBinding c: Kubernetes 1.22 has removed ClusterRoleBinding of rbac.authorization.k8s.io/v1beta1
      hint: write apiVersion: rbac.authorization.k8s.io/v1

    k8s.yaml:1:13 error schema/removed-api: Deployment a: Kubernetes 1.16 has removed Deployment of apps/v1beta1
      hint: write apiVersion: apps/v1; \`spec.selector\` is required there

    k8s.yaml:5:13 error schema/removed-api: HorizontalPodAutoscaler b: Kubernetes 1.25 has removed HorizontalPodAutoscaler of autoscaling/v2beta1
      hint: write apiVersion: autoscaling/v2; targets of metrics are written in another way there

    k8s.yaml:13:13 error schema/removed-api: PodSecurityPolicy d: Kubernetes 1.25 has removed PodSecurityPolicy of policy/v1beta1
      hint: label the namespace with pod-security.kubernetes.io/enforce

    k8s.yaml:17:13 error schema/removed-api: FlowSchema e: Kubernetes 1.32 has removed FlowSchema of flowcontrol.apiserver.k8s.io/v1beta3
      hint: write apiVersion: flowcontrol.apiserver.k8s.io/v1

    k8s.yaml:21:13 error schema/unknown-kind: Deployment f: Kubernetes 1.34 has no Deployment in v1
      hint: write apiVersion: apps/v1

    k8s.yaml:26:7 error schema/unknown-kind: ServiceAcount g: Kubernetes 1.34 has no ServiceAcount in v1
      hint: did you mean \`ServiceAccount\`?"
  `)
  expect(await check(text, '1.31')).not.toContain('FlowSchema')
})

test('names, labels and keys that the server refuses', async () => {
  const said = await check(`apiVersion: v1
kind: Service
metadata: { name: 1api, labels: { "example.com/": x, tier: "a b" } }
spec: { ports: [{ name: Http, port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: App }
data: { "a/b": x, ok.yaml: text }
---
apiVersion: v1
kind: Pod
metadata: { name: pod }
spec:
  containers: [{ name: my_app, image: x, ports: [{ name: a-port-name-that-is-long, containerPort: 1 }] }]
`)
  expect(said).toMatchInlineSnapshot(`
    "k8s.yaml:8:19 error schema/name: ConfigMap App: metadata.name: Kubernetes refuses the name “App”
      hint: allowed are lower case letters, digits, \`-\` and \`.\`, at most 253 characters

    k8s.yaml:9:9 error schema/name: ConfigMap App: data.a/b: Kubernetes refuses the name “a/b”
      hint: allowed are letters, digits, \`-\`, \`_\` and \`.\`, at most 253 characters

    k8s.yaml:3:19 error schema/name: Service 1api: metadata.name: Kubernetes refuses the name “1api”
      hint: allowed are lower case letters, digits and \`-\`, a letter first, at most 63 characters

    k8s.yaml:3:35 error schema/name: Service 1api: metadata.labels.example.com/: Kubernetes refuses the name “example.com/”
      hint: allowed are letters, digits, \`-\`, \`_\` and \`.\`, at most 63 characters

    k8s.yaml:3:60 error schema/name: Service 1api: metadata.labels.tier: Kubernetes refuses the name “a b”
      hint: allowed are letters, digits, \`-\`, \`_\` and \`.\`, at most 63 characters

    k8s.yaml:4:25 error schema/name: Service 1api: spec.ports[0].name: Kubernetes refuses the name “Http”
      hint: allowed are lower case letters, digits and \`-\`, at most 63 characters

    k8s.yaml:15:24 error schema/name: Pod pod: spec.containers[0].name: Kubernetes refuses the name “my_app”
      hint: allowed are lower case letters, digits and \`-\`, at most 63 characters

    k8s.yaml:15:58 error schema/name: Pod pod: spec.containers[0].ports[0].name: Kubernetes refuses the name “a-port-name-that-is-long”
      hint: allowed are lower case letters, digits and single \`-\`, at most 15 characters, one of them a letter"
  `)
})

test('parts of one object must fit each other', async () => {
  const said = await check(`apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  template:
    spec:
      volumes: [{ name: dat, emptyDir: {} }]
      containers:
        - { name: a, image: x, volumeMounts: [{ name: data, mountPath: /data }], readinessProbe: { periodSeconds: 1 } }
        - { name: a, image: x, livenessProbe: { tcpSocket: { port: http } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template: { metadata: { labels: { app: other } }, spec: { containers: [{ name: a, image: x }] } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { minReplicas: 3, maxReplicas: 2, scaleTargetRef: { kind: Deployment, name: web } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: web }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: web }]
---
apiVersion: v1
kind: Pod
metadata: { name: empty }
`)
  expect(said).toMatchInlineSnapshot(`
    "k8s.yaml:28:12 error schema/required: ClusterRoleBinding web: subjects[0]: a ServiceAccount needs its \`namespace\`

    k8s.yaml:6:5 error schema/restart-policy: Job once: spec.template.spec.restartPolicy: is required in a Job
      hint: write OnFailure or Never

    k8s.yaml:9:55 error schema/volume: Job once: spec.template.spec.containers[0].volumeMounts[0].name: the pod has no volume data
      hint: did you mean \`dat\`?

    k8s.yaml:9:82 error schema/probe: Job once: spec.template.spec.containers[0].readinessProbe: needs one of exec, httpGet, tcpSocket, grpc, and has none

    k8s.yaml:10:19 error schema/duplicate: Job once: spec.template.spec.containers[1].name: another container of the pod has this name

    k8s.yaml:10:68 error schema/probe-port: Job once: spec.template.spec.containers[1].livenessProbe.tcpSocket.port: the container has no port http

    k8s.yaml:16:35 error schema/selector: DaemonSet agent: spec.selector.matchLabels.app: its pods have app: other
      hint: its own pods need the label: spec.template.metadata.labels

    k8s.yaml:30:1 error schema/required: Pod empty: spec: is required

    k8s.yaml:22:38 error schema/range: HorizontalPodAutoscaler web: spec.maxReplicas: 2 is less than minReplicas (3)"
  `)
})

test('a server that is newer than the description may know fields that it does not', async () => {
  const pod = `apiVersion: v1
kind: Pod
metadata: { name: pod }
spec: { containers: [{ name: a, image: x }], brandNewThing: true }
`
  expect((await check(pod, '1.34')).split('\n')[0]).toContain('error schema/unknown-field')
  expect((await check(pod, '1.36')).split('\n')[0]).toContain('warning schema/unknown-field')
})
