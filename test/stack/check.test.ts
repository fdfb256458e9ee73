import { describe, expect, it } from 'vitest'
import { report } from './files.ts'

/** What no single value can tell; one small stack per class. */
const mistakes: Readonly<Record<string, string>> = {
  'a service that runs nothing': 'services: { api: { replicas: 1 } }',
  'a near miss of an image of ours': 'images: { backend: ./app }\nservices: { api: { image: backnd } }',
  'an unknown secret, and an unknown key of one': `services:
  api: { image: a:1, env: { A: { secret: bd, key: password }, B: { secret: db, key: pasword } } }
secrets: { db: { password: { generate: 24 } } }`,
  'unknown volume, config, certificate': `services:
  api:
    image: a:1
    mounts: { /data: dat, /etc/a: { config: ap }, /cert: { cert: toto } }
volumes: { data: }
configs: { app: { literals: { a: b } } }
certs: { todo: }`,
  'an unknown need':
    'services: { api: { image: a:1, needs: { databse: healthy } }, database: { image: b:1 } }',
  'S112: a circle of services and jobs': `services:
  api: { image: a:1, needs: { migrate: completed } }
  db: { image: b:1, needs: { api: healthy } }
jobs:
  migrate: { image: a:1, needs: [db] }`,
  'a need of itself': 'services: { api: { image: a:1, needs: { api: healthy } } }',
  'a need that cannot come true':
    'services: { api: { image: a:1, needs: { db: completed, migrate: healthy } }, db: { image: b:1 } }\njobs: { migrate: { image: a:1 } }',
  'one name for a service and a job': 'services: { db: { image: b:1 } }\njobs: { db: { image: b:1 } }',
  'S74: one port of this machine for two services': `services:
  api: { image: a:1, ports: { http: 8000 }, expose: { http: local:8000 } }
  web: { image: b:1, ports: { http: 80 }, expose: { http: load-balancer:8000 } }`,
  'an exposed port that does not exist':
    'services: { api: { image: a:1, ports: { http: 8000 }, expose: { htttp: local } } }',
  'a port number out of range':
    'services: { api: { image: a:1, ports: { http: 8000 }, expose: { http: local:99999 } } }',
  'a health check of an unknown port':
    'services: { api: { image: a:1, ports: { http: 8000 }, health: { http: /, port: web } } }',
  'a health check that could mean two ports':
    'services: { api: { image: a:1, ports: { http: 8000, metrics: 9100 }, health: { http: / } } }',
  routes: `services: { api: { image: a:1, ports: { http: 8000 } } }
routes:
  one: { host: todo.localhost, to: "api:http" }
  two: { host: todo.localhost, to: "api:htpp" }
  three: { to: "apj:http" }`,
  'S102: a singleton with replicas': 'services: { api: { image: a:1, singleton: true, replicas: 2 } }',
  scale:
    'services: { api: { image: a:1, scale: { min: 5, max: 2, cpu: 80% } }, web: { image: a:1, scale: { min: 1, max: 2 } } }',
  schedule: 'services: { a: { image: a:1, workload: cron }, b: { image: a:1, schedule: "@daily" } }',
  'S77: members of a pod': `services:
  course: { image: a:1, pod: course, ports: { http: 80 } }
  edge: { image: b:1, pod: course, replicas: 2, ports: { web: 80 } }`,
  'a reservation beyond its limit':
    'services: { api: { image: a:1, resources: { memory: 1Gi, limits: { memory: 512Mi } } } }',
  'two init steps of one name':
    'services: { api: { image: a:1, init: [{ name: a, command: [a] }, { name: a, command: [b] }] } }',
  'a default that is not allowed': 'vars: { LEVEL: { default: trace, one-of: [debug, info] } }',
  smoke: `services: { api: { image: a:1, ports: { http: 8000 } } }
smoke:
  one: { http: { get: "api:web/healthz" } }
  two: { exec: { service: ctl, command: [a] } }
  three: { http: "not a url" }
  four: { run: { image: app, target: test } }`,
}

describe('names, needs and ports are checked without a profile', () => {
  it('for each class of mistake', async () => {
    const answers: string[] = []
    for (const [what, source] of Object.entries(mistakes))
      answers.push(`# ${what}\n${await report(`name: todo\n${source}\n`)}`)
    expect(answers.join('\n\n')).toMatchInlineSnapshot(`
      "# a service that runs nothing
      iamstack.yaml:2:13 error check/no-image: service \`api\` has neither \`image\` nor \`process\` nor \`external\`
        1 | name: todo
        2 | services: { api: { replicas: 1 } }
          |             ^^^
        hint: add \`image: …\`, or \`process: { run: … }\` for the process target

      # a near miss of an image of ours
      iamstack.yaml:3:27 warning check/unknown-image: \`backnd\` is not under \`images\`; it would be pulled from a registry
        2 | images: { backend: ./app }
        3 | services: { api: { image: backnd } }
          |                           ^^^^^^
        hint: did you mean \`backend\`?

      # an unknown secret, and an unknown key of one
      iamstack.yaml:3:42 error check/unknown-secret: there is no secret \`bd\`
        2 | services:
        3 |   api: { image: a:1, env: { A: { secret: bd, key: password }, B: { secret: db, key: pasword } } }
          |                                          ^^
        4 | secrets: { db: { password: { generate: 24 } } }
        hint: did you mean \`db\`?

      iamstack.yaml:3:85 error check/unknown-key: secret \`db\` has no key \`pasword\`
        2 | services:
        3 |   api: { image: a:1, env: { A: { secret: bd, key: password }, B: { secret: db, key: pasword } } }
          |                                                                                     ^^^^^^^
        4 | secrets: { db: { password: { generate: 24 } } }
        hint: did you mean \`password\`?

      # unknown volume, config, certificate
      iamstack.yaml:5:22 error check/unknown-volume: there is no volume \`dat\`
        4 |     image: a:1
        5 |     mounts: { /data: dat, /etc/a: { config: ap }, /cert: { cert: toto } }
          |                      ^^^
        6 | volumes: { data: }
        hint: did you mean \`data\`?

      iamstack.yaml:5:45 error check/unknown-config: there is no config \`ap\`
        4 |     image: a:1
        5 |     mounts: { /data: dat, /etc/a: { config: ap }, /cert: { cert: toto } }
          |                                             ^^
        6 | volumes: { data: }
        hint: did you mean \`app\`?

      iamstack.yaml:5:66 error check/unknown-certificate: there is no certificate \`toto\`
        4 |     image: a:1
        5 |     mounts: { /data: dat, /etc/a: { config: ap }, /cert: { cert: toto } }
          |                                                                  ^^^^
        6 | volumes: { data: }
        hint: did you mean \`todo\`?

      # an unknown need
      iamstack.yaml:2:41 error check/unknown-need: there is no service or job \`databse\`
        1 | name: todo
        2 | services: { api: { image: a:1, needs: { databse: healthy } }, database: { image: b:1 } }
          |                                         ^^^^^^^
        hint: did you mean \`database\`?

      # S112: a circle of services and jobs
      iamstack.yaml:4:30 error check/cycle: needs lead in a circle: api → migrate → db → api
        3 |   api: { image: a:1, needs: { migrate: completed } }
        4 |   db: { image: b:1, needs: { api: healthy } }
          |                              ^^^
        5 | jobs:
        iamstack.yaml:3:31 \`api\` needs \`migrate\`
          2 | services:
          3 |   api: { image: a:1, needs: { migrate: completed } }
            |                               ^^^^^^^
          4 |   db: { image: b:1, needs: { api: healthy } }
        iamstack.yaml:6:34 \`migrate\` needs \`db\`
          5 | jobs:
          6 |   migrate: { image: a:1, needs: [db] }
            |                                  ^^
        hint: remove one of these needs; a job can do what must come between

      # a need of itself
      iamstack.yaml:2:41 error check/cycle: \`api\` needs itself
        1 | name: todo
        2 | services: { api: { image: a:1, needs: { api: healthy } } }
          |                                         ^^^
        hint: remove one of these needs; a job can do what must come between

      # a need that cannot come true
      iamstack.yaml:2:45 error check/need: \`db\` is a service and never completes
        1 | name: todo
        2 | services: { api: { image: a:1, needs: { db: completed, migrate: healthy } }, db: { image: b:1 } }
          |                                             ^^^^^^^^^
        3 | jobs: { migrate: { image: a:1 } }
        hint: wait for \`healthy\` or \`started\`

      iamstack.yaml:2:65 error check/need: \`migrate\` is a job
        1 | name: todo
        2 | services: { api: { image: a:1, needs: { db: completed, migrate: healthy } }, db: { image: b:1 } }
          |                                                                 ^^^^^^^
        3 | jobs: { migrate: { image: a:1 } }
        hint: wait for \`completed\`

      # one name for a service and a job
      iamstack.yaml:3:9 error check/name-taken: \`db\` is both a service and a job
        2 | services: { db: { image: b:1 } }
        3 | jobs: { db: { image: b:1 } }
          |         ^^
        hint: \`needs\` could mean either; rename one

      # S74: one port of this machine for two services
      iamstack.yaml:4:59 error check/duplicate-port: port 8000 is already taken by \`api:http\`
        3 |   api: { image: a:1, ports: { http: 8000 }, expose: { http: local:8000 } }
        4 |   web: { image: b:1, ports: { http: 80 }, expose: { http: load-balancer:8000 } }
          |                                                           ^^^^^^^^^^^^^^^^^^
        iamstack.yaml:3:61 \`api:http\` is exposed here
          2 | services:
          3 |   api: { image: a:1, ports: { http: 8000 }, expose: { http: local:8000 } }
            |                                                             ^^^^^^^^^^
          4 |   web: { image: b:1, ports: { http: 80 }, expose: { http: load-balancer:8000 } }
        hint: choose another, or leave the number out and let the target choose

      # an exposed port that does not exist
      iamstack.yaml:2:65 error check/unknown-port: service \`api\` has no port \`htttp\`
        1 | name: todo
        2 | services: { api: { image: a:1, ports: { http: 8000 }, expose: { htttp: local } } }
          |                                                                 ^^^^^
        hint: did you mean \`http\`?

      # a port number out of range
      iamstack.yaml:2:71 error check/port-range: 99999 is not a port
        1 | name: todo
        2 | services: { api: { image: a:1, ports: { http: 8000 }, expose: { http: local:99999 } } }
          |                                                                       ^^^^^^^^^^^
        hint: ports go from 1 to 65535

      # a health check of an unknown port
      iamstack.yaml:2:80 error check/unknown-port: service \`api\` has no port \`web\`
        1 | name: todo
        2 | services: { api: { image: a:1, ports: { http: 8000 }, health: { http: /, port: web } } }
          |                                                                                ^^^
        hint: it has \`http\`

      # a health check that could mean two ports
      iamstack.yaml:2:86 error check/health-port: the http check of \`api\` does not say which port
        1 | name: todo
        2 | services: { api: { image: a:1, ports: { http: 8000, metrics: 9100 }, health: { http: / } } }
          |                                                                                      ^
        hint: add \`port\`: http, metrics

      # routes
      iamstack.yaml:5:36 error check/unknown-port: service \`api\` has no port \`htpp\`
        4 |   one: { host: todo.localhost, to: "api:http" }
        5 |   two: { host: todo.localhost, to: "api:htpp" }
          |                                    ^^^^^^^^^^
        6 |   three: { to: "apj:http" }
        hint: did you mean \`http\`?

      iamstack.yaml:5:3 error check/duplicate-route: routes \`one\` and \`two\` both answer todo.localhost/
        4 |   one: { host: todo.localhost, to: "api:http" }
        5 |   two: { host: todo.localhost, to: "api:htpp" }
          |   ^^^
        6 |   three: { to: "apj:http" }
        iamstack.yaml:4:3 \`one\` is here
          3 | routes:
          4 |   one: { host: todo.localhost, to: "api:http" }
            |   ^^^
          5 |   two: { host: todo.localhost, to: "api:htpp" }

      iamstack.yaml:6:16 error check/unknown-service: there is no service \`apj\`
        5 |   two: { host: todo.localhost, to: "api:htpp" }
        6 |   three: { to: "apj:http" }
          |                ^^^^^^^^^^
        hint: did you mean \`api\`?

      # S102: a singleton with replicas
      iamstack.yaml:2:59 error check/singleton: \`api\` is a singleton and cannot have 2 replicas
        1 | name: todo
        2 | services: { api: { image: a:1, singleton: true, replicas: 2 } }
          |                                                           ^
        hint: remove \`singleton\`, or leave \`replicas\` at 1

      # scale
      iamstack.yaml:2:46 error check/scale: \`min\` 5 is more than \`max\` 2
        1 | name: todo
        2 | services: { api: { image: a:1, scale: { min: 5, max: 2, cpu: 80% } }, web: { image: a:1, scale: { mi
          |                                              ^

      iamstack.yaml:2:90 error check/scale: \`scale\` of \`web\` does not say by what
        1 | name: todo
        2 |  image: a:1, scale: { min: 5, max: 2, cpu: 80% } }, web: { image: a:1, scale: { min: 1, max: 2 } } }
          |                                                                        ^^^^^
        hint: add \`cpu: 80%\` or \`memory: 80%\`

      # schedule
      iamstack.yaml:2:40 error check/schedule: \`a\` is a cron workload without \`schedule\`
        1 | name: todo
        2 | services: { a: { image: a:1, workload: cron }, b: { image: a:1, schedule: "@daily" } }
          |                                        ^^^^
        hint: add \`schedule: "*/5 * * * *"\`

      iamstack.yaml:2:75 error check/schedule: \`schedule\` of \`b\` has no effect
        1 | name: todo
        2 | services: { a: { image: a:1, workload: cron }, b: { image: a:1, schedule: "@daily" } }
          |                                                                           ^^^^^^^^
        hint: add \`workload: cron\`

      # S77: members of a pod
      iamstack.yaml:4:46 error check/pod: \`replicas\` of pod \`course\` is set by its owner \`course\`
        3 |   course: { image: a:1, pod: course, ports: { http: 80 } }
        4 |   edge: { image: b:1, pod: course, replicas: 2, ports: { web: 80 } }
          |                                              ^
        hint: move it to \`course\`

      iamstack.yaml:4:63 error check/duplicate-port: \`course\` in the same pod listens on port 80/tcp too
        3 |   course: { image: a:1, pod: course, ports: { http: 80 } }
        4 |   edge: { image: b:1, pod: course, replicas: 2, ports: { web: 80 } }
          |                                                               ^^
        iamstack.yaml:3:53 \`course\` listens here
          2 | services:
          3 |   course: { image: a:1, pod: course, ports: { http: 80 } }
            |                                                     ^^
          4 |   edge: { image: b:1, pod: course, replicas: 2, ports: { web: 80 } }
        hint: members of a pod share one network

      # a reservation beyond its limit
      iamstack.yaml:2:76 error check/resources: service api reserves more memory than its limit allows
        1 | name: todo
        2 | services: { api: { image: a:1, resources: { memory: 1Gi, limits: { memory: 512Mi } } } }
          |                                                                            ^^^^^
        hint: raise the limit or lower what is reserved

      # two init steps of one name
      iamstack.yaml:2:74 error check/duplicate-name: two init steps are named \`a\`
        1 | name: todo
        2 | services: { api: { image: a:1, init: [{ name: a, command: [a] }, { name: a, command: [b] }] } }
          |                                                                          ^
        iamstack.yaml:2:47 the first one
          1 | name: todo
          2 | services: { api: { image: a:1, init: [{ name: a, command: [a] }, { name: a, command: [b] }] } }
            |                                               ^

      # a default that is not allowed
      iamstack.yaml:2:27 error check/variable: the default "trace" of \`LEVEL\` is not one of debug, info
        1 | name: todo
        2 | vars: { LEVEL: { default: trace, one-of: [debug, info] } }
          |                           ^^^^^

      # smoke
      iamstack.yaml:4:23 error check/unknown-port: service \`api\` has no port \`web\`
        3 | smoke:
        4 |   one: { http: { get: "api:web/healthz" } }
          |                       ^^^^^^^^^^^^^^^^^
        5 |   two: { exec: { service: ctl, command: [a] } }
        hint: it has \`http\`

      iamstack.yaml:5:27 error check/unknown-service: there is no service \`ctl\`
        4 |   one: { http: { get: "api:web/healthz" } }
        5 |   two: { exec: { service: ctl, command: [a] } }
          |                           ^^^
        6 |   three: { http: "not a url" }
        hint: declare it under \`services\`

      iamstack.yaml:6:18 error check/url: \`not a url\` is neither \`service:port/path\` nor a URL
        5 |   two: { exec: { service: ctl, command: [a] } }
        6 |   three: { http: "not a url" }
          |                  ^^^^^^^^^^^
        7 |   four: { run: { image: app, target: test } }

      iamstack.yaml:7:25 error check/unknown-image: there is no image \`app\`
        6 |   three: { http: "not a url" }
        7 |   four: { run: { image: app, target: test } }
          |                         ^^^
        hint: declare it under \`images\`"
    `)
  })

  it('leaves alone what only variables will tell', async () => {
    const source = `name: todo
vars: { N: "2", PORT: "8000", V: data }
services:
  api:
    image: "\${IMAGE:-app}"
    singleton: true
    replicas: \${N}
    ports: { http: "\${PORT}", metrics: "\${PORT}" }
    expose: { http: "local:\${PORT}", metrics: "local:\${PORT}" }
    mounts: { /data: { volume: "\${V}" } }
`
    expect(await report(source)).toBe('ok')
  })

  it('a chain of ten thousand needs is no problem, and neither is a circle at its end', async () => {
    const services = Array.from(
      { length: 10_000 },
      (_, index) => `  s${String(index)}: { image: a:1, needs: [s${String((index + 1) % 10_000)}] }`,
    )
    const answer = await report(`name: todo\nservices:\n${services.join('\n')}\n`)
    expect(answer.slice(0, 70)).toMatchInlineSnapshot(
      `"iamstack.yaml:10002:32 error check/cycle: needs lead in a circle: s0 →"`,
    )
  })
})
