import { expect, test } from 'vitest'
import { lines, lintText } from './lint.ts'

const good = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  progressDeadlineSeconds: 120
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      affinity: { podAntiAffinity: {} }
      securityContext: { runAsUser: 20000, runAsGroup: 20000 }
      containers:
        - name: web
          image: web:1
          readinessProbe: { httpGet: { path: /, port: 80 } }
          livenessProbe: { httpGet: { path: /, port: 80 }, failureThreshold: 9 }
          securityContext: { readOnlyRootFilesystem: true }
          resources:
            requests: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi }
            limits: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchExpressions: [{ key: app, operator: In, values: [web] }] } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }] } }] }
`

test('objects that follow the rules are OK (S106)', async () => {
  const report = await lintText(good)
  expect(lines(report)).toBe('')
  expect([...report.grades]).toEqual([
    ['NetworkPolicy web', 'OK'],
    ['Service web', 'OK'],
    ['Deployment web', 'OK'],
    ['PodDisruptionBudget web', 'OK'],
    ['Ingress web', 'OK'],
  ])
})

const bad: readonly (readonly [rule: string, good: string, bad: string])[] = [
  ['KM001 CRITICAL', 'values: [web]', 'values: [api]'],
  ['KM002 CRITICAL', 'readinessProbe: { httpGet: { path: /, port: 80 } }', 'tty: false'],
  ['KM003 CRITICAL', ', failureThreshold: 9', ''],
  ['KM004 WARNING', 'failureThreshold: 9', 'failureThreshold: 1'],
  ['KM005 CRITICAL', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
  ['KM006 CRITICAL', 'runAsUser: 20000', 'runAsUser: 1000'],
  ['KM006 CRITICAL', ', runAsGroup: 20000', ''],
  ['KM007 CRITICAL', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: true, privileged: true'],
  ['KM008 CRITICAL', 'limits: { cpu: 1, memory: 1Gi,', 'limits: { cpu: 1,'],
  [
    'KM009 INFO',
    'requests: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi }\n            limits: { cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi }',
    'limits: { cpu: 1, memory: 1Gi }',
  ],
  ['KM010 CRITICAL', 'image: web:1', 'image: registry.example:5000/web'],
  ['KM012 WARNING', 'progressDeadlineSeconds: 120', 'progressDeadlineSeconds: 10'],
  [
    'KM016 CRITICAL',
    '---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy',
    '---\napiVersion: v1\nkind: Service\nmetadata: { name: lost }\nspec: { selector: { app: lost } }\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy',
  ],
  ['KM017 CRITICAL', 'service: { name: web', 'service: { name: wep'],
  ['KM017 CRITICAL', 'port: { name: http } } } }', 'port: { number: 8080 } } } }'],
  ['KM018 CRITICAL', 'runAsUser: 20000', 'runAsUser: 0'],
  ['KM018 CRITICAL', 'runAsUser: 20000, ', ''],
  [
    'KM019 INFO',
    'minAvailable: 1, selector: { matchLabels: { app: web } }',
    'minAvailable: 1, selector: { matchLabels: { app: api } }',
  ],
  ['KM020 INFO', '      affinity: { podAntiAffinity: {} }\n', ''],
]

test.each(bad)('%s is found where %j is %j (S106, G4, G5)', async (rule, before, after) => {
  expect(good).toContain(before)
  const found = lines(await lintText(good.replace(before, after)))
  expect(found.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([rule])
})

test('a tag that moves and is always fetched is flagged twice over (S22)', async () => {
  const found = lines(
    await lintText(good.replace('image: web:1', 'image: web:latest\n          imagePullPolicy: Always')),
  )
  expect(found).toMatchInlineSnapshot(`
    "KM010 CRITICAL 15:11 Deployment web, container web: web:latest is another image each time
    KM011 WARNING 16:11 Deployment web, container web: fetches web:latest at every start, so replicas may differ"
  `)
})

test('an autoscaler needs something to scale, which then states no replicas (G11)', async () => {
  const scaler = (name: string) => `${good}---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: ${name} } }
`
  expect(lines(await lintText(scaler('iam')))).toMatchInlineSnapshot(
    `"KM013 CRITICAL 46:25 HorizontalPodAutoscaler web: scales Deployment iam, which is not there"`,
  )
  expect(lines(await lintText(scaler('web')))).toMatchInlineSnapshot(
    `"KM014 WARNING 5:3 Deployment web: each apply undoes what the autoscaler decided"`,
  )
})

test('passwords and private keys do not belong into a ConfigMap (S46, G16)', async () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: iam }
data:
  redis.password: iam59!z$
  iam-apiserver.yaml: |
    mysql:
      password: iam59!z$
  safe.yaml: |
    password: \${DB_PASSWORD}
    password-file: /run/secrets/db
  ca-key.pem: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIE
`
  expect(lines(await lintText(text))).toMatchInlineSnapshot(`
    "KM015 CRITICAL 5:3 ConfigMap iam: redis.password holds what looks like a secret, for everybody to read
    KM015 CRITICAL 6:3 ConfigMap iam: iam-apiserver.yaml holds \`password\`, which looks like a secret, for everybody to read
    KM015 CRITICAL 12:3 ConfigMap iam: ca-key.pem holds a private key, for everybody to read"
  `)
})

test('the course’s own manifest gets the grades that kube-score gives it (S106)', async () => {
  const report = await lintText(`apiVersion: apps/v1
kind: Deployment
metadata: { name: iam-apiserver, labels: { app: iam-apiserver } }
spec:
  replicas: 1
  progressDeadlineSeconds: 10
  selector: { matchLabels: { app: iam-apiserver } }
  template:
    metadata: { labels: { app: iam-apiserver } }
    spec:
      containers:
        - name: iam-apiserver
          image: ccr.ccs.tencentyun.com/marmotedu/iam-apiserver-amd64:v1.0.6
          imagePullPolicy: Always
          ports: [{ containerPort: 8080, protocol: TCP }]
          resources: { requests: { cpu: 250m, memory: 64Mi } }
          livenessProbe: { httpGet: { path: /healthz, port: 8080, scheme: HTTP }, initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 1 }
          readinessProbe: { httpGet: { path: /healthz, port: 8080, scheme: HTTP }, initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 1 }
`)
  expect(lines(report)).toMatchInlineSnapshot(`
    "KM001 CRITICAL 3:13 Deployment iam-apiserver: every pod of the cluster may talk to it
    KM012 WARNING 6:3 Deployment iam-apiserver: a rollout counts as failed after 10 s, and its probes may take 15 s
    KM005 CRITICAL 12:11 Deployment iam-apiserver, container iam-apiserver: can write its root file system
    KM018 CRITICAL 12:11 Deployment iam-apiserver, container iam-apiserver: runs as the user of its image, who may be root
    KM008 CRITICAL 16:11 Deployment iam-apiserver, container iam-apiserver: has no cpu limit, no memory limit
    KM009 INFO 16:11 Deployment iam-apiserver, container iam-apiserver: has no ephemeral-storage request, no ephemeral-storage limit
    KM003 CRITICAL 17:11 Deployment iam-apiserver, container iam-apiserver: is restarted whenever it is not ready
    KM004 WARNING 17:126 Deployment iam-apiserver, container iam-apiserver: is restarted after one slow answer"
  `)
})

test('comments ignore a rule on their line, above it, or for the whole object, with a reason', async () => {
  const text = `# iamstack-lint-ignore pod-networkpolicy, KM018: one tenant
# a second line of the comment
${good
  .replace('values: [web]', 'values: [api]')
  .replace('runAsUser: 20000', 'runAsUser: 0')
  .replace('failureThreshold: 9', 'failureThreshold: 1')
  .replace(
    'readOnlyRootFilesystem: true }',
    'readOnlyRootFilesystem: false } # iamstack-lint-ignore KM005: it writes',
  )
  .replace(
    '---',
    '---\n# iamstack-lint-ignore KM016\n# iamstack-lint-ignore KM99: what\n# iamstack-lint-ignore',
  )}`
  const report = await lintText(text)
  expect(lines(report)).toMatchInlineSnapshot(`
    "KM004 WARNING 19:60 Deployment web, container web: is restarted after one slow answer
    LN001 WARNING 25:1 comment: this says no reason, so it ignores nothing
    LN001 WARNING 26:1 comment: there is no rule KM99
    LN001 WARNING 27:1 comment: this ignores no rule"
  `)
  expect(report.suppressed.map(({ rule, reason }) => `${rule.id}: ${reason}`)).toMatchInlineSnapshot(`
    [
      "KM001: one tenant",
      "KM005: it writes",
      "KM018: one tenant",
    ]
  `)
})
