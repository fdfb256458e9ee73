import { expect, test } from 'vitest'
import { gatewayConfig, type Route } from '../../../src/drivers/compose/gateway/config.ts'

const check = {
  kind: 'http',
  scheme: 'http',
  path: '/healthz',
  port: 'http',
  headers: new Map([['Host', 'a']]),
} as const
const target = { service: 'api', port: 8000, check }
const routes: Route[] = [
  { kind: 'tcp', name: 'db.sql', listen: 20000, target: { service: 'db', port: 5432, check: undefined } },
  {
    kind: 'http',
    name: 'all',
    listen: 8080,
    host: undefined,
    path: '/',
    bodySize: undefined,
    headers: new Map(),
    target,
  },
  {
    kind: 'http',
    name: 'app',
    listen: 8080,
    host: 'Todo.localhost',
    path: '/api/',
    bodySize: 5_242_880,
    headers: new Map([['X-Env', '100% "$HOME"']]),
    target,
  },
]

test('one frontend for HTTP, one for each port, a backend for each target (S82, S149, S150)', () => {
  const servers = [
    { service: 'api', name: 'api-1', host: '0123456789ab' },
    { service: 'api', name: 'api-2', host: 'ba9876543210' },
  ]
  expect(gatewayConfig(routes, servers, 'r1')).toMatchInlineSnapshot(`
    "global
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
      http-request return status 200 content-type text/plain lf-string "r1 db-5432-tcp=%[nbsrv(db-5432-tcp)] api-8000-http=%[nbsrv(api-8000-http)]"

    frontend http-8080
      bind :8080
      option forwardfor
      http-request set-header X-Real-IP %[src]
      http-request set-header X-Forwarded-Host %[req.hdr(Host)]
      http-request set-header X-Forwarded-Proto http
      http-request set-var(txn.host) req.hdr(Host),field(1,:),lower
      http-request set-var(txn.route) int(1) if !{ var(txn.route) -m found } { var(txn.host) -m str "todo.localhost" } { path "/api" } or !{ var(txn.route) -m found } { var(txn.host) -m str "todo.localhost" } { path_beg "/api/" }
      http-request set-var(txn.route) int(2) if !{ var(txn.route) -m found }
      http-request deny deny_status 413 if { var(txn.route) -m int 1 } { req.body_size gt 5242880 }
      http-request set-header "X-Env" "100%% \\"\\$HOME\\"" if { var(txn.route) -m int 1 }
      use_backend api-8000-http if { var(txn.route) -m int 1 }
      use_backend api-8000-http if { var(txn.route) -m int 2 }
      default_backend no-route

    frontend tcp-20000
      mode tcp
      bind :20000
      default_backend db-5432-tcp

    backend no-route
      http-request return status 404 content-type text/plain string "no route leads here"

    backend db-5432-tcp
      mode tcp
      balance roundrobin

    backend api-8000-http
      mode http
      balance roundrobin
      retry-on conn-failure
      option httpchk
      http-check send meth GET uri "/healthz" hdr "Host" "a"
      server api-1 0123456789ab:8000
      server api-2 ba9876543210:8000
    "
  `)
})
