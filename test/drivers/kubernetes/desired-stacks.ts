import type { Given } from '../compose/setup.ts'

/** Uses every field of a service and a job that means something in a cluster. */
export const everyField = `
name: every
isolation: edges
registries:
  main: { host: registry.example.com, credentials: { env: { user: U, password: P } } }
services:
  web:
    image: registry.example.com/team/web:1
    entrypoint: [/entrypoint, "$(HOME)", "$$", "\${self.port.http}"]
    command: [serve, "--cost=$5"]
    working-dir: /srv
    tty: true
    hostname: web-1
    env:
      PLAIN: "a $(B) c"
      NUMBER: 5
      URL: "postgres://todo:\${secret.db.password}@\${service.db.host}:\${service.db.port.sql}/todo"
      PASSWORD: { secret: db, key: password }
      WHOLE: "\${secret.db.root}"
      LEVEL: { config: app, key: level }
      FROM_SECRET_FILE: { config: app, key: dsn }
      IP: { field: pod-ip }
      NODE: { field: node }
      NAMESPACE: { field: namespace }
      NAME: { field: name }
    env-from: [ { config: flags, prefix: FLAG_ }, { secret: db, prefix: DB_ } ]
    ports: { http: 8080, metrics: { port: 9100 }, dns: { port: 5353, protocol: udp }, hidden: 7000 }
    expose: { http: "load-balancer:80", metrics: "node:30123", hidden: none }
    mounts:
      /etc/app: { config: app }
      /etc/level: { config: app, key: level, mode: "0600" }
      /run/secrets/db: { secret: db, keys: [password], mode: "0440" }
      /run/secrets/root: { secret: db, key: root }
      /etc/cert: { cert: web }
      /cache: { scratch: cache }
      /shared: { volume: shared, sub-path: /web/, read-only: true }
      /etc/folder: { config: folder }
    init:
      - { name: prepare, command: [prepare], env: { PLAIN: other, DSN: "x\${secret.db.root}" } }
      - { name: fetch, image: busybox:stable, entrypoint: [sh, -c], command: ["echo $$HOME"] }
    needs: { db: healthy, agent: started, migrate: completed }
    health:
      http: /healthz
      port: http
      headers: { X-Probe: "1" }
      every: 5s
      timeout: 1s
      retries: 2
      start-period: 40s
      liveness: { tcp: http, retries: 7 }
    replicas: 2
    resources: { cpu: 250m, memory: 512Mi, limits: { cpu: 1.5, memory: 1500M } }
    user: 1000
    group: 2000
    fs-group: 3000
    read-only-root: true
    capabilities: { add: [CAP_NET_BIND_SERVICE], drop: [all] }
    spread: zone
    placement:
      node-selector: { kubernetes.io/os: linux }
      tolerations: [ { key: dedicated, operator: Exists, effect: NoSchedule } ]
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [ { weight: 1, preference: { matchExpressions: [ { key: disk, operator: In, values: [ssd] } ] } } ] } }
    update: { surge: 2, unavailable: 1, timeout: 90s }
    stop: { grace: 25s, pre: [sleep, "$(SECONDS)"] }
    labels: { tier: front }
    annotations: { prometheus.io/scrape: true }
    rules: [ { resources: [pods], verbs: [get, list] }, { apiGroups: [apps], resources: [deployments], verbs: [get] } ]
    kubernetes:
      annotations: { service.beta.kubernetes.io/aws-load-balancer-connection-draining-timeout: 60 }
      labels: { team: blue }
      patch:
        Deployment: { spec: { minReadySeconds: 1, template: { spec: { priorityClassName: system-cluster-critical, containers: [ { name: web, stdinOnce: true } ] } } } }
        Service/web-lb: { spec: { externalTrafficPolicy: Local } }
  db:
    image: postgres:15
    ports: { sql: 5432 }
    mounts: { /var/lib/postgresql/data: { volume: data, sub-path: pg } }
    health: { exec: [pg_isready, "$(X)"], liveness: false }
    workload: stateful
    singleton: true
    restart: always
  queue:
    image: redis:7
    ports: { redis: 6379 }
    mounts: { /data: { volume: queue } }
    health: { tcp: redis, start-period: 0s }
    workload: stateful
    replicas: 3
  agent: { image: "busybox:stable", workload: daemon, ports: { grpc: 50051 }, health: { grpc: grpc, service: s }, privileged: true }
  nightly: { image: "busybox:stable", workload: cron, schedule: "0 3 * * *", singleton: true, command: ["true"] }
  scaled: { image: "nginx:1.22", ports: { http: 80 }, scale: { min: 2, max: 5, cpu: 80%, memory: 70% }, resources: { cpu: 100m, memory: 64Mi } }
  course: { image: "nginx:1.22", pod: course, ports: { http: 80 }, mounts: { /tmp/x: { scratch: s } }, user: 0 }
  edge: { image: "busybox:stable", pod: course, ports: { http: 81 }, mounts: { /tmp/y: { scratch: s }, /etc/app: { config: app, keys: [level] } }, init: [ { name: warm, command: [warm] } ], needs: [course, db] }
  elsewhere: { external: { host: DB.example.com, ports: { sql: "5433" } }, ports: { sql: 5432 } }
  by-address: { external: { host: 192.0.2.7, ports: { sql: "5433" } }, ports: { sql: 5432 } }
  no-ports: { image: "busybox:stable", service-account: existing, update: recreate, restart: always }
jobs:
  migrate:
    image: registry.example.com/team/web:1
    command: [migrate, "$(X)"]
    env: { DSN: "db:\${secret.db.password}" }
    mounts: { /run/secrets/db: { secret: db } }
    needs: { db: healthy }
    retries: 2
    timeout: 61s
    user: 1000
    run: always
volumes:
  data: { size: 8Gi }
  queue: { size: 1500M, class: hostpath }
  shared: { access: many }
configs:
  app: { literals: { level: info, dsn: "x\${secret.db.password}", mine: "\${self.port.http}" } }
  flags: { literals: { A: "1" } }
  folder: { literals: { x: y } }
secrets: { db: { password: { generate: 24 }, root: { generate: 24 } } }
certs: { web: { leaves: { server: { names: [web] }, client: { usage: client } } } }
routes:
  app: { host: every.localhost, path: /, to: "web:http", body-size: 5Mi }
  any: { path: /metrics, to: "web:metrics" }
`

export const everyFact: Given = {
  configs: {
    app: { level: 'info', dsn: 'x${secret.db.password}@${service.db.host}', mine: '${self.port.http}' },
    flags: { A: '1' },
    folder: { 'sub/deep/file.conf': 'a: $(B)\n', 'top.conf': 'b' },
  },
  secrets: { db: { password: 'p', root: 'r' } },
}
