import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { loadKubeconfig } from '../../../src/platform/kubernetes/kubeconfig.ts'
import { failureOf, temporaryFolder } from './fake-api.ts'

const docker = `apiVersion: v1
kind: Config
current-context: docker-desktop
contexts:
- context:
    cluster: docker-desktop
    user: docker-desktop
  name: docker-desktop
clusters:
- cluster:
    certificate-authority-data: Q0E=
    server: https://kubernetes.docker.internal:6443
  name: docker-desktop
users:
- name: docker-desktop
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
preferences: {}
`

test('S59: one file, its contexts, and not a byte of it changes', async () => {
  const path = join(await temporaryFolder(), 'config')
  await writeFile(path, docker)
  const sum = async () =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  const before = await sum()
  const config = await loadKubeconfig({ KUBECONFIG: path })
  expect(config.current).toBe('docker-desktop')
  expect(config.contexts()).toMatchInlineSnapshot(`
    [
      {
        "cluster": "docker-desktop",
        "context": "docker-desktop",
        "server": "https://kubernetes.docker.internal:6443",
      },
    ]
  `)
  const { user, cluster } = config.context('docker-desktop')
  expect([user.certificate, user.key, cluster.ca]).toEqual([
    { kind: 'data', base64: 'Q0VSVA==' },
    { kind: 'data', base64: 'S0VZ' },
    { kind: 'data', base64: 'Q0E=' },
  ])
  expect(await sum()).toBe(before)
})

test('S60: several files are merged as kubectl does: who comes first decides', async () => {
  const folder = await temporaryFolder()
  const file = async (name: string, server: string, current: string) => {
    const path = join(folder, name, 'config')
    await mkdir(join(folder, name))
    await writeFile(
      path,
      JSON.stringify({
        'current-context': current,
        contexts: [
          { name: 'shared', context: { cluster: 'c', user: 'u', namespace: name } },
          { name, context: { cluster: 'c', user: `user-${name}` } },
        ],
        clusters: [{ name: 'c', cluster: { server, 'certificate-authority': 'ca.pem' } }],
        users: [{ name: `user-${name}`, user: { tokenFile: 'token', exec: { command: './login' } } }],
      }),
    )
    return path
  }
  const files = [await file('one', 'https://one/', ''), await file('two', 'https://two', 'two')]
  const config = await loadKubeconfig({
    KUBECONFIG: ['', files[0], join(folder, 'missing'), files[1], files[0]].join(delimiter),
  })
  expect(config.current).toBe('two')
  expect(config.contexts().map(({ context, server }) => `${context} ${server}`)).toEqual([
    'shared https://one',
    'one https://one',
    'two https://one',
  ])
  const two = config.context('two')
  // Relative to the file that said so: the cluster's from one, the user's from two.
  expect([two.cluster.ca, two.user.tokenFile, two.user.exec?.command]).toEqual([
    { kind: 'file', path: join(folder, 'one', 'ca.pem') },
    join(folder, 'two', 'token'),
    join(folder, 'two', 'login'),
  ])
})

test('no file at all: no contexts, and the one that is asked for is told to be missing', async () => {
  const config = await loadKubeconfig({ HOME: '/nowhere' })
  expect(config.contexts()).toEqual([])
  expect(config.current).toBeUndefined()
  expect(await failureOf(Promise.resolve().then(() => config.context('kind-x')))).toMatchInlineSnapshot(`
    "StepError precondition: there is no context "kind-x" in /nowhere/.kube/config
      it holds no context at all: is KUBECONFIG what you mean?"
  `)
})

test('an unknown context names those that exist; dangling ones say what is missing', async () => {
  const text = JSON.stringify({
    contexts: [
      { name: 'eks', context: { cluster: 'gone', user: 'u' } },
      { name: 'nobody', context: { cluster: 'c', user: 'ghost' } },
      { name: 'bare', context: { user: 'u' } },
      { name: 'odd', context: { cluster: 'odd' } },
      { name: 'free', context: { cluster: 'c', user: '' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'localhost:8001' } },
      { name: 'odd', cluster: { server: 'https://' } },
    ],
  })
  const config = await loadKubeconfig({}, { text })
  const said = await Promise.all(
    ['dev', 'eks', 'nobody', 'bare', 'odd'].map((name) =>
      failureOf(Promise.resolve().then(() => config.context(name))),
    ),
  )
  expect(said.map((each) => each.split('\n')[0])).toMatchInlineSnapshot(`
    [
      "StepError precondition: there is no context "dev" in the given kubeconfig",
      "StepError precondition: the context "eks" names the cluster "gone", which is not there",
      "StepError precondition: the context "nobody" names the user "ghost", which is not there",
      "StepError precondition: the context "bare" names no cluster",
      "StepError precondition: the context "odd" has a server that is no address: https://",
    ]
  `)
  expect(said[0]).toContain('there are: "eks", "nobody", "bare", "odd", "free"')
  expect(config.context('free').name.server).toBe('http://localhost:8001')
})

test.each([
  ['a YAML mistake', 'users:\n- name: u\n  user: {token: geheim\nclusters: []\n'],
  ['JSON that ends early', '{"users": [{"name": "u", "user": {"token": "geheim'],
  ['no map', '- geheim\n'],
  ['a list that is none', 'contexts: geheim\n'],
  ['an entry without a name', 'users:\n- user: {token: geheim}\n'],
  ['another kind', 'kind: geheim\n'],
])('%s is told with its path, and no content', async (_what, text) => {
  const path = join(await temporaryFolder(), 'config')
  await writeFile(path, text)
  const said = await failureOf(loadKubeconfig({ KUBECONFIG: path }))
  expect(said).toContain(`StepError precondition: kubeconfig ${path} `)
  expect(said).not.toContain('geheim')
})

test('a folder in the place of a file, and an empty file', async () => {
  const folder = await temporaryFolder()
  expect((await failureOf(loadKubeconfig({ KUBECONFIG: folder }))).replace(folder, 'FOLDER'))
    .toMatchInlineSnapshot(`
      "StepError precondition: kubeconfig FOLDER cannot be read: it is a folder
        make it readable for this user, or point KUBECONFIG at another one"
    `)
  await writeFile(join(folder, 'empty'), '')
  expect((await loadKubeconfig({}, { files: [join(folder, 'empty')] })).contexts()).toEqual([])
})
