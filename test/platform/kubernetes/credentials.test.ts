import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { openCredentials } from '../../../src/platform/kubernetes/credentials.ts'
import { clientOf, contextFor, failureOf, fakeApi, json, statusOf, temporaryFolder } from './fake-api.ts'

const v1beta1 = 'client.authentication.k8s.io/v1beta1'
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

/** A credential command that hands out `secret-1`, `secret-2` …, good until `expires`. */
async function authenticator(status: Record<string, unknown>, apiVersion = v1beta1) {
  const folder = await temporaryFolder()
  const command = join(folder, 'login')
  const calls = join(folder, 'calls')
  await writeFile(calls, '')
  await writeFile(
    command,
    `#!/bin/sh
printf x >> '${calls}'
printf '%s' "$KUBERNETES_EXEC_INFO" > '${calls}.info'
n=$(wc -c < '${calls}' | tr -d ' ')
printf '%s' '${JSON.stringify({ kind: 'ExecCredential', apiVersion, status })}' | sed "s/NUMBER/$n/"
`,
  )
  await chmod(command, 0o755)
  return {
    exec: { command, apiVersion: v1beta1, args: [], env: null, provideClusterInfo: true },
    calls: async () => (await readFile(calls, 'utf8')).length,
    info: async () => JSON.parse(await readFile(`${calls}.info`, 'utf8')) as unknown,
  }
}

describe('credential commands', () => {
  test('S64: a token is fetched once and kept for its lifetime, however many ask at once', async () => {
    const { url, requests } = await fakeApi((_request, response) => {
      json(response, 200, { items: [], metadata: { resourceVersion: '1' } })
    })
    const { exec, calls, info } = await authenticator({
      token: 'secret-NUMBER',
      expirationTimestamp: inAnHour(),
    })
    const client = await clientOf(url, { exec })
    await Promise.all(Array.from({ length: 20 }, () => client.list(kinds.Pod, { namespace: 'n' })))
    await client.list(kinds.Pod, { namespace: 'n' })
    expect(await calls()).toBe(1)
    expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer secret-1']),
    )
    expect(await info()).toEqual({
      kind: 'ExecCredential',
      apiVersion: v1beta1,
      spec: { interactive: false, cluster: { server: url } },
    })
  })

  test('one that has ended is fetched again before it is used', async () => {
    const { exec, calls } = await authenticator({
      token: 'secret-NUMBER',
      expirationTimestamp: '2020-01-01T00:00:00Z',
    })
    const credentials = openCredentials(await contextFor('https://x', { exec }), { isInteractive: false })
    await credentials.identity()
    const before = await calls()
    const { headers } = await credentials.identity()
    expect(await calls()).toBeGreaterThan(before)
    expect(headers['Authorization']).toBe(`Bearer secret-${String(await calls())}`)
  })

  test('one without an end is kept until the server refuses it: then one new one for all', async () => {
    const { url, requests } = await fakeApi((request, response) => {
      if (request.headers.authorization === 'Bearer secret-2') json(response, 200, { metadata: {} })
      else json(response, 401, statusOf(401, 'Unauthorized', 'Unauthorized'))
    })
    const { exec, calls } = await authenticator({ token: 'secret-NUMBER' })
    const client = await clientOf(url, { exec })
    await Promise.all(Array.from({ length: 5 }, () => client.get(kinds.Pod, 'n', 'p')))
    expect(await calls()).toBe(2)
    expect(requests.filter(({ headers }) => headers.authorization === 'Bearer secret-2')).toHaveLength(5)
  })

  test('refused again: user, context and cure, and no token', async () => {
    const { url, requests } = await fakeApi((_request, response) => {
      json(response, 401, statusOf(401, 'Unauthorized', 'Unauthorized'))
    })
    const { exec } = await authenticator({ token: 'secret-NUMBER' })
    const client = await clientOf(url, { exec: { ...exec, command: exec.command } })
    const said = await failureOf(client.get(kinds.Pod, 'n', 'p'))
    expect(said.replace(exec.command, 'LOGIN')).toMatchInlineSnapshot(`
      "StepError precondition: the Kubernetes API at http://HOST:PORT does not know user ann of context there: its credentials are refused
        log in again, then try by hand: LOGIN"
    `)
    expect(requests).toHaveLength(2)
  })

  test('G20: commands that are missing, gone, or of another time: the cure is told', async () => {
    const old = 'client.authentication.k8s.io/v1alpha1'
    const entries = [
      { command: 'aws', apiVersion: v1beta1 },
      { command: 'nope', apiVersion: v1beta1, installHint: 'get nope\n' },
      { command: 'heptio-authenticator-aws', apiVersion: v1beta1 },
      { command: 'aws', apiVersion: old },
      { command: 'x', apiVersion: old },
      { command: 'x', apiVersion: v1beta1, interactiveMode: 'Always' },
    ]
    const said = entries.map(async (exec) => {
      const context = await contextFor('https://x', { exec }, {}, { PATH: '/nowhere' })
      return failureOf(openCredentials(context, { isInteractive: false }).identity())
    })
    expect((await Promise.all(said)).join('\n')).toMatchInlineSnapshot(`
      "StepError precondition: the credentials of user ann (context there) come from "aws", which is not installed, or not on PATH
        install the AWS CLI, version 2: docs.aws.amazon.com/cli
      StepError precondition: the credentials of user ann (context there) come from "nope", which is not installed, or not on PATH
        get nope
      StepError precondition: the credentials of user ann (context there) come from "heptio-authenticator-aws", which is not installed, or not on PATH
        it is gone since 2018: aws eks update-kubeconfig --name CLUSTER writes a user that works
      StepError precondition: the credentials of user ann (context there) come from "aws", which is configured with client.authentication.k8s.io/v1alpha1, which is gone since Kubernetes 1.24
        write the entry anew: aws eks update-kubeconfig --name CLUSTER (AWS CLI 2)
      StepError precondition: the credentials of user ann (context there) come from "x", which is configured with client.authentication.k8s.io/v1alpha1, which is gone since Kubernetes 1.24
        update the command, and write apiVersion: client.authentication.k8s.io/v1beta1 into the kubeconfig
      StepError precondition: the credentials of user ann (context there) come from "x", which has to ask you something, and there is no terminal here
        log in from a terminal first"
    `)
  })

  test('one that fails shows its last words; one that prints nonsense does not show it', async () => {
    const folder = await temporaryFolder()
    const command = join(folder, 'login')
    const context = await contextFor('https://x', { exec: { command, apiVersion: v1beta1 } })
    const say = async (script: string) => {
      await writeFile(command, `#!/bin/sh\n${script}\n`)
      await chmod(command, 0o755)
      const identity = openCredentials(context, { isInteractive: false }).identity()
      return (await failureOf(identity)).replaceAll(command, 'LOGIN')
    }
    expect(await say('echo "The SSO session has expired" >&2; exit 255')).toMatchInlineSnapshot(`
      "StepError precondition: the credentials of user ann (context there) come from "LOGIN", which failed (exit code 255)
        The SSO session has expired
        log in again; then this must work by hand"
    `)
    expect(await say('echo secret')).toMatchInlineSnapshot(`
      "StepError precondition: the credentials of user ann (context there) come from "LOGIN", which printed something else than an ExecCredential
        try by hand: LOGIN"
    `)
    expect(await say(`echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"secret"}}'`))
      .toMatchInlineSnapshot(`
        "StepError precondition: the credentials of user ann (context there) come from "LOGIN", which answers in client.authentication.k8s.io/v1, though the kubeconfig says client.authentication.k8s.io/v1beta1
          write that apiVersion into the kubeconfig, or update LOGIN"
      `)
    expect(await say(`echo '{"apiVersion":"${v1beta1}","status":{}}'`)).toMatchInlineSnapshot(`
      "StepError precondition: the credentials of user ann (context there) come from "LOGIN", which gave neither a token nor a certificate with its key
        try by hand: LOGIN"
    `)
  })
})

test('a token file is read when it is needed, and again after a refusal', async () => {
  const tokenFile = join(await temporaryFolder(), 'token')
  await writeFile(tokenFile, 'old\n')
  const { url, requests } = await fakeApi((request, response) => {
    if (request.headers.authorization === 'Bearer new') json(response, 200, { metadata: {} })
    else {
      void writeFile(tokenFile, 'new\n').then(() => {
        json(response, 401, statusOf(401, 'Unauthorized', 'Unauthorized'))
      })
    }
  })
  // The file wins over the token beside it, as for kubectl.
  const client = await clientOf(url, { tokenFile, token: 'unused' })
  await client.get(kinds.Pod, 'n', 'p')
  expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
  const missing = await clientOf(url, { tokenFile: '/nowhere/token' })
  expect(await failureOf(missing.get(kinds.Pod, 'n', 'p'))).toMatchInlineSnapshot(`
    "StepError precondition: the context there needs /nowhere/token, which cannot be read (ENOENT)
      fetch the kubeconfig again, or correct the path in it"
  `)
})

test('passwords and impersonation', async () => {
  const { url, requests } = await fakeApi((_request, response) => json(response, 200, { metadata: {} }))
  const client = await clientOf(url, {
    username: 'ann',
    password: 'p:w',
    as: 'bob',
    'as-groups': ['a', 'b'],
    'as-user-extra': { 'example.com/team': ['x'] },
  })
  await client.get(kinds.Pod, 'n', 'p')
  const { headers } = requests[0]!
  expect(headers.authorization).toBe(`Basic ${Buffer.from('ann:p:w').toString('base64')}`)
  expect([headers['impersonate-user'], headers['impersonate-group']]).toEqual(['bob', 'a, b'])
  expect(headers['impersonate-extra-example.com%2fteam']).toBe('x')
})

test('auth providers of the clouds are gone: what came instead', async () => {
  const said = await Promise.all(
    ['gcp', 'azure', 'other'].map(async (name) => {
      const context = await contextFor('https://x', { 'auth-provider': { name, config: {} } })
      return failureOf(openCredentials(context, { isInteractive: false }).identity())
    }),
  )
  expect(said.join('\n')).toMatchInlineSnapshot(`
    "StepError precondition: user ann (context there) uses the auth provider "gcp", which is gone since Kubernetes 1.26
      gcloud container clusters get-credentials CLUSTER writes a user that works (gke-gcloud-auth-plugin)
    StepError precondition: user ann (context there) uses the auth provider "azure", which is gone since Kubernetes 1.26
      kubelogin convert-kubeconfig, or: az aks get-credentials
    StepError precondition: user ann (context there) uses the auth provider "other", which is gone since Kubernetes 1.26
      fetch the kubeconfig again: it will name a command (exec) instead"
  `)
})
