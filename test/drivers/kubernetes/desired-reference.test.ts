import { describe, expect, test } from 'vitest'
import { render } from '../../../src/drivers/kubernetes/render.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import { desiredIn, listed, objectsOf } from './desired-setup.ts'
import { referenceFacts, referenceStack } from './desired-reference.ts'

async function reference(target: 'docker-desktop' | 'kind' | 'kubernetes') {
  const stack = await referenceStack(target)
  const resources = desiredIn(stack, referenceFacts(stack), target)
  return { stack, resources, files: new Map(render(resources, stack).map(({ path, text }) => [path, text])) }
}

/** Lines that one text has and the other has not. */
function difference(before = '', after = ''): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`)
  return [...gone, ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)].join('\n')
}

describe('the reference stack', () => {
  test('on docker-desktop: resources in order, each with what it needs (S112)', async () => {
    expect(listed((await reference('docker-desktop')).resources)).toMatchInlineSnapshot(`
      "
      image/iam-apiserver  []
      image/iam-authz-server  []
      image/iam-pump  []
      image/iamctl  []
      namespace/iam  []
      volume/mariadb  [namespace/iam started]
      volume/mongodb  [namespace/iam started]
      config/iam  [namespace/iam started]
      secret/mariadb  [namespace/iam started]
      secret/iam  [namespace/iam started]
      cert/iam  [namespace/iam started]
      job/migrate  [image/iam-apiserver completed, namespace/iam started, config/iam started, secret/iam started, secret/mariadb started, service/mariadb healthy]
      service/mariadb  [namespace/iam started, secret/mariadb started, volume/mariadb started]
      service/redis  [namespace/iam started]
      service/mongodb  [namespace/iam started, volume/mongodb started]
      service/iam-apiserver  [image/iam-apiserver completed, namespace/iam started, config/iam started, secret/iam started, secret/mariadb started, cert/iam started, service/mariadb healthy, job/migrate completed, service/redis healthy]
      service/iam-authz-server  [image/iam-authz-server completed, namespace/iam started, config/iam started, secret/iam started, cert/iam started, service/redis healthy, service/iam-apiserver healthy]
      service/iam-pump  [image/iam-pump completed, namespace/iam started, config/iam started, secret/iam started, service/redis healthy, service/mongodb healthy]
      service/iamctl  [image/iamctl completed, namespace/iam started, config/iam started, secret/iam started, cert/iam started]
      "
    `)
  })

  test('on docker-desktop: a service as it is applied (S67–S70, S73, S79)', async () => {
    const { files } = await reference('docker-desktop')
    expect(files.get('3-service.iam-apiserver.yaml')).toMatchInlineSnapshot(`
      "apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: iam-apiserver
        namespace: iam
        labels:
          app.kubernetes.io/name: iam-apiserver
          iamstack.dev/project: iam
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/resource: service.iam-apiserver
      spec:
        replicas: 1
        selector:
          matchLabels:
            app.kubernetes.io/name: iam-apiserver
            iamstack.dev/project: iam
        strategy:
          type: RollingUpdate
          rollingUpdate:
            maxSurge: 1
            maxUnavailable: 0
        revisionHistoryLimit: 5
        progressDeadlineSeconds: 120
        template:
          metadata:
            labels:
              app.kubernetes.io/managed-by: iamstack
              app.kubernetes.io/part-of: iam
              iamstack.dev/project: iam
              iamstack.dev/resource: service.iam-apiserver
              app.kubernetes.io/name: iam-apiserver
            annotations:
              iamstack.dev/content: "7f4f2654126cb3bc"
          spec:
            automountServiceAccountToken: false
            enableServiceLinks: false
            restartPolicy: Always
            terminationGracePeriodSeconds: 10
            securityContext:
              fsGroup: 1000
              fsGroupChangePolicy: OnRootMismatch
            affinity:
              podAntiAffinity:
                preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    podAffinityTerm:
                      labelSelector:
                        matchLabels:
                          app.kubernetes.io/name: iam-apiserver
                          iamstack.dev/project: iam
                      topologyKey: kubernetes.io/hostname
            containers:
              - name: iam-apiserver
                image: "iam-apiserver:aaaaaaaaaaaa"
                imagePullPolicy: IfNotPresent
                args:
                  - serve
                  - "--config"
                  - /etc/iam/iam-apiserver.yaml
                ports:
                  - name: http
                    containerPort: 8080
                    protocol: TCP
                  - name: https
                    containerPort: 8443
                    protocol: TCP
                readinessProbe:
                  httpGet:
                    path: /healthz
                    port: http
                    scheme: HTTP
                  periodSeconds: 2
                  timeoutSeconds: 3
                  failureThreshold: 3
                livenessProbe:
                  httpGet:
                    path: /healthz
                    port: http
                    scheme: HTTP
                  periodSeconds: 2
                  timeoutSeconds: 3
                  failureThreshold: 9
                startupProbe:
                  httpGet:
                    path: /healthz
                    port: http
                    scheme: HTTP
                  periodSeconds: 1
                  timeoutSeconds: 3
                  failureThreshold: 30
                resources:
                  requests:
                    cpu: "100m"
                    memory: "128Mi"
                  limits:
                    memory: "256Mi"
                volumeMounts:
                  - name: config-iam
                    mountPath: /etc/iam/iam-apiserver.yaml
                    subPath: iam-apiserver.yaml
                    readOnly: true
                  - name: cert-iam
                    mountPath: /etc/iam/cert
                    readOnly: true
                  - name: secret-iam
                    mountPath: /run/secrets/iam
                    readOnly: true
                  - name: secret-mariadb
                    mountPath: /run/secrets/mariadb
                    readOnly: true
                securityContext:
                  runAsUser: 1000
                  runAsGroup: 1000
                  runAsNonRoot: true
                  readOnlyRootFilesystem: true
                  allowPrivilegeEscalation: false
                  capabilities:
                    drop:
                      - ALL
                terminationMessagePolicy: FallbackToLogsOnError
            volumes:
              - name: config-iam
                projected:
                  defaultMode: 420
                  sources:
                    - configMap:
                        name: iam
                        items:
                          - key: iam-apiserver__iam-apiserver.yaml
                            path: iam-apiserver.yaml
              - name: cert-iam
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: iam-cert
                        items:
                          - key: ca.crt
                            path: ca.crt
                            mode: 292
                          - key: iam-apiserver.crt
                            path: iam-apiserver.crt
                            mode: 292
                          - key: iam-apiserver.key
                            path: iam-apiserver.key
                          - key: iam-authz-server.crt
                            path: iam-authz-server.crt
                            mode: 292
                          - key: iam-authz-server.key
                            path: iam-authz-server.key
                          - key: admin.crt
                            path: admin.crt
                            mode: 292
                          - key: admin.key
                            path: admin.key
              - name: secret-iam
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: iam
                        items:
                          - key: token-key
                            path: token-key
                          - key: service-key
                            path: service-key
              - name: secret-mariadb
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: mariadb
                        items:
                          - key: password
                            path: password
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: iam-apiserver
        namespace: iam
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/project: iam
          iamstack.dev/resource: service.iam-apiserver
      spec:
        ports:
          - name: http
            protocol: TCP
            port: 8080
            targetPort: http
          - name: https
            protocol: TCP
            port: 8443
            targetPort: https
        selector:
          app.kubernetes.io/name: iam-apiserver
          iamstack.dev/project: iam
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: iam-apiserver-lb
        namespace: iam
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/project: iam
          iamstack.dev/resource: service.iam-apiserver
      spec:
        type: LoadBalancer
        ports:
          - name: https
            protocol: TCP
            port: 8443
            targetPort: https
        selector:
          app.kubernetes.io/name: iam-apiserver
          iamstack.dev/project: iam
      "
    `)
  })

  test('on docker-desktop: a database with a volume of its own life, and a job (S85, S86, S90)', async () => {
    const { files } = await reference('docker-desktop')
    expect(
      ['1-volume.mariadb.yaml', '3-service.mariadb.yaml', '2-job.migrate.yaml']
        .map((path) => files.get(path))
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: mariadb
        namespace: iam
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/project: iam
          iamstack.dev/resource: volume.mariadb
      spec:
        accessModes:
          - ReadWriteOnce
        resources:
          requests:
            storage: "4Gi"

      apiVersion: apps/v1
      kind: StatefulSet
      metadata:
        name: mariadb
        namespace: iam
        labels:
          app.kubernetes.io/name: mariadb
          iamstack.dev/project: iam
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/resource: service.mariadb
      spec:
        replicas: 1
        serviceName: mariadb
        selector:
          matchLabels:
            app.kubernetes.io/name: mariadb
            iamstack.dev/project: iam
        revisionHistoryLimit: 5
        updateStrategy:
          type: RollingUpdate
        template:
          metadata:
            labels:
              app.kubernetes.io/managed-by: iamstack
              app.kubernetes.io/part-of: iam
              iamstack.dev/project: iam
              iamstack.dev/resource: service.mariadb
              app.kubernetes.io/name: mariadb
            annotations:
              iamstack.dev/content: "4521395a43f42a34"
          spec:
            automountServiceAccountToken: false
            enableServiceLinks: false
            restartPolicy: Always
            terminationGracePeriodSeconds: 30
            containers:
              - name: mariadb
                image: "mariadb:10.11"
                imagePullPolicy: IfNotPresent
                env:
                  - name: MARIADB_DATABASE
                    value: iam
                  - name: MARIADB_USER
                    value: iam
                  - name: MARIADB_PASSWORD_FILE
                    value: /run/secrets/mariadb/password
                  - name: MARIADB_ROOT_PASSWORD_FILE
                    value: /run/secrets/mariadb/root
                ports:
                  - name: mysql
                    containerPort: 3306
                    protocol: TCP
                readinessProbe:
                  exec:
                    command:
                      - healthcheck.sh
                      - "--connect"
                  periodSeconds: 2
                  timeoutSeconds: 3
                  failureThreshold: 3
                livenessProbe:
                  exec:
                    command:
                      - healthcheck.sh
                      - "--connect"
                  periodSeconds: 2
                  timeoutSeconds: 3
                  failureThreshold: 9
                startupProbe:
                  exec:
                    command:
                      - healthcheck.sh
                      - "--connect"
                  periodSeconds: 1
                  timeoutSeconds: 3
                  failureThreshold: 60
                resources:
                  requests:
                    cpu: "100m"
                    memory: "256Mi"
                  limits:
                    memory: "1Gi"
                volumeMounts:
                  - name: volume-mariadb
                    mountPath: /var/lib/mysql
                  - name: secret-mariadb
                    mountPath: /run/secrets/mariadb
                    readOnly: true
                terminationMessagePolicy: FallbackToLogsOnError
            volumes:
              - name: volume-mariadb
                persistentVolumeClaim:
                  claimName: mariadb
              - name: secret-mariadb
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: mariadb
                        items:
                          - key: password
                            path: password
                          - key: root
                            path: root
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: mariadb
        namespace: iam
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/project: iam
          iamstack.dev/resource: service.mariadb
      spec:
        clusterIP: None
        ports:
          - name: mysql
            protocol: TCP
            port: 3306
            targetPort: mysql
        selector:
          app.kubernetes.io/name: mariadb
          iamstack.dev/project: iam

      apiVersion: batch/v1
      kind: Job
      metadata:
        name: migrate
        namespace: iam
        labels:
          app.kubernetes.io/name: migrate
          iamstack.dev/project: iam
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: iam
          iamstack.dev/resource: job.migrate
      spec:
        backoffLimit: 4
        activeDeadlineSeconds: 600
        template:
          metadata:
            labels:
              app.kubernetes.io/managed-by: iamstack
              app.kubernetes.io/part-of: iam
              iamstack.dev/project: iam
              iamstack.dev/resource: job.migrate
              app.kubernetes.io/name: migrate
          spec:
            automountServiceAccountToken: false
            enableServiceLinks: false
            restartPolicy: Never
            securityContext:
              fsGroup: 1000
              fsGroupChangePolicy: OnRootMismatch
            containers:
              - name: migrate
                image: "iam-apiserver:aaaaaaaaaaaa"
                imagePullPolicy: IfNotPresent
                args:
                  - migrate
                  - "--config"
                  - /etc/iam/iam-migrate.yaml
                volumeMounts:
                  - name: config-iam
                    mountPath: /etc/iam/iam-migrate.yaml
                    subPath: iam-migrate.yaml
                    readOnly: true
                  - name: secret-iam
                    mountPath: /run/secrets/iam
                    readOnly: true
                  - name: secret-mariadb
                    mountPath: /run/secrets/mariadb
                    readOnly: true
                securityContext:
                  runAsUser: 1000
                  runAsGroup: 1000
                  runAsNonRoot: true
                  readOnlyRootFilesystem: true
                terminationMessagePolicy: FallbackToLogsOnError
            volumes:
              - name: config-iam
                projected:
                  defaultMode: 420
                  sources:
                    - configMap:
                        name: iam
                        items:
                          - key: iam-migrate.yaml
                            path: iam-migrate.yaml
              - name: secret-iam
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: iam
                        items:
                          - key: admin-password
                            path: admin-password
              - name: secret-mariadb
                projected:
                  defaultMode: 256
                  sources:
                    - secret:
                        name: mariadb
                        items:
                          - key: password
                            path: password
      "
    `)
  })

  test('on kind: a cluster comes first, images are delivered, nothing is balanced', async () => {
    const [here, there] = await Promise.all([reference('docker-desktop'), reference('kind')])
    expect(listed(there.resources.slice(0, 10))).toMatchInlineSnapshot(`
      "
      cluster/test  []
      image/iam-apiserver  []
      image/iam-authz-server  []
      image/iam-pump  []
      image/iamctl  []
      delivery/mariadb:10.11  [cluster/test healthy]
      delivery/redis:7  [cluster/test healthy]
      delivery/ghcr.io/ferretdb/ferretdb:1.24  [cluster/test healthy]
      delivery/iam-apiserver  [cluster/test healthy, image/iam-apiserver completed]
      delivery/iam-authz-server  [cluster/test healthy, image/iam-authz-server completed]
      "
    `)
    const differences = [...there.files].flatMap(([path, text]) => {
      const changed = difference(here.files.get(path), text)
      return changed === '' ? [] : [`${path}\n${changed}`]
    })
    expect(differences.join('\n')).toMatchInlineSnapshot(`
      "3-service.iam-apiserver.yaml
      -   replicas: 1
      -   name: iam-apiserver-lb
      -   type: LoadBalancer
      +   replicas: 2
      3-service.iam-authz-server.yaml
      -   replicas: 1
      -   name: iam-authz-server-lb
      -   type: LoadBalancer
      +   replicas: 2"
    `)
  })

  test('on an existing cluster: the same objects without balancers', async () => {
    const [here, there] = await Promise.all([reference('docker-desktop'), reference('kubernetes')])
    const services = (resources: readonly KubeResource[]): string[] =>
      objectsOf(resources).map(({ object }) => `${object.kind}/${object.metadata.name}`)
    const missing = services(here.resources).filter((each) => !services(there.resources).includes(each))
    expect(missing).toEqual(['Service/iam-apiserver-lb', 'Service/iam-authz-server-lb'])
  })
})
