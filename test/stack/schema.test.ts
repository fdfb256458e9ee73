import { describe, expect, it } from 'vitest'
import { report } from './files.ts'

const head = 'name: todo\nservices:\n'

/** One stack per class of mistake that a single value can make, and the whole answer (S100). */
const mistakes: Readonly<Record<string, string>> = {
  'a key with a typing error': `${head}  db: { image: redis:7, replcas: 2 }\n`,
  'a key in another spelling': `${head}  db: { image: redis:7, readOnlyRoot: true }\n`,
  'words of Compose': `${head}  db:\n    image: redis:7\n    environment: { A: b }\n    depends_on: [api]\n    healthcheck: { test: [CMD, "true"] }\n    volumes: [data:/data]\n    networks: [front]\n`,
  'words of Kubernetes': `${head}  db:\n    image: redis:7\n    livenessProbe: {}\n    args: [serve]\n    initContainers: []\n    terminationGracePeriodSeconds: 5\n`,
  'ports of Compose': `${head}  db: { image: redis:7, ports: ["8080:80"] }\n`,
  'a restart policy of Compose': `${head}  db: { image: redis:7, restart: unless-stopped }\n`,
  'a shell line as command': `${head}  db: { image: redis:7, command: redis-server --save }\n`,
  'a map instead of a number': `${head}  db: { image: redis:7, replicas: { min: 1 } }\n`,
  'a text instead of a number': `${head}  db: { image: redis:7, replicas: two }\n`,
  'a number out of range': `${head}  db: { image: redis:7, ports: { redis: 70000 } }\n`,
  'yes instead of true': `${head}  db: { image: redis:7, singleton: yes }\n`,
  'a duration without unit': `${head}  db: { image: redis:7, stop: { grace: 10 } }\n`,
  'a word that is almost one of the list': `${head}  db: { image: redis:7, workload: statefull }\n`,
  'an empty value': `${head}  db: { image: redis:7, replicas: }\n`,
  'two exclusive members': `${head}  db: { image: redis:7, ports: { redis: 6379 }, health: { tcp: redis, exec: [redis-cli, ping] } }\n`,
  'none of the members': `${head}  db: { image: redis:7, health: { every: 2s } }\n`,
  'a companion that is missing': `${head}  db: { image: redis:7, env: { P: { secret: db } } }\nsecrets: { db: { p: { env: P } } }\n`,
  'a required key that is missing': 'services: { db: { image: redis:7 } }\n',
  'a bad name': `${head}  My_DB: { image: redis:7 }\n`,
  'a list of services': 'name: todo\nservices: [{ name: db }]\n',
  'a secret in the file': `${head}  db: { image: redis:7 }\nsecrets: { db: { password: hunter2 } }\n`,
  'a key of a profile': `${head}  db: { image: redis:7 }\ntarget: kind\n`,
  'a file for a newer program': `version: 7\n${head}  db: { image: redis:7 }\n`,
  'a mode that is not octal': `${head}  db: { image: redis:7, mounts: { /etc/a: { config: a, mode: 420 } } }\nconfigs: { a: { literals: { a: b } } }\n`,
}

describe('S100: a value that does not fit is answered with place and cure', () => {
  it('for each class of mistake', async () => {
    const answers: string[] = []
    for (const [what, source] of Object.entries(mistakes)) answers.push(`# ${what}\n${await report(source)}`)
    expect(answers.join('\n\n')).toMatchInlineSnapshot(`
      "# a key with a typing error
      iamstack.yaml:3:25 error schema/unknown-key: services.db.replcas is not a key that exists here
        2 | services:
        3 |   db: { image: redis:7, replcas: 2 }
          |                         ^^^^^^^
        hint: did you mean \`replicas\`?

      # a key in another spelling
      iamstack.yaml:3:25 error schema/unknown-key: services.db.readOnlyRoot is not a key that exists here
        2 | services:
        3 |   db: { image: redis:7, readOnlyRoot: true }
          |                         ^^^^^^^^^^^^
        hint: did you mean \`read-only-root\`?

      # words of Compose
      iamstack.yaml:5:5 error schema/unknown-key: services.db.environment is not a key that exists here
        4 |     image: redis:7
        5 |     environment: { A: b }
          |     ^^^^^^^^^^^
        6 |     depends_on: [api]
        hint: write \`env\`: \`env: { NAME: value }\`

      iamstack.yaml:6:5 error schema/unknown-key: services.db.depends_on is not a key that exists here
        5 |     environment: { A: b }
        6 |     depends_on: [api]
          |     ^^^^^^^^^^
        7 |     healthcheck: { test: [CMD, "true"] }
        hint: write \`needs\`: \`needs: { db: healthy }\`

      iamstack.yaml:7:5 error schema/unknown-key: services.db.healthcheck is not a key that exists here
        6 |     depends_on: [api]
        7 |     healthcheck: { test: [CMD, "true"] }
          |     ^^^^^^^^^^^
        8 |     volumes: [data:/data]
        hint: write \`health\`: \`health: { http: /healthz, port: http }\`

      iamstack.yaml:8:5 error schema/unknown-key: services.db.volumes is not a key that exists here
        7 |     healthcheck: { test: [CMD, "true"] }
        8 |     volumes: [data:/data]
          |     ^^^^^^^
        9 |     networks: [front]
        hint: write \`mounts\`, keyed by the path inside: \`mounts: { /var/lib/data: { volume: NAME } }\`

      iamstack.yaml:9:5 error schema/unknown-key: services.db.networks is not a key that exists here
         8 |     volumes: [data:/data]
         9 |     networks: [front]
           |     ^^^^^^^^
        hint: all services share one network; \`isolation: edges\` at the top gives each dependency its own

      # words of Kubernetes
      iamstack.yaml:5:5 error schema/unknown-key: services.db.livenessProbe is not a key that exists here
        4 |     image: redis:7
        5 |     livenessProbe: {}
          |     ^^^^^^^^^^^^^
        6 |     args: [serve]
        hint: write \`health\`; one block makes all probes, \`health.liveness\` refines this one

      iamstack.yaml:6:5 error schema/unknown-key: services.db.args is not a key that exists here
        5 |     livenessProbe: {}
        6 |     args: [serve]
          |     ^^^^
        7 |     initContainers: []
        hint: write \`command\`: here \`command\` is CMD (args of Kubernetes) and \`entrypoint\` is ENTRYPOINT (command of Kubernetes)

      iamstack.yaml:7:5 error schema/unknown-key: services.db.initContainers is not a key that exists here
        6 |     args: [serve]
        7 |     initContainers: []
          |     ^^^^^^^^^^^^^^
        8 |     terminationGracePeriodSeconds: 5
        hint: write \`init\`: \`init: [{ name: setup, command: […] }]\`

      iamstack.yaml:8:5 error schema/unknown-key: services.db.terminationGracePeriodSeconds is not a key that exists here
        7 |     initContainers: []
        8 |     terminationGracePeriodSeconds: 5
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: write \`stop: { grace: 10s }\`

      # ports of Compose
      iamstack.yaml:3:25 error schema/wrong-type: services.db.ports must be a map, not a list
        2 | services:
        3 |   db: { image: redis:7, ports: ["8080:80"] }
          |                         ^^^^^
        hint: name each port: \`ports: { http: 80 }\`, and publish it with \`expose: { http: local:8080 }\`

      # a restart policy of Compose
      iamstack.yaml:3:34 error schema/bad-value: services.db.restart must be always, on-failure or no, not the text "unless-stopped"
        2 | services:
        3 |   db: { image: redis:7, restart: unless-stopped }
          |                                  ^^^^^^^^^^^^^^
        hint: write \`always\`

      # a shell line as command
      iamstack.yaml:3:34 error schema/wrong-type: services.db.command must be a list, not the text "redis-server --save"
        2 | services:
        3 |   db: { image: redis:7, command: redis-server --save }
          |                                  ^^^^^^^^^^^^^^^^^^^
        hint: write a list of arguments: \`[serve, --port, "80"]\`; for a shell line \`[sh, -c, "…"]\`

      # a map instead of a number
      iamstack.yaml:3:25 error schema/wrong-type: services.db.replicas must be a whole number from 0 to 10000, not a map
        2 | services:
        3 |   db: { image: redis:7, replicas: { min: 1 } }
          |                         ^^^^^^^^

      # a text instead of a number
      iamstack.yaml:3:35 error schema/bad-value: services.db.replicas must be a whole number from 0 to 10000, not the text "two"
        2 | services:
        3 |   db: { image: redis:7, replicas: two }
          |                                   ^^^

      # a number out of range
      iamstack.yaml:3:41 error schema/bad-value: services.db.ports.redis.port must be a port from 1 to 65535, not the number 70000
        2 | services:
        3 |   db: { image: redis:7, ports: { redis: 70000 } }
          |                                         ^^^^^

      # yes instead of true
      iamstack.yaml:3:36 error schema/bad-value: services.db.singleton must be true or false, not the text "yes"
        2 | services:
        3 |   db: { image: redis:7, singleton: yes }
          |                                    ^^^
        hint: write \`true\`

      # a duration without unit
      iamstack.yaml:3:40 error schema/bad-value: services.db.stop.grace must be a duration such as 500ms, 2s, 1m30s or 8h, not the number 10
        2 | services:
        3 |   db: { image: redis:7, stop: { grace: 10 } }
          |                                        ^^
        hint: say the unit: 10s

      # a word that is almost one of the list
      iamstack.yaml:3:35 error schema/bad-value: services.db.workload must be deployment, stateful, daemon or cron, not the text "statefull"
        2 | services:
        3 |   db: { image: redis:7, workload: statefull }
          |                                   ^^^^^^^^^
        hint: did you mean \`stateful\`?

      # an empty value
      iamstack.yaml:3:25 error schema/empty: services.db.replicas has no value; it must be a whole number from 0 to 10000
        2 | services:
        3 |   db: { image: redis:7, replicas: }
          |                         ^^^^^^^^

      # two exclusive members
      iamstack.yaml:3:71 error schema/exclusive: services.db.health has both \`tcp\` and \`exec\`
        2 | services:
        3 |   db: { image: redis:7, ports: { redis: 6379 }, health: { tcp: redis, exec: [redis-cli, ping] } }
          |                                                                       ^^^^
        iamstack.yaml:3:59 \`tcp\` is here
          2 | services:
          3 |   db: { image: redis:7, ports: { redis: 6379 }, health: { tcp: redis, exec: [redis-cli, ping] } }
            |                                                           ^^^
        hint: keep one of \`http\`, \`tcp\`, \`exec\`, \`grpc\`

      # none of the members
      iamstack.yaml:3:25 error schema/missing-key: services.db.health needs one of \`http\`, \`tcp\`, \`exec\`, \`grpc\`
        2 | services:
        3 |   db: { image: redis:7, health: { every: 2s } }
          |                         ^^^^^^

      # a companion that is missing
      iamstack.yaml:3:32 error schema/missing-key: services.db.env.P needs \`key\` beside \`secret\`
        2 | services:
        3 |   db: { image: redis:7, env: { P: { secret: db } } }
          |                                ^
        4 | secrets: { db: { p: { env: P } } }

      # a required key that is missing
      iamstack.yaml:1:1 error schema/missing-key: the file needs \`name\`
        1 | services: { db: { image: redis:7 } }
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Name of the stack: project, namespace and prefix of all that it makes.

      # a bad name
      iamstack.yaml:3:3 error schema/bad-name: services.My_DB: the key must be a name of lower-case letters, digits and dashes that starts with a letter (at most 63 characters)
        2 | services:
        3 |   My_DB: { image: redis:7 }
          |   ^^^^^

      # a list of services
      iamstack.yaml:2:1 error schema/wrong-type: services must be a map, not a list
        1 | name: todo
        2 | services: [{ name: db }]
          | ^^^^^^^^
        hint: write a map keyed by name: \`services: { NAME: … }\`

      # a secret in the file
      iamstack.yaml:4:28 error schema/wrong-type: secrets.db.password must be a map, not a text
        hint: a stack file holds no secret values: say where it comes from, \`{ env: NAME }\`, \`{ file: … }\` or \`{ generate: 24 }\`

      # a key of a profile
      iamstack.yaml:4:1 error schema/unknown-key: target is not a key that exists here
        3 |   db: { image: redis:7 }
        4 | target: kind
          | ^^^^^^
        hint: a target belongs to a profile: \`profiles/NAME.yaml\`

      # a file for a newer program
      iamstack.yaml:1:10 error schema/bad-value: version must be a whole number, only 1, not the number 7
        1 | version: 7
          |          ^
        2 | name: todo
        hint: the file is for a newer iamstack: update it

      # a mode that is not octal
      iamstack.yaml:3:62 error schema/bad-value: services.db.mounts./etc/a.mode must be permission bits in octal such as 0644, not the number 420
        2 | services:
        3 |   db: { image: redis:7, mounts: { /etc/a: { config: a, mode: 420 } } }
          |                                                              ^^^
        4 | configs: { a: { literals: { a: b } } }"
    `)
  })

  it('reports ten different mistakes of one file in one run', async () => {
    const source = `version: 1
name: Todo
requires: { docker: 20 }
images:
  app: { contxt: ./app }
services:
  db:
    image: mariadb:10.11
    env: [MARIADB_USER=todo]
    ports: { mysql: "3306:3306" }
    health: { exec: [healthcheck.sh], interval: 2s }
  api:
    image: app
    needs: { db: ready, cach: healthy }
    expose: { http: public }
    replicas: -1
    update: { timeout: 2 minutes }
smoke:
  healthy: { http: { get: "api:http/", expect: { status: OK } } }
`
    const answer = await report(source)
    expect(
      answer
        .split('\n')
        .filter((line) => /^iamstack\.yaml:\d+:\d+ error /.test(line))
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "iamstack.yaml:2:7 error schema/bad-value: name must be a name of lower-case letters, digits and dashes that starts with a letter (at most 63 characters), not the text "Todo"
      iamstack.yaml:5:10 error schema/unknown-key: images.app.contxt is not a key that exists here
      iamstack.yaml:9:5 error schema/wrong-type: services.db.env must be a map, not a list
      iamstack.yaml:10:21 error schema/bad-value: services.db.ports.mysql.port must be a port from 1 to 65535, not the text "3306:3306"
      iamstack.yaml:11:39 error schema/unknown-key: services.db.health.interval is not a key that exists here
      iamstack.yaml:14:18 error schema/bad-value: services.api.needs.db.is must be started, healthy or completed, not the text "ready"
      iamstack.yaml:15:21 error schema/bad-value: services.api.expose.http must be none, internal, local[:port], node[:port], load-balancer[:port] or a host/path, not the text "public"
      iamstack.yaml:16:15 error schema/bad-value: services.api.replicas must be a whole number from 0 to 10000, not the number -1
      iamstack.yaml:17:24 error schema/bad-value: services.api.update.timeout must be a duration such as 500ms, 2s, 1m30s or 8h, not the text "2 minutes"
      iamstack.yaml:19:58 error schema/bad-value: smoke.healthy.http.0.expect.status.0 must be a whole number from 100 to 599, not the text "OK"
      iamstack.yaml:14:25 error check/unknown-need: there is no service or job \`cach\`
      iamstack.yaml:19:27 error check/unknown-port: service \`api\` has no port \`http\`"
    `)
  })

  it('a file full of garbage is answered with a hundred errors and a count', async () => {
    const services = Array.from(
      { length: 2000 },
      (_, index) => `  s${String(index)}: { image: redis:7, imaeg: x }\n`,
    )
    const lines = (await report(head + services.join(''))).split('\n').filter((line) => /error /.test(line))
    expect([lines.length, lines.at(-1)]).toMatchInlineSnapshot(`
      [
        101,
        "error schema/too-many: 1900 more findings are not shown; mend these first",
      ]
    `)
  })
})
