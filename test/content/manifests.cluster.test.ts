import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readManifests } from '../../src/content/manifests.ts'
import { folderWith } from '../commands/run-command.ts'
import { isClusterWanted } from '../memory/connect.ts'
import { stackOf } from './stack.ts'

async function read(files: Readonly<Record<string, string>>) {
  const folder = await folderWith(files)
  const from = { file: join(folder, 'iamstack.yaml'), line: 1, column: 1, length: 9 }
  const result = await readManifests(
    stackOf({ settings: new Map([['manifests', { value: ['./k8s'], from }]]) }),
  )
  return { folder, result }
}

/** Where there is a cluster, there is kubectl, which builds the folders. */
describe.runIf(isClusterWanted)('kustomize folders, built by kubectl', () => {
  test('a folder stands for what its recipe makes of its resources (S97)', async () => {
    const { result } = await read({
      'k8s/kustomization.yaml':
        'resources: [app.yaml]\nnamePrefix: dev-\nimages: [{ name: app, newTag: "2" }]\nconfigMapGenerator: [{ name: c, literals: [port=3306] }]\n',
      'k8s/app.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, image: "app:1" }] }\n',
    })
    const objects = result.ok ? result.value.map(({ object }) => object) : []
    expect(objects).toMatchObject([
      { kind: 'ConfigMap', data: { port: '3306' } },
      { kind: 'Pod', metadata: { name: 'dev-web' }, spec: { containers: [{ image: 'app:2' }] } },
    ])
  })

  test('a recipe that cannot be built is told at its place, in the words of the program', async () => {
    const { folder, result } = await read({ 'k8s/kustomization.yaml': 'resources: [missing.yaml]\n' })
    expect(result.ok).toBe(false)
    const [error] = result.ok ? [] : result.errors
    expect(error?.span).toEqual({
      file: join(folder, 'k8s/kustomization.yaml'),
      line: 1,
      column: 1,
      length: 1,
    })
    expect(error?.message).toMatch(/cannot be built: .*missing\.yaml/)
  })
})
