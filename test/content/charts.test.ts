import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readCharts } from '../../src/content/charts.ts'
import { mergeValues, setValue } from '../../src/content/chart-values.ts'
import { formatDiagnosticsFromDisk } from '../../src/report/diagnostics.ts'
import { plainStyle } from '../../src/report/style.ts'
import { folderWith } from '../commands/run-command.ts'
import { stackOf } from './stack.ts'

async function read(folder: string, charts: Readonly<Record<string, unknown>>) {
  const from = { file: join(folder, 'iamstack.yaml'), line: 1, column: 1, length: 6 }
  const value = new Map(Object.entries(charts))
  const result = await readCharts(stackOf({ settings: new Map([['charts', { value, from }]]) }))
  return {
    charts: result.ok ? [...result.value.values()].map(({ from: _from, ...chart }) => chart) : [],
    said: formatDiagnosticsFromDisk(result.ok ? result.warnings : result.errors, plainStyle).replaceAll(
      `${folder}/`,
      '',
    ),
  }
}

test('values come from files in their order, then from `set`; null stays, since it deletes a default (S132)', async () => {
  const folder = await folderWith({
    'a.yaml': 'image: { tag: 1.10, pullPolicy: Always }\nreplicas: 1\nmode: 0644\n',
    'b.yaml': 'image: { tag: "2" }\nlist: [1]\nmaster: null\n',
    'empty.yaml': '# nothing\n',
  })
  const { charts, said } = await read(folder, {
    redis: {
      repo: 'https://charts.example',
      version: '1.2.3',
      values: ['a.yaml', 'b.yaml', 'empty.yaml'],
      set: new Map([
        ['auth.enabled', 'false'],
        ['list[1].name', 'x,y'],
        ['labels.app\\.kubernetes\\.io/name', '{a,2}'],
      ]),
    },
    other: { oci: 'oci://registry.example/charts/other', values: { a: 1 } },
  })
  expect(said).toBe('')
  expect(charts).toMatchInlineSnapshot(`
    [
      {
        "chart": {
          "chart": "redis",
          "kind": "repo",
          "source": "https://charts.example",
        },
        "hash": undefined,
        "name": "redis",
        "values": {
          "auth": {
            "enabled": false,
          },
          "image": {
            "pullPolicy": "Always",
            "tag": "2",
          },
          "labels": {
            "app.kubernetes.io/name": [
              "a",
              2,
            ],
          },
          "list": [
            1,
            {
              "name": "x,y",
            },
          ],
          "master": null,
          "mode": 420,
          "replicas": 1,
        },
        "version": "1.2.3",
      },
      {
        "chart": {
          "chart": "other",
          "kind": "oci",
          "source": "oci://registry.example/charts/other",
        },
        "hash": undefined,
        "name": "other",
        "values": {
          "a": 1,
        },
        "version": undefined,
      },
    ]
  `)
})

test('a chart on this machine is known by its files', async () => {
  const folder = await folderWith({ 'chart/Chart.yaml': 'name: own\n', 'chart/templates/a.yaml': 'a: 1\n' })
  const first = (await read(folder, { own: { path: './chart' } })).charts[0]
  await writeFile(join(folder, 'chart/templates/a.yaml'), 'a: 2\n')
  const second = (await read(folder, { own: { path: './chart' } })).charts[0]
  expect(first?.chart).toEqual({ kind: 'path', source: join(folder, 'chart'), chart: 'own' })
  expect(first?.hash).toMatch(/^[0-9a-f]{16}$/)
  expect(second?.hash).not.toBe(first?.hash)
})

test('everything that is wrong is told at once', async () => {
  const folder = await folderWith({
    'chart/README.md': '',
    'list.yaml': '- 1\n',
    'bad.yaml': 'a: {\n',
    'iamstack.yaml': 'charts:\n',
  })
  const { said } = await read(folder, {
    a: { path: './nowhere' },
    b: { path: './chart', values: 'missing.yaml' },
    c: { repo: 'x', values: ['list.yaml', 'bad.yaml'] },
    d: {
      repo: 'x',
      set: new Map([
        ['a[x]', '1'],
        ['a,b', '1'],
      ]),
    },
  })
  expect(said).toMatchInlineSnapshot(`
    "iamstack.yaml:1:1 error chart/no-files: chart a: there is nothing at nowhere
      1 | charts:
        | ^^^^^^
      hint: name the folder with Chart.yaml

    iamstack.yaml:1:1 error chart/unreadable: chart b: missing.yaml is not there
      1 | charts:
        | ^^^^^^

    iamstack.yaml:1:1 error chart/no-files: chart b: chart has no Chart.yaml
      1 | charts:
        | ^^^^^^
      hint: name the folder with Chart.yaml

    list.yaml:1:1 error chart/values: values are a map
      1 | - 1
        | ^^^

    bad.yaml:1:4 error yaml/indentation: this bracket is not closed where its indentation ends
      1 | a: {
        |    ^
      hint: close it; what it holds is indented deeper than its key

    iamstack.yaml:1:1 error set/index: chart d: this is no index
      1 | charts:
        | ^^^^^^
      hint: an index is a number from 0 to 65536: list[0]=value

    iamstack.yaml:1:1 error set/value: chart d: a value is missing after a
      1 | charts:
        | ^^^^^^
      hint: write path=value; a comma inside a value is \\,"
  `)
})

/** From helm's own documentation of --set (helm.sh/docs/intro/using_helm), one entry at a time (S132). */
const table: readonly (readonly [key: string, value: string, expected: unknown])[] = [
  ['name', 'value', { name: 'value' }],
  ['a.b', 'c', { a: { b: 'c' } }],
  ['name', '{a, b}', { name: ['a', ' b'] }],
  ['name', '{}', { name: [] }],
  ['servers[0].port', '80', { servers: [{ port: 80 }] }],
  ['servers[1].port', '80', { servers: [null, { port: 80 }] }],
  ['nodeSelector.kubernetes\\.io/role', 'master', { nodeSelector: { 'kubernetes.io/role': 'master' } }],
  ['name', 'value1,value2', { name: 'value1,value2' }],
  ['on', 'TRUE', { on: true }],
  ['gone', 'null', { gone: null }],
  ['port', '010', { port: '010' }],
  ['ratio', '1.5', { ratio: '1.5' }],
  ['minus', '-5', { minus: -5 }],
  ['path', 'C:\\dir', { path: 'C:\\dir' }],
  ['brace', 'a{b', { brace: 'a{b' }],
]

test.each(table)('set %j to %j', (key, value, expected) => {
  const set = setValue({}, key, value)
  expect(set.ok && set.value).toEqual(expected)
})

test('maps merge by key, lists and scalars replace', () => {
  expect(mergeValues({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, d: { e: 1 } })).toEqual({
    a: { b: 1, c: [3] },
    d: { e: 1 },
  })
})
