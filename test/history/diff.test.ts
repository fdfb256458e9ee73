import { expect, it } from 'vitest'
import { folderWith, runCommand } from '../commands/run-command.ts'

const stack = {
  'iamstack.yaml': `name: todo
vars: { LOG_LEVEL: info }
images: { app: { context: ./app } }
secrets: { db: { password: { generate: 24 } } }
services:
  db:
    image: mariadb:10.11
    env: { MARIADB_PASSWORD_FILE: /run/secrets/db/password }
    ports: { mysql: 3306 }
    mounts: { /var/lib/mysql: { volume: data }, /run/secrets/db: { secret: db } }
  api:
    image: app
    env: { DB_HOST: "\${service.db.host}", LOG_LEVEL: "\${LOG_LEVEL}" }
    ports: { http: 8000 }
    expose: { http: local:8000 }
    needs: { db: healthy }
  debug: { image: busybox }
volumes: { data: { size: 8Gi } }
`,
  'app/Dockerfile': 'FROM busybox\n',
  'profiles/compose.yaml': 'target: compose\n',
  'profiles/staging.yaml': `target: compose
vars: { LOG_LEVEL: warn }
secrets: { db: { password: { env: DB_PASSWORD } } }
images: { app: { target: release } }
services:
  api: { replicas: 3, expose: { http: load-balancer:80 }, resources: { limits: { memory: 512Mi } } }
  db: { external: { host: db.example.org, ports: { mysql: 3307 } } }
  debug: null
`,
}

it('S1: two profiles, by what they mean, field by field', async () => {
  const cwd = await folderWith(stack)
  const { code, stdout, stderr } = await runCommand(['diff', 'compose', 'staging'], { cwd })
  expect([code, stderr]).toEqual([0, ''])
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
                               compose        staging
    service db
      image                    mariadb:10.11  –
      ports.mysql              3306           3307
      external                 –              db.example.org
    service api
      env.LOG_LEVEL            info           warn
      replicas                 1              3
      expose.http              local:8000     load-balancer:80
      resources.limits.memory  –              512Mi
    service debug              there          –
    image app
      target                   –              release
    volume data                there          –
    secret db
      password                 generate 24    env DB_PASSWORD
    "
  `)
})

it('a profile that only binds a target means the same', async () => {
  const cwd = await folderWith({ ...stack, 'profiles/other.yaml': 'target: compose\n' })
  expect(await runCommand(['diff', 'compose', 'other'], { cwd })).toEqual({
    code: 0,
    stdout: 'compose and other mean the same.\n',
    stderr: '',
  })
})

it('every mistake of a profile is told, and what cannot be compared is refused', async () => {
  const cwd = await folderWith(stack)
  const failing = async (...words: string[]) => {
    const { code, stderr } = await runCommand(['diff', ...words], { cwd })
    return `${code} ${stderr}`
  }
  expect(await failing('compose', 'stagin')).toMatchInlineSnapshot(`
    "2 error load/no-profile: there is no profile stagin
      hint: did you mean \`staging\`?
    "
  `)
  expect(await failing('compose')).toMatchInlineSnapshot(`
    "2 error profile compose is to be compared with another one
      → iamstack diff 2 3 (revisions), diff 2 (and the files as they are now), diff compose kind (profiles)
    "
  `)
  expect(await failing()).toMatchInlineSnapshot(`
    "2 error diff compares two things
      → iamstack diff 2 3 (revisions), diff 2 (and the files as they are now), diff compose kind (profiles)
    "
  `)
})
