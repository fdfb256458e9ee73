import { describe, expect, it } from 'vitest'
import { loadProfiles } from '../../src/stack/load-profile.ts'
import { pathFrom } from '../../src/stack/paths.ts'
import { load, reader, report, text, type Files } from './files.ts'

const service = (image: string) => `{ image: "${image}" }`

describe('S7: a stack may lie in several files and folders', () => {
  const files: Files = {
    'iamstack.yaml': `name: todo
include: [../infra/iamstack.yaml, jobs.yaml]
services: { api: { image: app, needs: { db: healthy, migrate: completed } } }
images: { app: ./app }
`,
    '/infra/iamstack.yaml': `services: { db: { image: mariadb:10.11, mounts: { /docker-entrypoint-initdb.d: { config: schema } } } }
configs: { schema: { files: ./schema } }
manifests: [./k8s/*.yaml]
`,
    'jobs.yaml': 'jobs: { migrate: { image: app, command: [migrate] } }\nmanifests: ./more.yaml\n',
  }

  it('is one stack; each path starts at the file that states it', async () => {
    const result = await load(files)
    if (!result.ok) throw new Error(text(result.errors, files))
    const { stack, roots, files: read } = result.value
    expect([...(stack.value.services?.keys() ?? [])]).toEqual(['api', 'db'])
    expect({ roots, read }).toEqual({
      roots: ['/stack', '/infra'],
      read: ['/stack/iamstack.yaml', '/infra/iamstack.yaml', '/stack/jobs.yaml'],
    })
    const { manifests = [], configs } = stack.value
    const places = manifests.map((path, index) => {
      const span = stack.spanOf(manifests, index)
      return span && pathFrom(span, path)
    })
    expect(places).toEqual(['/infra/k8s/*.yaml', '/stack/more.yaml'])
    const schema = configs?.get('schema')
    const span = schema && stack.spanOf(schema, 'files')
    expect(span && pathFrom(span, './schema')).toBe('/infra/schema')
  })

  it('a name in two files is an error with both places', async () => {
    expect(
      await report({
        'iamstack.yaml': `name: todo\ninclude: more.yaml\nservices: { db: ${service('a:1')} }\n`,
        'more.yaml': `services:\n  db: ${service('b:1')}\nvolumes: { data: }\n`,
      }),
    ).toMatchInlineSnapshot(`
      "more.yaml:2:3 error load/duplicate-name: services.db is declared in two files
        1 | services:
        2 |   db: { image: "b:1" }
          |   ^^
        3 | volumes: { data: }
        iamstack.yaml:3:13 the first one
          2 | include: more.yaml
          3 | services: { db: { image: "a:1" } }
            |             ^^
        hint: rename one, or let a profile override it"
    `)
  })

  it('files that include each other, and one that is not there', async () => {
    expect(
      await report({
        'iamstack.yaml': 'name: todo\ninclude: a.yaml\n',
        'a.yaml': 'include: [b.yaml, c.yaml]\n',
        'b.yaml': 'include:\n  - a.yaml\n',
      }),
    ).toMatchInlineSnapshot(`
      "b.yaml:2:5 error load/include-cycle: files include each other: /stack/a.yaml → /stack/b.yaml → /stack/a.yaml
        1 | include:
        2 |   - a.yaml
          |     ^^^^^^
        hint: move what both need to a third file

      a.yaml:1:19 error load/no-file: there is no file /stack/c.yaml
        1 | include: [b.yaml, c.yaml]
          |                   ^^^^^^
        hint: paths start at the file that states them"
    `)
  })

  it('mistakes of all files are reported together', async () => {
    const answer = await report({
      'iamstack.yaml': 'name: todo\ninclude: [a.yaml, b.yaml]\nservices: { api: { imag: a:1 } }\n',
      'a.yaml': 'services: { db: { image: a:1, replicas: x } }\n',
      'b.yaml': 'services:\n\tdb: 1\n',
    })
    expect(answer.split('\n').filter((line) => /^\S+:\d+:\d+ /.test(line))).toMatchInlineSnapshot(`
      [
        "b.yaml:2:1 error yaml/tab: a tab cannot indent a line: YAML indents with spaces only",
        "iamstack.yaml:3:20 error schema/unknown-key: services.api.imag is not a key that exists here",
        "a.yaml:1:41 error schema/bad-value: services.db.replicas must be a whole number from 0 to 10000, not the text "x"",
      ]
    `)
  })

  it('a path that leads out is refused, unless its folder is a root', async () => {
    const stack = (roots: string) =>
      `name: todo\n${roots}images: { app: { context: ../other/app } }\nconfigs: { a: { files: [./a/../b, /etc/hosts, ~/x] } }\n`
    expect(await report(stack(''))).toMatchInlineSnapshot(`
      "iamstack.yaml:2:27 error load/outside: ../other/app leads out of the stack
        1 | name: todo
        2 | images: { app: { context: ../other/app } }
          |                           ^^^^^^^^^^^^
        3 | configs: { a: { files: [./a/../b, /etc/hosts, ~/x] } }
        hint: name the folder under \`roots\` of the stack file, or include the stack that lies there"
    `)
    expect(await report(stack('roots: ../other\n'))).toBe('ok')
  })

  it('a stack file that is not there', async () => {
    expect(await report({})).toMatchInlineSnapshot(`
      "error load/no-file: there is no file /stack/iamstack.yaml
        hint: \`iamstack init\` writes one"
    `)
  })
})

describe('S5: profiles', () => {
  const at = { entry: '/stack/iamstack.yaml', roots: ['/stack'] }

  it('are layered left to right, each with its local overlay; a target needs no file', async () => {
    const files: Files = {
      'profiles/base.yaml': '# nothing\n',
      'profiles/base.local.yaml': 'services: { api: { ports: { http: 1 } } }\n',
      'profiles/kind.yaml': 'services: { db: null, api: { replicas: 3 } }\n',
    }
    const result = await loadProfiles(at, ['base', 'kind', 'compose'], reader(files))
    if (!result.ok) throw new Error(text(result.errors, files))
    expect(
      result.value.layers.map(({ name, isLocal, node }) => [name, isLocal, node.entries.length]),
    ).toEqual([
      ['base', false, 0],
      ['base', true, 1],
      ['kind', false, 1],
    ])
    expect(result.value.absent).toEqual([
      '/stack/profiles/kind.local.yaml',
      '/stack/profiles/compose.yaml',
      '/stack/profiles/compose.local.yaml',
    ])
  })

  it('mistakes of all of them are reported together', async () => {
    const files: Files = {
      'profiles/eks.yaml': 'target: eksx\nname: todo\neks: { region: eu-west-1, account: 1234 }\n',
      'profiles/eks.local.yaml': 'services: { api: { image: ${X}, replicas: many } }\n',
    }
    const result = await loadProfiles(at, ['eks', 'stagng'], reader(files), ['staging', 'eks'])
    expect(text(result.ok ? [] : result.errors, files)).toMatchInlineSnapshot(`
      "profiles/eks.yaml:1:9 error schema/bad-value: target must be process, compose, docker-desktop, kind, eks or kubernetes, not the text "eksx"
        1 | target: eksx
          |         ^^^^
        2 | name: todo
        hint: did you mean \`eks\`?

      profiles/eks.yaml:2:1 error schema/unknown-key: name is not a key that exists here
        1 | target: eksx
        2 | name: todo
          | ^^^^
        3 | eks: { region: eu-west-1, account: 1234 }
        hint: the name of a profile is that of its file; the name of the stack stands in the stack file

      profiles/eks.yaml:3:36 error schema/bad-value: eks.account must be an AWS account of 12 digits (quoted, so that leading zeros stay), not the number 1234
        2 | name: todo
        3 | eks: { region: eu-west-1, account: 1234 }
          |                                    ^^^^

      profiles/eks.local.yaml:1:27 error yaml/unquoted-reference: inside { } or [ ] a value with \${X} must be quoted
        1 | services: { api: { image: \${X}, replicas: many } }
          |                           ^^^^
        hint: quote the whole value: "\${X}"

      error load/no-profile: there is no profile stagng
        hint: did you mean \`staging\`?"
    `)
  })
})
