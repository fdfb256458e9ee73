import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { materialFiles } from '../../src/dev/material-files.ts'
import { from, secretsOf, stackOf } from '../content/stack.ts'

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'materials-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const files = {
  'iamstack.yaml': '',
  'one.yaml': '',
  'many/a.yaml': '',
  'many/readme.md': '',
  'glob/a.json': '',
  'overlay/kustomization.yaml':
    'resources: [../base, own.yaml, "https://example.org/r"]\nconfigMapGenerator: [{ name: c, files: [k=../shared.txt] }]\n',
  'overlay/own.yaml': '',
  'base/kustomization.yaml': 'resources: [deployment.yaml]\n',
  'base/deployment.yaml': '',
  'shared.txt': '',
  'chart/Chart.yaml': '',
  'values.yaml': '',
  'token.txt': '',
}

async function readOf(folder: string, target: 'compose' | 'kind'): Promise<string[]> {
  const own = { ...from, file: join(folder, 'iamstack.yaml') }
  const setting = (value: unknown) => ({ value, from: own })
  const found = await materialFiles(
    stackOf({
      profile: { names: [], target, isProtected: false, ttl: undefined },
      secrets: secretsOf({ api: { token: { kind: 'file', path: join(folder, 'token.txt') } } }),
      settings: new Map([
        ['manifests', setting(['one.yaml', './many', 'glob/*.json', 'overlay'])],
        ['charts', setting(new Map([['db', { path: './chart', values: ['values.yaml'] }]]))],
      ]),
    }),
  )
  return Object.keys(files).flatMap((name) => {
    const rules = found.filter(({ reads }) => reads(join(folder, name))).map(({ rule }) => rule)
    return rules.length === 0 ? [] : [`${name}: ${[...new Set(rules)].join(', ')}`]
  })
}

it('S125: knows which files beside the images make the stack what it is', async () => {
  expect(await readOf(folderWith(files), 'kind')).toEqual([
    'one.yaml: manifests name it',
    'many/a.yaml: manifests name it',
    'glob/a.json: manifests name it',
    'overlay/kustomization.yaml: manifests name it: kustomize reads it',
    'overlay/own.yaml: manifests name it: kustomize reads it',
    'base/kustomization.yaml: manifests name it: kustomize reads it',
    'base/deployment.yaml: manifests name it: kustomize reads it',
    'shared.txt: manifests name it: kustomize reads it',
    'chart/Chart.yaml: chart db is made from it',
    'values.yaml: chart db is made from it',
    'token.txt: secret api.token is read from it',
  ])
})

it('leaves alone what the target leaves out', async () => {
  expect(await readOf(folderWith(files), 'compose')).toEqual(['token.txt: secret api.token is read from it'])
})

it('two overlays that name each other, a broken recipe and one that names nothing are no trap', async () => {
  const folder = folderWith({
    'a/kustomization.yaml': 'resources: [../b, ../c]\n',
    'b/kustomization.yaml': 'resources: [../a, ../gone]\n',
    'c/kustomization.yaml': '{ not: [closed',
  })
  const own = { ...from, file: join(folder, 'iamstack.yaml') }
  const found = await materialFiles(
    stackOf({
      profile: { names: [], target: 'kind', isProtected: false, ttl: undefined },
      settings: new Map([['manifests', { value: 'a', from: own }]]),
    }),
  )
  expect(found.map(({ root }) => root).sort()).toEqual(['a', 'b', 'c'].map((name) => join(folder, name)))
})
