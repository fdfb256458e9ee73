/** A stack in which most of the language occurs; two services of one pod, a database, a job, a gateway. */
export const wholeStack = `
name: todo
vars: { DB: todo }
images:
  app: { context: ./app, target: release, args: { RELEASE: "1" } }
services:
  db:
    image: mariadb:10.11
    env: { MARIADB_DATABASE: "\${DB}", MARIADB_PASSWORD_FILE: /run/secrets/db/password, PRICE: '$5' }
    ports: { mysql: 3306 }
    mounts:
      /var/lib/mysql: { volume: data, sub-path: db }
      /run/secrets/db: { secret: db, keys: [password] }
    health: { exec: [healthcheck.sh, --connect], every: 2s, timeout: 3s, start-period: 30s }
    workload: stateful
    singleton: true
  api:
    image: app
    entrypoint: [/entrypoint]
    command: [serve, --config, /etc/todo/api.yaml]
    env: { DB_HOST: "\${service.db.host}", DB_PORT: "\${service.db.port.mysql}", PASSWORD: { secret: db, key: password } }
    ports: { http: 8000 }
    expose: { http: local:8000 }
    mounts:
      /etc/todo/api.yaml: { config: app, key: api.yaml }
      /etc/todo/cert: { cert: todo }
      /public: { scratch: public }
    init: [ { name: collectstatic, command: [manage, collectstatic] } ]
    needs: { db: healthy, migrate: completed }
    health: { http: /healthz, port: http }
    replicas: 2
    resources: { cpu: 250m, memory: 512Mi, limits: { cpu: 1, memory: 1Gi } }
    user: '1000'
    read-only-root: true
    stop: { signal: SIGINT, grace: 5s }
jobs:
  migrate: { image: app, command: [migrate], needs: { db: healthy }, retries: 4 }
volumes: { data: {} }
configs: { app: { literals: { api.yaml: x } } }
secrets: { db: { password: { generate: 24 }, root: { env: DB_ROOT_PASSWORD } } }
certs: { todo: { names: [api, localhost], ip: [127.0.0.1] } }
routes: { app: { host: todo.localhost, path: /, to: "api:http", body-size: 5Mi } }
`

/** What \`gather\` would know of it. */
export const wholeFacts = {
  configs: { app: { 'api.yaml': 'db: ${service.db.host}:${service.db.port.mysql}\ncost: $5\n' } },
  secrets: { db: { password: 'p', root: 'r' } },
  images: new Map([
    [
      'app',
      {
        hash: 'a'.repeat(64),
        reference: 'todo/app:aaaaaaaaaaaa',
        defaults: {
          ports: [],
          user: undefined,
          workingDir: undefined,
          stopSignal: undefined,
          hasHealthcheck: false,
          volumes: [],
          entrypoint: undefined,
          command: undefined,
        },
      },
    ],
  ]),
}
