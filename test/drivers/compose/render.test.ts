import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { desiredResources } from '../../../src/drivers/compose/desired/desired.ts'
import { renderCompose } from '../../../src/drivers/compose/render/render.ts'
import { yamlText } from '../../../src/drivers/yaml-text.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { factsOf } from './setup.ts'
import { wholeFacts, wholeStack } from './stacks.ts'

async function rendered(yaml: string, given: Parameters<typeof factsOf>[1] = {}): Promise<string> {
  const stack = await resolvedStack(yaml)
  const [file] = renderCompose(desiredResources(stack, factsOf(stack, given)), stack)
  return file?.text ?? ''
}

test('a whole stack as a compose file, with no secret in it (S147, S48)', async () => {
  expect(await rendered(wholeStack, wholeFacts)).toMatchInlineSnapshot(`
    "name: todo
    services:
      migrate:
        image: "todo/app:aaaaaaaaaaaa"
        command:
          - migrate
        restart: "on-failure:4"
        build:
          context: /stack/app
          dockerfile: /stack/app/Dockerfile
          args:
            RELEASE: "1"
          target: release
        networks:
          default:
            aliases:
              - migrate
        depends_on:
          db:
            condition: service_healthy
      db:
        image: "mariadb:10.11"
        environment:
          MARIADB_DATABASE: todo
          MARIADB_PASSWORD_FILE: /run/secrets/db/password
          PRICE: "$$5"
        healthcheck:
          test:
            - CMD
            - healthcheck.sh
            - "--connect"
          interval: "2s"
          timeout: "3s"
          retries: 3
          start_period: "30s"
        stop_grace_period: "10s"
        restart: unless-stopped
        networks:
          default:
            aliases:
              - db
        volumes:
          - type: volume
            source: data
            target: /var/lib/mysql
            volume:
              subpath: db
        secrets:
          - source: db-password
            target: /run/secrets/db/password
            mode: 256
      api-init-collectstatic:
        image: "todo/app:aaaaaaaaaaaa"
        command:
          - manage
          - collectstatic
        environment:
          DB_HOST: db
          DB_PORT: "3306"
          PASSWORD: "\${DB_PASSWORD}"
        user: "1000"
        healthcheck:
          disable: true
        read_only: true
        restart: "no"
        cpus: 1
        cpu_shares: 256
        mem_limit: "1073741824b"
        mem_reservation: "536870912b"
        networks:
          default:
            aliases:
              - api
        volumes:
          - type: volume
            source: scratch-api-public
            target: /public
            volume:
              nocopy: true
        configs:
          - source: api-app-api-yaml
            target: /etc/todo/api.yaml
            mode: 420
        secrets:
          - source: cert-todo-ca-crt
            target: /etc/todo/cert/ca.crt
            mode: 256
          - source: cert-todo-todo-crt
            target: /etc/todo/cert/todo.crt
            mode: 256
          - source: cert-todo-todo-key
            target: /etc/todo/cert/todo.key
            mode: 256
        depends_on:
          db:
            condition: service_healthy
          migrate:
            condition: service_completed_successfully
      api:
        image: "todo/app:aaaaaaaaaaaa"
        entrypoint:
          - /entrypoint
        command:
          - serve
          - "--config"
          - /etc/todo/api.yaml
        environment:
          DB_HOST: db
          DB_PORT: "3306"
          PASSWORD: "\${DB_PASSWORD}"
        user: "1000"
        healthcheck:
          disable: true
        read_only: true
        stop_signal: SIGINT
        stop_grace_period: "5s"
        restart: unless-stopped
        cpus: 1
        cpu_shares: 256
        mem_limit: "1073741824b"
        mem_reservation: "536870912b"
        build:
          context: /stack/app
          dockerfile: /stack/app/Dockerfile
          args:
            RELEASE: "1"
          target: release
        scale: 2
        networks:
          default:
            aliases:
              - api
        volumes:
          - type: volume
            source: scratch-api-public
            target: /public
            volume:
              nocopy: true
        configs:
          - source: api-app-api-yaml
            target: /etc/todo/api.yaml
            mode: 420
        secrets:
          - source: cert-todo-ca-crt
            target: /etc/todo/cert/ca.crt
            mode: 256
          - source: cert-todo-todo-crt
            target: /etc/todo/cert/todo.crt
            mode: 256
          - source: cert-todo-todo-key
            target: /etc/todo/cert/todo.key
            mode: 256
        depends_on:
          db:
            condition: service_healthy
          migrate:
            condition: service_completed_successfully
          api-init-collectstatic:
            condition: service_completed_successfully
      iamstack-gateway:
        image: "haproxy:2.6"
        entrypoint:
          - haproxy
        command:
          - "-W"
          - "-db"
          - "-f"
          - /iamstack/haproxy.cfg
        user: root
        ports:
          - "127.0.0.1:8000:20000/tcp"
          - "127.0.0.1:8080:8080/tcp"
        stop_signal: SIGUSR1
        stop_grace_period: "5s"
        restart: unless-stopped
        configs:
          - source: iamstack-gateway
            target: /iamstack/haproxy.cfg
        networks:
          default:
            aliases:
              - iamstack-gateway
        depends_on:
          - api
    networks:
      default:
        name: todo_default
    volumes:
      data:
        name: todo_data
      scratch-api-public: {}
    configs:
      api-app-api-yaml:
        content: |
          db: db:3306
          cost: $$5
      iamstack-gateway:
        content: |
          global
            maxconn 8192
            # What a reload leaves open ends with the old process.
            hard-stop-after 60s

          defaults
            mode http
            timeout connect 5s
            timeout client 1h
            timeout server 1h
            timeout http-request 30s
            timeout http-keep-alive 30s
            timeout check 3s
            option redispatch 1
            retries 3
            default-server check inter 1s downinter 100ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down resolvers docker init-addr libc,none

          resolvers docker
            nameserver dns 127.0.0.11:53
            timeout resolve 1s
            timeout retry 1s
            hold valid 1s

          frontend state
            bind :8404
            http-request return status 200 content-type text/plain lf-string "rendered api-8000-tcp=%[nbsrv(api-8000-tcp)] api-8000-http=%[nbsrv(api-8000-http)]"

          frontend http-8080
            bind :8080
            option forwardfor
            http-request set-header X-Real-IP %[src]
            http-request set-header X-Forwarded-Host %[req.hdr(Host)]
            http-request set-header X-Forwarded-Proto http
            http-request set-var(txn.host) req.hdr(Host),field(1,:),lower
            http-request set-var(txn.route) int(1) if !{ var(txn.route) -m found } { var(txn.host) -m str "todo.localhost" }
            http-request deny deny_status 413 if { var(txn.route) -m int 1 } { req.body_size gt 5242880 }
            use_backend api-8000-http if { var(txn.route) -m int 1 }
            default_backend no-route

          frontend tcp-20000
            mode tcp
            bind :20000
            default_backend api-8000-tcp

          backend no-route
            http-request return status 404 content-type text/plain string "no route leads here"

          backend api-8000-tcp
            mode tcp
            balance roundrobin
            option httpchk
            http-check send meth GET uri "/healthz"
            server api api:8000

          backend api-8000-http
            mode http
            balance roundrobin
            retry-on conn-failure
            option httpchk
            http-check send meth GET uri "/healthz"
            server api api:8000
    secrets:
      db-password:
        environment: DB_PASSWORD
      cert-todo-ca-crt:
        environment: CERT_TODO_CA_CRT
      cert-todo-todo-crt:
        environment: CERT_TODO_TODO_CRT
      cert-todo-todo-key:
        environment: CERT_TODO_TODO_KEY
    "
  `)
})

test('a literal dollar stays literal (S52)', async () => {
  const text = await rendered("services: { a: { image: x:1, command: ['$X', '$$', '$(X)', '$${X}'] } }")
  expect(text).toContain('      - "$$X"\n      - "$$$$"\n      - "$$(X)"\n      - "$${X}"\n')
})

const compose = spawnSync('docker', ['compose', 'version'])

test.skipIf(compose.status !== 0)('docker compose takes it, and means the same (S147)', async () => {
  const input = await rendered(wholeStack, wholeFacts)
  const env = { ...process.env, DB_PASSWORD: 'x', DB_ROOT_PASSWORD: 'x' }
  const result = spawnSync('docker', ['compose', '-f', '-', 'config', '--format', 'json'], {
    input,
    env,
    encoding: 'utf8',
  })
  expect(result.stderr.replaceAll(/.*variable is not set.*\n/g, '')).toBe('')
  const config = JSON.parse(result.stdout)
  expect(config.services.db.environment).toEqual({
    MARIADB_DATABASE: 'todo',
    MARIADB_PASSWORD_FILE: '/run/secrets/db/password',
    PRICE: '$$5',
  })
  expect(config.services.api.environment.PASSWORD).toBe('x')
})

test('texts that YAML could take for something else are quoted', () => {
  expect(
    yamlText({
      a: ['yes', '1', 1, '', 'x: y', '- x', 'line\nline', true, null, '0x1', 'a b'],
      b: {},
      c: [],
      d: [{ e: 'f', g: ['h'] }],
      e: 'two\n\nlines\n',
      f: 'a\nb',
      g: ' a\nb',
      h: 'a\n\n',
    }),
  ).toMatchInlineSnapshot(`
    "a:
      - "yes"
      - "1"
      - 1
      - ""
      - "x: y"
      - "- x"
      - "line\\nline"
      - true
      - null
      - "0x1"
      - "a b"
    b: {}
    c: []
    d:
      - e: f
        g:
          - h
    e: |
      two

      lines
    f: |-
      a
      b
    g: " a\\nb"
    h: |+
      a

    "
  `)
})
