import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { folderWith, runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '..', '..')

async function explain(cwd: string, ...words: readonly string[]): Promise<string> {
  const state = await folderWith()
  const { code, stdout, stderr } = await runCommand(['explain', ...words], {
    cwd,
    env: { IAMSTACK_STATE: state },
  })
  expect([code, stderr]).toEqual([0, ''])
  return `\n${stdout}`
}

const withoutExcerpts = (text: string): string => text.replaceAll(/^ +(\d+ )? *\|.*\n/gm, '')

describe('the examples', { timeout: 60_000 }, () => {
  test('iam: programs bundled in stages of their own', async () => {
    const paths = [
      'apiserver/main.ts',
      'common/new.ts',
      'schema/new.sql',
      'package.json',
      'iamctl/x.ts',
      'README.md',
    ]
    const named = paths.map((path) => `examples/iam/${path}`)
    expect(withoutExcerpts(await explain(root, '-p', 'compose', ...named))).toMatchInlineSnapshot(`
      "
      examples/iam/apiserver/main.ts: rebuild
        service iam-apiserver: built anew from stage build-iam-apiserver on
          built in stage build-iam-apiserver (Dockerfile:12): RUN node build.mjs iam-apiserver (Dockerfile:14) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:13:1
        job migrate: built anew from stage build-iam-apiserver on
          built in stage build-iam-apiserver (Dockerfile:12): RUN node build.mjs iam-apiserver (Dockerfile:14) may make something of it
          examples/iam/Dockerfile:13:1
        there is no such file now

      examples/iam/common/new.ts: rebuild
        service iam-apiserver: built anew from stage build on
          built in stage build-iam-apiserver (Dockerfile:12): RUN node build.mjs iam-apiserver (Dockerfile:14) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:9:1
        job migrate: built anew from stage build on
          built in stage build-iam-apiserver (Dockerfile:12): RUN node build.mjs iam-apiserver (Dockerfile:14) may make something of it
          examples/iam/Dockerfile:9:1
        service iam-authz-server: built anew from stage build on
          built in stage build-iam-authz-server (Dockerfile:16): RUN node build.mjs iam-authz-server (Dockerfile:18) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:9:1
        service iam-pump: built anew from stage build on
          built in stage build-iam-pump (Dockerfile:20): RUN node build.mjs iam-pump (Dockerfile:22) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:9:1
        service iamctl: built anew from stage build on
          built in stage build-iamctl (Dockerfile:24): RUN node build.mjs iamctl (Dockerfile:26) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:9:1
        there is no such file now

      examples/iam/schema/new.sql: rebuild
        job migrate: built anew from stage iam-apiserver on
          a job runs what its image holds; nothing is copied into it
          examples/iam/Dockerfile:48:1
        service iam-apiserver: copied to /opt/iam/schema/new.sql, then the process restarts
          COPY schema schema (Dockerfile:48) brings it as it is: no RUN sees it on its way
          examples/iam/Dockerfile:48:1
        there is no such file now

      examples/iam/package.json: rebuild
        service iam-apiserver, iam-authz-server, iam-pump, iamctl: built anew from stage deps on
          built in stage deps (Dockerfile:2): RUN npm ci --no-audit --no-fund --loglevel=error (Dockerfile:5) may make something of it
          cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
          examples/iam/Dockerfile:4:1
        job migrate: built anew from stage deps on
          built in stage deps (Dockerfile:2): RUN npm ci --no-audit --no-fund --loglevel=error (Dockerfile:5) may make something of it
          examples/iam/Dockerfile:4:1

      examples/iam/iamctl/x.ts: rebuild
        service iamctl: built anew from stage build-iamctl on
          built in stage build-iamctl (Dockerfile:24): RUN node build.mjs iamctl (Dockerfile:26) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /opt/iam/bin }]
          examples/iam/Dockerfile:25:1
        there is no such file now

      examples/iam/README.md: ignored
        .dockerignore:5 (README.md) leaves it out of the build
        examples/iam/.dockerignore:5:1
      "
    `)
  })

  test('todobackend: an init step and a job run the image of the service', async () => {
    const cwd = join(root, 'examples', 'todobackend')
    expect(
      await explain(
        cwd,
        '-p',
        'compose',
        'todobackend/app.py',
        'requirements.txt',
        'acceptance/new.py',
        'README.md',
      ),
    ).toMatchInlineSnapshot(`
      "
      todobackend/app.py: rebuild
        service app: built anew from stage release on
          the init step collectstatic runs from the image too and may make something of it
          cheaper: name it in dev.sync if the step does not read it
          Dockerfile:20:1
            19 | COPY --from=deps /deps /deps
            20 | COPY todobackend todobackend
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            21 | USER 1000:1000
        job migrate: built anew from stage release on
          a job runs what its image holds; nothing is copied into it
          Dockerfile:20:1

      requirements.txt: rebuild
        service app: built anew from stage deps on
          built in stage deps (Dockerfile:6): RUN pip install --no-cache-dir --no-compile --require-hashe… (Dockerfile:8) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /deps }]
          Dockerfile:7:1
            6 | FROM base AS deps
            7 | COPY requirements.txt ./
              | ^^^^^^^^^^^^^^^^^^^^^^^^
            8 | RUN pip install --no-cache-dir --no-compile --require-hashes --root-user-action=ignore --target /dep
        job migrate: built anew from stage deps on
          built in stage deps (Dockerfile:6): RUN pip install --no-cache-dir --no-compile --require-hashe… (Dockerfile:8) may make something of it
          Dockerfile:7:1

      acceptance/new.py: rebuild
        smoke suite: built anew from stage acceptance on
          a job runs what its image holds; nothing is copied into it
          Dockerfile:27:1
            26 | FROM base AS acceptance
            27 | COPY acceptance acceptance
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^
            28 | USER 1000:1000
        there is no such file now

      README.md: ignored
        .dockerignore:5 (README.md) leaves it out of the build
        .dockerignore:5:1
          4 | iamstack.yaml
          5 | README.md
            | ^^^^^^^^^
          6 | Dockerfile
      "
    `)
  })

  test('microservices: three languages', async () => {
    const cwd = join(root, 'examples', 'microservices')
    const paths = ['python/user.py', 'node/user-edge.mjs', 'go/web/web.go', 'platform/discovery.mjs']
    expect(withoutExcerpts(await explain(cwd, '-p', 'compose', ...paths))).toMatchInlineSnapshot(`
      "
      python/user.py: rebuild
        job schema: built anew from stage release on
          a job runs what its image holds; nothing is copied into it
          python/Dockerfile:18:1
        service user, course: copied to /opt/services/user.py, then the process restarts
          COPY *.py ./ (Dockerfile:18) brings it as it is: no RUN sees it on its way
          python/Dockerfile:18:1

      node/user-edge.mjs: sync
        service user-edge, api-gateway: copied to /opt/services/user-edge.mjs, then the process restarts
          COPY package.json *.mjs ./ (Dockerfile:4) brings it as it is: no RUN sees it on its way
          node/Dockerfile:4:1

      go/web/web.go: rebuild
        service message, course-edge: built anew from stage build on
          built in stage build (Dockerfile:2): RUN go build -ldflags=-s -o /out/ ./message ./courseedge (Dockerfile:10) may make something of it
          cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /bin }]
          go/Dockerfile:7:1

      platform/discovery.mjs: sync
        service discovery: copied to /opt/platform/discovery.mjs, then the process restarts
          COPY package.json discovery.mjs ./ (Dockerfile:3) brings it as it is: no RUN sees it on its way
          platform/Dockerfile:3:1
      "
    `)
    expect(withoutExcerpts(await explain(cwd, '-p', 'process', ...paths))).toMatchInlineSnapshot(`
      "
      python/user.py: restart
        service user: restart
          process.inputs names it
          iamstack.yaml:38:38
        service course: restart
          process.inputs names it
          iamstack.yaml:94:40
        job schema: restart
          process.inputs names it
          iamstack.yaml:147:40

      node/user-edge.mjs: restart
        service user-edge: restart
          process.inputs names it
          iamstack.yaml:58:41
        service api-gateway: restart
          process.inputs names it
          iamstack.yaml:130:43

      go/web/web.go: restart
        service message: restart
          process.inputs names it
          profiles/process.yaml:22:7
        service course-edge: restart
          process.inputs names it
          profiles/process.yaml:28:7

      platform/discovery.mjs: restart
        service discovery: restart
          process.inputs names it
          platform/stack.yaml:54:41
      "
    `)
    expect(withoutExcerpts(await explain(cwd, '-p', 'kind', 'node', 'go', 'profiles')))
      .toMatchInlineSnapshot(`
      "
      node: 10 files: 2 rebuild, 5 sync, 3 ignored
        rebuild  node/.dockerignore, node/Dockerfile
        sync     node/api-gateway.mjs, node/package.json, node/redis.mjs and 2 more
        ignored  node/tests/api-gateway.test.mjs, node/tests/redis.test.mjs, node/tests/user-edge.test.mjs

      go: 8 files: 8 rebuild
        rebuild  go/.dockerignore, go/Dockerfile, go/courseedge/main.go and 5 more

      profiles: 6 files: 1 replan, 5 ignored
        replan   profiles/kind.yaml
        ignored  profiles/compose.yaml, profiles/docker-desktop.yaml, profiles/eks.yaml and 2 more
      "
    `)
  })
})

const files = {
  'iamstack.yaml': `name: todo
images:
  base: { context: ./base }
  app: { context: ./app, pre: [{ run: make dist, inputs: [app/dist.in] }] }
services:
  api:
    image: app
    mounts: { /etc/app: { config: app }, /run/token: { secret: token } }
    env: { MODE: { config: mode, key: MODE } }
    reload: signal:SIGHUP
  old: { image: base, env-from: [{ config: mode }] }
jobs:
  migrate: { image: app, mounts: { /etc/app: { config: app } } }
configs:
  app: { template: "./config/*.yaml" }
  mode: { env-file: ./mode.env }
  unused: { files: ./unused }
secrets: { token: { key: { file: ./token } } }
`,
  'base/Dockerfile': 'FROM busybox\nCOPY lib /lib/app\n',
  'base/lib/a.sh': 'a',
  'app/Dockerfile': 'FROM base\nCOPY src /src\n',
  'app/src/main.sh': 'main',
  'app/dist.in': 'x',
  'app/other.txt': 'x',
  'config/app.yaml': 'a: b\n',
  'mode.env': 'MODE=x\n',
  'unused/a': 'x',
  token: 'hunter2',
  'profiles/local.yaml': 'target: compose\n',
  '.env': 'A=1\n',
}

test(
  'everything else that reads files: the stack, configs, secrets, images built FROM one another, host steps',
  { timeout: 60_000 },
  async () => {
    const cwd = await folderWith(files)
    const paths = [
      'iamstack.yaml',
      '.env',
      'profiles/local.yaml',
      'base/lib/a.sh',
      'app/src/main.sh',
      'app/dist.in',
    ]
    const rest = [
      'app/other.txt',
      'config/app.yaml',
      'config/a.txt',
      'mode.env',
      'unused/a',
      'token',
      'elsewhere',
    ]
    expect(withoutExcerpts(await explain(cwd, '-p', 'local', ...paths, ...rest))).toMatchInlineSnapshot(`
    "
    iamstack.yaml: replan
      the stack is read from it; the difference is planned

    .env: replan
      the stack is read from it; the difference is planned

    profiles/local.yaml: replan
      the stack is read from it; the difference is planned

    base/lib/a.sh: rebuild
      service api, job migrate: rebuild
        image app is built FROM base, which is made from it
        iamstack.yaml:4:3
      service old: copied to /lib/app/a.sh, then the process restarts
        COPY lib /lib/app (Dockerfile:2) brings it as it is: no RUN sees it on its way
        base/Dockerfile:2:1

    app/src/main.sh: rebuild
      job migrate: built anew from stage 0 on
        a job runs what its image holds; nothing is copied into it
        app/Dockerfile:2:1
      service api: copied to /src/main.sh, then the process restarts
        COPY src /src (Dockerfile:2) brings it as it is: no RUN sees it on its way
        app/Dockerfile:2:1

    app/dist.in: rebuild
      service api, job migrate: built anew from stage 0 on
        it is an input of \`make dist\` (iamstack.yaml:4), which runs first
        cheaper: name what the step makes in dev.sync, and run it yourself
        app/Dockerfile:2:1

    app/other.txt: ignored
      nothing that image app is built from reads it (it reads src)

    config/app.yaml: reload
      service api: reload
        config app is made from it; its readers get SIGHUP
        iamstack.yaml:15:20
      job migrate: reload
        config app is made from it; it is another job then and runs again
        iamstack.yaml:15:20

    config/a.txt: ignored
      nothing in the stack reads it
      there is no such file now

    mode.env: reload
      service api: reload
        config mode is made from it; its readers get SIGHUP
        iamstack.yaml:16:21
      service old: reload
        config mode is made from it; its readers restart
        iamstack.yaml:16:21

    unused/a: ignored
      config unused is made from it, which nothing reads
      iamstack.yaml:17:20

    token: reload
      service api: reload
        secret token is read from it; its readers get SIGHUP
        iamstack.yaml:18:21

    elsewhere: ignored
      nothing in the stack reads it
      there is no such file now
    "
  `)
  },
)

test('raw objects of a cluster', { timeout: 60_000 }, async () => {
  const cwd = await folderWith({
    'iamstack.yaml': 'name: todo\nservices: { api: { image: busybox } }\nmanifests: ./k8s/*.yaml\n',
    'k8s/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
  })
  expect(await explain(cwd, '-p', 'kind', 'k8s/map.yaml')).toMatchInlineSnapshot(`
    "
    k8s/map.yaml: replan
      objects of the stack are read from it; the difference is planned
    "
  `)
})

test('local processes restart, whatever the Dockerfile says', { timeout: 60_000 }, async () => {
  const cwd = await folderWith({
    'iamstack.yaml': `name: todo
images: { app: ./app }
services:
  api: { image: app, process: { run: node src/main.js } }
  tree: { process: { run: node tree.js, cwd: ./tree } }
  some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }
  self: { process: { run: node --watch x.js, cwd: ./tree }, dev: { restart: none } }
`,
    'app/Dockerfile': 'FROM node\nCOPY src /src\n',
    'app/src/main.js': '1',
    'app/other.js': '1',
    'tree/tree.js': '1',
    'tree/notes.txt': '1',
    'tree/x.log': '1',
  })
  expect(
    await explain(
      cwd,
      '-p',
      'process',
      'app/src/main.js',
      'app/other.js',
      'tree/tree.js',
      'tree/notes.txt',
      'tree/x.log',
    ),
  ).toMatchInlineSnapshot(`
    "
    app/src/main.js: restart
      service api: restart
        image app, which it stands for, is made from it
        iamstack.yaml:2:11
          1 | name: todo
          2 | images: { app: ./app }
            |           ^^^
          3 | services:

    app/other.js: ignored
      nothing that image app is built from reads it (it reads src)

    tree/tree.js: restart
      service tree: restart
        the process runs from this folder
        iamstack.yaml:5:3
          4 |   api: { image: app, process: { run: node src/main.js } }
          5 |   tree: { process: { run: node tree.js, cwd: ./tree } }
            |   ^^^^
          6 |   some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }
      service some: restart
        process.inputs names it
        iamstack.yaml:6:54
          5 |   tree: { process: { run: node tree.js, cwd: ./tree } }
          6 |   some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }
            |                                                      ^^^^^^
          7 |   self: { process: { run: node --watch x.js, cwd: ./tree }, dev: { restart: none } }

    tree/notes.txt: restart
      service tree: restart
        the process runs from this folder
        iamstack.yaml:5:3
          4 |   api: { image: app, process: { run: node src/main.js } }
          5 |   tree: { process: { run: node tree.js, cwd: ./tree } }
            |   ^^^^
          6 |   some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }

    tree/x.log: ignored
      the ignore rules of the folder that service tree runs from leave it out
      process.inputs of service some does not name it
      iamstack.yaml:6:54
        5 |   tree: { process: { run: node tree.js, cwd: ./tree } }
        6 |   some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }
          |                                                      ^^^^^^
        7 |   self: { process: { run: node --watch x.js, cwd: ./tree }, dev: { restart: none } }
      service self reloads itself (dev.restart: none)
      iamstack.yaml:7:77
        6 |   some: { process: { run: node some.js, cwd: ./tree, inputs: ["./tree/*.js"] } }
        7 |   self: { process: { run: node --watch x.js, cwd: ./tree }, dev: { restart: none } }
          |                                                                             ^^^^
    "
  `)
})

test(
  'a protected profile copies nothing; --removed asks about the removal',
  { timeout: 60_000 },
  async () => {
    const stack = { ...files, 'profiles/local.yaml': 'target: compose\nprotected: true\n' }
    const cwd = await folderWith(stack)
    expect(withoutExcerpts(await explain(cwd, '-p', 'local', 'app/src/main.sh'))).toMatchInlineSnapshot(`
    "
    app/src/main.sh: rebuild
      service api: built anew from stage 0 on
        the profile is protected; nothing is copied into what runs
        app/Dockerfile:2:1
      job migrate: built anew from stage 0 on
        a job runs what its image holds; nothing is copied into it
        app/Dockerfile:2:1
    "
  `)
    const open = await folderWith(files)
    expect(
      withoutExcerpts(await explain(open, '-p', 'local', '--removed', 'app/src/main.sh', 'base/lib/a.sh')),
    ).toMatchInlineSnapshot(`
    "
    app/src/main.sh: rebuild
      service api, job migrate: built anew from stage 0 on
        base (Dockerfile:1) may have a file at /src/main.sh, which would show again
        app/Dockerfile:2:1

    base/lib/a.sh: rebuild
      service old: built anew from stage 0 on
        busybox (Dockerfile:1) may have a file at /lib/app/a.sh, which would show again
        base/Dockerfile:2:1
      service api, job migrate: rebuild
        image app is built FROM base, which is made from it
        iamstack.yaml:4:3
    "
  `)
  },
)

test('as JSON, one object, with the classes of a folder', { timeout: 60_000 }, async () => {
  const cwd = await folderWith(files)
  const printed = await explain(
    cwd,
    '-p',
    'local',
    '-o',
    'json',
    'app/src/main.sh',
    'app/other.txt',
    'config',
    'gone',
  )
  expect(JSON.parse(printed.replaceAll(`${cwd}/`, ''))).toMatchInlineSnapshot(`
    {
      "paths": [
        {
          "cost": "rebuild",
          "effects": [
            {
              "cost": "rebuild",
              "resources": [
                "job/migrate",
              ],
              "rule": "a job runs what its image holds; nothing is copied into it",
              "span": {
                "column": 1,
                "file": "app/Dockerfile",
                "length": 13,
                "line": 2,
              },
              "stage": {
                "index": 0,
                "name": "stage 0",
              },
            },
            {
              "cost": "sync",
              "destinations": [
                "/src/main.sh",
              ],
              "exec": [],
              "resources": [
                "service/api",
              ],
              "rule": "COPY src /src (Dockerfile:2) brings it as it is: no RUN sees it on its way",
              "span": {
                "column": 1,
                "file": "app/Dockerfile",
                "length": 13,
                "line": 2,
              },
              "then": {
                "kind": "process",
              },
            },
          ],
          "exists": true,
          "kind": "file",
          "path": "app/src/main.sh",
        },
        {
          "cost": "ignored",
          "effects": [
            {
              "cost": "ignored",
              "resources": [],
              "rule": "nothing that image app is built from reads it (it reads src)",
            },
          ],
          "exists": true,
          "kind": "file",
          "path": "app/other.txt",
        },
        {
          "files": [
            {
              "cost": "reload",
              "path": "config/app.yaml",
            },
          ],
          "kind": "folder",
          "path": "config",
        },
        {
          "cost": "ignored",
          "effects": [
            {
              "cost": "ignored",
              "resources": [],
              "rule": "nothing in the stack reads it",
            },
          ],
          "exists": false,
          "kind": "file",
          "path": "gone",
        },
      ],
      "project": "todo",
      "target": "compose",
    }
  `)
})

test(
  'without a path it says how it is used; a broken stack is told as everywhere',
  { timeout: 60_000 },
  async () => {
    const cwd = await folderWith({ 'iamstack.yaml': 'name: todo\nservices: { api: { imag: x } }\n' })
    const around = { cwd, env: { IAMSTACK_STATE: cwd } }
    expect(await runCommand(['explain'], around)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error explain which file?
      → iamstack explain PATH…, files or folders
    ",
      "stdout": "",
    }
  `)
    const { code, stderr } = await runCommand(['explain', 'x'], around)
    expect([code, stderr.replaceAll(`${cwd}/`, '').split('\n')[0]]).toMatchInlineSnapshot(`
      [
        2,
        "iamstack.yaml:2:13 error check/no-image: service \`api\` has neither \`image\` nor \`process\` nor \`external\`",
      ]
    `)
  },
)
