import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkObjects, placedObjects } from '../../src/lint/schema/check-objects.ts'
import { KubeError, type KubeClient } from '../../src/platform/kubernetes/client.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import { connect, isClusterWanted } from '../memory/connect.ts'
import { context, resourcesOf } from './objects.ts'

const namespace = `ist-lint-${randomBytes(4).toString('hex')}`

/** One object each; whether it is right is asked of us and of a real server. */
const objects: readonly (readonly [what: string, text: string])[] = [
  ['a good pod', pod('')],
  ['an unknown field', pod('nodeSelectors: {}')],
  ['a wrong type', pod('hostNetwork: "true"')],
  ['a wrong enum', pod('restartPolicy: Sometimes')],
  ['a mount without volume', pod('', 'volumeMounts: [{ name: data, mountPath: /data }]')],
  ['a port out of range', pod('', 'ports: [{ containerPort: 70000 }]')],
  ['a long port name', pod('', 'ports: [{ name: a-very-long-port-name, containerPort: 80 }]')],
  ['a bad quantity', pod('', 'resources: { limits: { cpu: 1 core } }')],
  ['an exponent quantity', pod('', 'resources: { limits: { memory: 1e9 } }')],
  ['a probe without question', pod('', 'livenessProbe: { periodSeconds: 1 }')],
  ['a probe of no period', pod('', 'livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: -1 }')],
  ['a bad mode', pod('volumes: [{ name: a, configMap: { name: a, defaultMode: 1000 } }]')],
  ['an octal mode', pod('volumes: [{ name: a, configMap: { name: a, defaultMode: 0644 } }]')],
  ['a bad volume name', pod('volumes: [{ name: a_b, emptyDir: {} }]')],
  ['a bad label', pod('').replace('name: web', 'name: web, labels: { a: "b c" }')],
  ['a bad name', pod('').replace('name: web', 'name: Web')],
  ['a service name that starts with a digit', service('1web', '{ port: 80 }')],
  ['two ports without names', service('web', '{ port: 80 }, { port: 81 }')],
  ['two ports with names', service('web', '{ name: a, port: 80 }, { name: b, port: 81 }')],
  [
    'a service without ports',
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: None }\n',
  ],
  ['a selector that matches nothing', deployment('other')],
  ['a selector that matches', deployment('web')],
  ['a key that is a path', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { "a/b": text }\n'],
  ['no base64', 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { a: "not base64!" }\n'],
  ['an account without namespace in a RoleBinding', binding('RoleBinding', 'Role')],
  ['an account without namespace in a ClusterRoleBinding', binding('ClusterRoleBinding', 'ClusterRole')],
  [
    'a job that restarts always',
    'apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ name: a, image: a }] } } }\n',
  ],
  [
    'an autoscaler upside down',
    'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\nspec: { minReplicas: 3, maxReplicas: 2, scaleTargetRef: { kind: Deployment, name: a } }\n',
  ],
]

function pod(spec: string, container = ''): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - name: web\n      image: busybox\n      ${container}\n  ${spec}\n`
}

function service(name: string, ports: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: "${name}" }\nspec: { ports: [${ports}] }\n`
}

function binding(kind: string, role: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: { name: ist-lint }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: ${role}, name: a }\nsubjects: [{ kind: ServiceAccount, name: a }]\n`
}

function deployment(label: string): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: ${label} } }\n    spec: { containers: [{ name: web, image: busybox }] }\n`
}

describe.runIf(isClusterWanted)('a real API server', () => {
  let client: KubeClient
  beforeAll(async () => {
    client = await connect()
    await client.apply(kinds.Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    })
  })
  afterAll(async () => {
    await client.remove(kinds.Namespace, undefined, namespace)
    client.close()
  })

  test.each(objects)('says of %s what the offline check says (S104)', async (_what, text) => {
    const placed = placedObjects(await resourcesOf(text, {}, {}, { ...context, namespace }))
    const findings = await checkObjects(placed, { versions: { oldest: '1.34', newest: '1.34' } })
    const [resource] = placed
    const kind = resource && (await client.kindOf(resource.object.apiVersion, resource.object.kind))
    if (!resource || !kind) throw new Error('the server does not know the kind')
    const refusal = await client
      .apply(kind, resource.object, { dryRun: true })
      .then(() => undefined)
      .catch((error: unknown) => {
        if (error instanceof KubeError) return error.message
        throw error
      })
    expect([findings.map(({ message }) => message), refusal]).toSatisfy(
      () => findings.length > 0 === (refusal !== undefined),
    )
  })
})
