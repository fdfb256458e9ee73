import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildKustomization } from '../../src/content/kustomize.ts'
import { readManifests } from '../../src/content/manifests.ts'
import { checked, type Diagnostic } from '../../src/stack/diagnostics.ts'
import { formatDiagnosticsFromDisk } from '../../src/report/diagnostics.ts'
import { plainStyle } from '../../src/report/style.ts'
import { folderWith } from '../commands/run-command.ts'
import { stackOf } from './stack.ts'

async function read(
  files: Readonly<Record<string, string>>,
  manifests: readonly string[] = ['k8s/*.yaml'],
  build = buildKustomization,
) {
  const folder = await folderWith({
    'iamstack.yaml': `name: todo\nmanifests: ${JSON.stringify(manifests)}\n`,
    ...files,
  })
  return { folder, ...(await readIn(folder, manifests, build)) }
}

async function readIn(folder: string, manifests: readonly string[], build = buildKustomization) {
  const from = { file: join(folder, 'iamstack.yaml'), line: 2, column: 1, length: 9 }
  const stack = stackOf({ root: folder, settings: new Map([['manifests', { value: manifests, from }]]) })
  const result = await readManifests(stack, build)
  const objects = result.ok ? result.value : []
  return {
    names: objects.map(({ object, from }) => {
      const { name } = object['metadata'] as { name: string }
      return `${object.kind} ${name} ${from.file.slice(folder.length + 1)}:${String(from.line)}:${String(from.column)}`
    }),
    objects,
    said: formatDiagnosticsFromDisk(said(result), plainStyle).replaceAll(`${folder}/`, ''),
  }
}

function said(result: Awaited<ReturnType<typeof readManifests>>): readonly Diagnostic[] {
  return result.ok ? result.warnings : result.errors
}

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

test('files, globs and folders, each file once, by name; several documents in one file keep their places (S97)', async () => {
  const { names, said } = await read(
    {
      'k8s/b.yaml': `# two of them\n---\n${configMap('one')}--- # and\n${configMap('two')}...\n`,
      'k8s/a.yml': configMap('a'),
      'k8s/deep/c.yaml': configMap('c'),
      'k8s/d.json': JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'd' } }),
      'k8s/README.md': '# not a manifest',
      'k8s/empty.yaml': '---\n# nothing\n---\n',
    },
    ['k8s/b.yaml', 'k8s', 'k8s/**/*.yaml'],
  )
  expect(said).toBe('')
  expect(names).toMatchInlineSnapshot(`
    [
      "ConfigMap one k8s/b.yaml:6:9",
      "ConfigMap two k8s/b.yaml:11:9",
      "ConfigMap a k8s/a.yml:4:9",
      "Secret d k8s/d.json:1:55",
      "ConfigMap c k8s/deep/c.yaml:4:9",
    ]
  `)
})

test('a List stands for what is in it', async () => {
  const { names } = await read({
    'k8s/list.yaml': `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: { name: one }\n  - apiVersion: v1\n    kind: Secret\n    metadata: { name: two }\n`,
  })
  expect(names).toMatchInlineSnapshot(`
    [
      "ConfigMap one k8s/list.yaml:6:23",
      "Secret two k8s/list.yaml:9:23",
    ]
  `)
})

test('values mean what they mean to kubectl, which reads YAML 1.1', async () => {
  const { objects } = await read({
    'k8s/a.yaml': `${configMap('a')}numbers: [0644, 0o644, 010, 1_000, 0x1F, -0b11]\nwords: [yes, off, "yes", "0644", null, 1.10]\n`,
  })
  expect(objects[0]?.object).toMatchObject({
    numbers: [0o644, 0o644, 8, 1000, 31, -3],
    words: [true, false, 'yes', '0644', null, 1.1],
  })
})

test('all mistakes of all files at once, each at its place (S42, S81, G12)', async () => {
  const { said } = await read(
    {
      'k8s/a.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { tier: 1 }
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-connection-draining-enabled: true
    service.beta.kubernetes.io/aws-load-balancer-connection-draining-timeout: 60
spec:
  template:
    metadata: { labels: { on: on } }
    spec:
      containers:
        - name: web
          image: {{HUB}}/web:1
          env: [{ name: PORT, value: 8080 }]
        - name: side
          image: "{{ HUB }}/side"
---
apiVersion: v1
kind: ConfigMap
metadata: { name: iam }
data:
  db.port: 3306
  nested: { a: 1 }
  template: |
    {{ left alone }}
---
- not an object
---
kind: Service
metadata: { generateName: x- }
---
apiVersion: 1
kind: Pod
`,
      'k8s/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: tab\n---\na: 1\na: 2\n',
      'k8s/c.yaml':
        'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: { name: x }\n',
    },
    ['k8s/*.yaml', 'k8s/d*.yaml', 'k9s/a.yaml', 'empty'],
  )
  expect(said).toMatchInlineSnapshot(`
    "k8s/a.yaml:15:18 error manifest/placeholder: nobody fills in {{HUB}}
      14 |         - name: web
      15 |           image: {{HUB}}/web:1
         |                  ^^^^^^^
      16 |           env: [{ name: PORT, value: 8080 }]
      hint: write the value; images are replaced by name, so \`image: NAME\` of an image of the stack is enough

    k8s/a.yaml:5:19 error manifest/not-a-string: a label is a text, and 1 is a number
      4 |   name: web
      5 |   labels: { tier: 1 }
        |                   ^
      6 |   annotations:
      hint: write "1"

    k8s/a.yaml:7:79 error manifest/not-a-string: an annotation is a text, and true is a boolean
      6 |   annotations:
      7 |     service.beta.kubernetes.io/aws-load-balancer-connection-draining-enabled: true
        |                                                                               ^^^^
      8 |     service.beta.kubernetes.io/aws-load-balancer-connection-draining-timeout: 60
      hint: write "true"

    k8s/a.yaml:8:79 error manifest/not-a-string: an annotation is a text, and 60 is a number
      7 |     service.beta.kubernetes.io/aws-load-balancer-connection-draining-enabled: true
      8 |     service.beta.kubernetes.io/aws-load-balancer-connection-draining-timeout: 60
        |                                                                               ^^
      9 | spec:
      hint: write "60"

    k8s/a.yaml:11:31 error manifest/not-a-string: a label is a text, and on is a boolean
      10 |   template:
      11 |     metadata: { labels: { on: on } }
         |                               ^^
      12 |     spec:
      hint: write "on"

    k8s/a.yaml:16:38 error manifest/not-a-string: the value of an environment variable is a text, and 8080 is a number
      15 |           image: {{HUB}}/web:1
      16 |           env: [{ name: PORT, value: 8080 }]
         |                                      ^^^^
      17 |         - name: side
      hint: write "8080"

    k8s/a.yaml:18:19 error manifest/placeholder: nobody fills in {{ HUB }}
      17 |         - name: side
      18 |           image: "{{ HUB }}/side"
         |                   ^^^^^^^^^
      19 | ---
      hint: write the value; images are replaced by name, so \`image: NAME\` of an image of the stack is enough

    k8s/a.yaml:24:12 error manifest/not-a-string: ConfigMap data is a text, and 3306 is a number
      23 | data:
      24 |   db.port: 3306
         |            ^^^^
      25 |   nested: { a: 1 }
      hint: write "3306"

    k8s/a.yaml:25:11 error manifest/not-a-string: ConfigMap data is a text, and this is a map
      24 |   db.port: 3306
      25 |   nested: { a: 1 }
         |           ^^^^^^^^
      26 |   template: |

    k8s/a.yaml:29:1 error manifest/not-an-object: this is a list, not an object
      28 | ---
      29 | - not an object
         | ^^^^^^^^^^^^^^^
      30 | ---
      hint: an object is a map with \`apiVersion\`, \`kind\` and \`metadata\`

    k8s/a.yaml:31:1 error manifest/incomplete: this Service has no \`apiVersion\`
      30 | ---
      31 | kind: Service
         | ^^^^^^^^^^^^^
      32 | metadata: { generateName: x- }

    k8s/a.yaml:32:27 error manifest/generate-name: this Service gets another name each time
      31 | kind: Service
      32 | metadata: { generateName: x- }
         |                           ^^
      33 | ---
      hint: what \`up\` is to find again needs \`metadata.name\`

    k8s/a.yaml:34:13 error manifest/incomplete: \`apiVersion\` of this Pod is not a text
      33 | ---
      34 | apiVersion: 1
         |             ^
      35 | kind: Pod
      hint: write "1"

    k8s/a.yaml:34:1 error manifest/incomplete: this Pod has no \`metadata.name\`
      33 | ---
      34 | apiVersion: 1
         | ^^^^^^^^^^^^^
      35 | kind: Pod

    k8s/b.yaml:4:1 error yaml/tab: a tab cannot indent a line: YAML indents with spaces only
      3 | metadata:
      4 | → name: tab
        | ^^
      5 | ---
      hint: replace the tab by spaces (most editors: "convert indentation to spaces")

    k8s/b.yaml:7:1 error yaml/duplicate-key: \`a\` is written twice in this map
      6 | a: 1
      7 | a: 2
        | ^
      k8s/b.yaml:6:1 the first one
        5 | ---
        6 | a: 1
          | ^
        7 | a: 2
      hint: keep one of the two

    k8s/c.yaml:1:1 error manifest/kustomization: this is a recipe of kustomize
      1 | apiVersion: kustomize.config.k8s.io/v1beta1
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      2 | kind: Kustomization
      hint: name its folder under \`manifests\`: it is then built with kustomize

    iamstack.yaml:2:1 error manifest/no-files: there is no manifest k8s/d*.yaml
      1 | name: todo
      2 | manifests: ["k8s/*.yaml","k8s/d*.yaml","k9s/a.yaml","empty"]
        | ^^^^^^^^^
      hint: did you mean \`k8s/a.yaml\`?

    iamstack.yaml:2:1 error manifest/no-files: there is no manifest k9s/a.yaml
      1 | name: todo
      2 | manifests: ["k8s/*.yaml","k8s/d*.yaml","k9s/a.yaml","empty"]
        | ^^^^^^^^^
      hint: paths start at the file that states them

    iamstack.yaml:2:1 error manifest/no-files: there is no manifest empty
      1 | name: todo
      2 | manifests: ["k8s/*.yaml","k8s/d*.yaml","k9s/a.yaml","empty"]
        | ^^^^^^^^^
      hint: paths start at the file that states them"
  `)
})

test('a folder without manifests says how to reach deeper ones', async () => {
  const { said } = await read({ 'k8s/base/a.yaml': configMap('a') }, ['k8s'])
  expect(said).toMatchInlineSnapshot(`
    "iamstack.yaml:2:1 error manifest/no-files: the folder k8s holds no manifest
      1 | name: todo
      2 | manifests: ["k8s"]
        | ^^^^^^^^^
      hint: name what lies deeper with a pattern: k8s/**/*.yaml"
  `)
})

test('links that go round in a circle end', async () => {
  const folder = await folderWith({ 'iamstack.yaml': 'name: todo\n\n', 'k8s/a.yaml': configMap('a') })
  await symlink(join(folder, 'k8s'), join(folder, 'k8s', 'round'))
  await symlink(join(folder, 'nowhere'), join(folder, 'k8s', 'broken.yaml'))
  expect((await readIn(folder, ['k8s/**/*.yaml'])).names).toEqual(['ConfigMap a k8s/a.yaml:4:9'])
})

test('bytes that are no text are told with their place', async () => {
  const folder = await folderWith({ 'iamstack.yaml': 'name: todo\n\n' })
  await mkdir(join(folder, 'k8s'))
  await writeFile(
    join(folder, 'k8s', 'a.yaml'),
    Buffer.concat([Buffer.from('a: 1\nb: '), Buffer.from([0xff])]),
  )
  expect((await readIn(folder, ['k8s'])).said).toMatchInlineSnapshot(`
    "k8s/a.yaml:2:4 error manifest/encoding: byte 0xff is not UTF-8
      1 | a: 1
      2 | b: �
        |    ^
      hint: save the file as UTF-8"
  `)
})

test('a kustomize folder stands for what it builds to; everything about it stands at its recipe', async () => {
  const kustomization = 'resources: [a.yaml]\nnamePrefix: dev-\n'
  const files = { 'k8s/kustomization.yaml': kustomization, 'k8s/a.yaml': configMap('a') }
  const { names } = await read(files, ['k8s', './k8s/'], () =>
    Promise.resolve(checked(`${configMap('dev-a')}---\n${configMap('dev-b')}`, [])),
  )
  expect(names).toEqual([
    'ConfigMap dev-a k8s/kustomization.yaml:1:1',
    'ConfigMap dev-b k8s/kustomization.yaml:1:1',
  ])
  const wrong = await read(files, ['k8s'], () =>
    Promise.resolve(checked(`${configMap('dev-a')}data:\n  port: 3306\n`, [])),
  )
  expect(wrong.said).toMatchInlineSnapshot(`
    "k8s/kustomization.yaml:1:1 error manifest/not-a-string: ConfigMap data is a text, and 3306 is a number (\`port: 3306\` in what it builds)
      1 | resources: [a.yaml]
        | ^
      2 | namePrefix: dev-
      hint: write "3306""
  `)
})

test('without a program that builds kustomize folders, the cure is named', async () => {
  const { PATH } = process.env
  process.env['PATH'] = ''
  try {
    const { said } = await read({ 'k8s/kustomization.yaml': 'resources: []\n' }, ['k8s'])
    expect(said).toMatchInlineSnapshot(`
      "k8s/kustomization.yaml:1:1 error manifest/kustomize: k8s is a kustomize folder, and neither kubectl nor kustomize is installed
        1 | resources: []
          | ^
        hint: install kubectl, which can build it"
    `)
  } finally {
    process.env['PATH'] = PATH
  }
})
