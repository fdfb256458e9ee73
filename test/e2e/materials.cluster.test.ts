import { expect, test, vi } from 'vitest'
import { sandbox } from './cli.ts'
import { kubectl } from './clusters.ts'

const target = 'docker-desktop'

test('edits of raw objects, of what kustomize reads and of secret files go live, and a broken one is told where it is (S125, S126)', async () => {
  const box = sandbox(target)
  box.write({
    'iamstack.yaml': `name: ${box.name}
manifests: [objects, overlay]
secrets:
  api: { token: { file: ./token.txt } }
services:
  web:
    image: busybox:stable
    command: [sh, -c, 'trap "exit 0" TERM; sleep 3600 & wait']
    env: { TOKEN: { secret: api, key: token } }
    stop: { grace: 1s }
`,
    'token.txt': 'first-token',
    'objects/one.yaml': configMap('one', 'first'),
    'overlay/kustomization.yaml': 'resources: [../base]\n',
    'base/kustomization.yaml': 'resources: [two.yaml]\n',
    'base/two.yaml': configMap('two', 'first'),
  })
  const dev = box.start(['dev', '--profile', target, '--progress', 'json'])
  await dev.event('message.reported', ({ text }) => text.startsWith('watching'))
  const wordOf = (name: string): string =>
    kubectl(target, '-n', box.project, 'get', 'configmap', name, '-o', 'jsonpath={.data.word}')
  const becomes = (name: string, word: string): Promise<void> =>
    vi.waitFor(() => expect(wordOf(name)).toBe(word), { timeout: 30_000, interval: 200 })
  const tokenInside = (): string =>
    kubectl(target, '-n', box.project, 'exec', 'deployment/web', '--', 'sh', '-c', 'echo $TOKEN')

  box.write({ 'objects/one.yaml': configMap('one', 'second') })
  await becomes('one', 'second')
  box.write({ 'base/two.yaml': configMap('two', 'second') })
  await becomes('two', 'second')

  dev.forget()
  box.write({ 'objects/one.yaml': 'kind: ConfigMap\nkind: ConfigMap\n' })
  const { diagnostic } = await dev.event('diagnostic.reported')
  expect(diagnostic).toMatchObject({ severity: 'error', span: { line: 2 } })
  expect(diagnostic.span?.file).toContain('objects/one.yaml')
  expect(wordOf('one')).toBe('second')
  box.write({
    'objects/one.yaml': configMap('one', 'third'),
    'objects/three.yaml': configMap('three', 'new'),
  })
  await becomes('one', 'third')
  await becomes('three', 'new')

  box.write({ 'token.txt': 'second-token' })
  await vi.waitFor(() => expect(tokenInside()).toBe('second-token'), { timeout: 60_000, interval: 500 })
  expect(dev.output()).not.toContain('second-token')
  dev.kill('SIGINT')
  expect((await dev.ended).code, dev.output()).toBe(0)
  await box.succeed(['down', '--all', '--yes', '--profile', target])
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
})

function configMap(name: string, word: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { word: ${word} }\n`
}
