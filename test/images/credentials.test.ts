import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { openDockerLogins, registryKey } from '../../src/images/credentials.ts'
import { refusalOf, temporaryFolder } from '../platform/engine/fake-engine.ts'

async function loginsOf(config: object, helpers: Record<string, string> = {}) {
  const home = await temporaryFolder()
  await mkdir(join(home, '.docker'))
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify(config))
  for (const [name, script] of Object.entries(helpers)) {
    await writeFile(
      join(home, `docker-credential-${name}`),
      `#!/bin/sh\nread server\necho "$server" >> ${home}/asked\n${script}\n`,
    )
    await chmod(join(home, `docker-credential-${name}`), 0o755)
  }
  const logins = await openDockerLogins({ HOME: home, PATH: `${home}:${process.env['PATH'] ?? ''}` })
  return {
    home,
    reveal: async (registry: string) => (await logins.credentialsFor(registry))?.reveal(),
    credentialsFor: (registry: string) => logins.credentialsFor(registry),
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

test('S17: logins in the file, with ! and $ and : in the password', async () => {
  const { reveal } = await loginsOf({
    auths: {
      'registry.example:5000': { auth: base64("me:iam59!z$:'") },
      'https://index.docker.io/v1/': { auth: base64('hub:word') },
      'https://old.example/v1/': { auth: base64('old:word') },
      'token.example': { identitytoken: 'T0KEN' },
      'empty.example': {},
    },
  })
  expect(await reveal('registry.example:5000')).toEqual({
    kind: 'password',
    username: 'me',
    password: "iam59!z$:'",
  })
  expect(await reveal('docker.io')).toEqual({ kind: 'password', username: 'hub', password: 'word' })
  expect(await reveal('old.example')).toEqual({ kind: 'password', username: 'old', password: 'word' })
  expect(await reveal('token.example')).toEqual({ kind: 'identity-token', token: 'T0KEN' })
  expect(await reveal('empty.example')).toBeUndefined()
  expect(await reveal('unknown.example')).toBeUndefined()
})

test('S16: a helper is asked on stdin, once a registry; its own helper goes before the store', async () => {
  const { reveal, home } = await loginsOf(
    { credsStore: 'store', credHelpers: { 'special.example': 'special' } },
    {
      store: `echo '{"ServerURL":"x","Username":"from-store","Secret":"s1"}'`,
      special: `echo '{"ServerURL":"x","Username":"<token>","Secret":"t2"}'`,
    },
  )
  expect(await reveal('a.example')).toEqual({ kind: 'password', username: 'from-store', password: 's1' })
  expect(await reveal('a.example')).toEqual({ kind: 'password', username: 'from-store', password: 's1' })
  expect(await reveal('special.example')).toEqual({ kind: 'identity-token', token: 't2' })
  expect(await readFile(join(home, 'asked'), 'utf8')).toBe('a.example\nspecial.example\n')
})

test('a helper that knows nothing is no error', async () => {
  const { reveal } = await loginsOf(
    { credsStore: 'store' },
    { store: 'echo "credentials not found in native keychain"; exit 1' },
  )
  expect(await reveal('a.example')).toBeUndefined()
})

test('a helper that is not there, fails, or talks nonsense is named', async () => {
  const { credentialsFor } = await loginsOf(
    { credHelpers: { 'a.example': 'gone', 'b.example': 'locked', 'c.example': 'odd' } },
    { locked: 'echo "the keychain is locked" >&2; exit 1', odd: 'echo "pass: hunter2"' },
  )
  const seen = ['a.example', 'b.example', 'c.example'].map((registry) => refusalOf(credentialsFor(registry)))
  expect(await Promise.all(seen)).toMatchInlineSnapshot(`
    [
      "StepError: the login of a.example is kept by docker-credential-gone: docker-credential-gone is not installed, or not on PATH
      see that "docker-credential-gone list" works, or remove it from credsStore and credHelpers of Docker's config.json",
      "StepError: docker-credential-locked does not give the login of b.example: the keychain is locked
      see that "docker-credential-locked list" works, or remove it from credsStore and credHelpers of Docker's config.json",
      "StepError: docker-credential-odd answered with something that is not JSON
      see that "docker-credential-odd list" works, or remove it from credsStore and credHelpers of Docker's config.json",
    ]
  `)
})

test('credentials do not show when they are printed', async () => {
  const { credentialsFor } = await loginsOf({ auths: { 'a.example': { auth: base64('me:hunter2') } } })
  const found = await credentialsFor('a.example')
  expect(inspect({ found }, { showHidden: true })).toBe('{ found: RegistryCredentials(a.example, ***) }')
  expect(JSON.stringify({ found })).toBe('{"found":"***"}')
})

test('the header is URL-safe base64 of what the engine expects', async () => {
  const { credentialsFor } = await loginsOf({ auths: { 'a.example': { auth: base64('me:~~~???>>>') } } })
  const header = (await credentialsFor('a.example'))?.authHeader() ?? ''
  expect(header).toMatch(/^[\w-]+=*$/)
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    username: 'me',
    password: '~~~???>>>',
    serveraddress: 'a.example',
  })
})

test.each([
  ['docker.io', 'https://index.docker.io/v1/'],
  ['registry-1.docker.io', 'https://index.docker.io/v1/'],
  ['https://index.docker.io/v1/', 'https://index.docker.io/v1/'],
  ['https://r.example:5000/v2/', 'r.example:5000'],
])('%s is kept as %s', (registry, key) => {
  expect(registryKey(registry)).toBe(key)
})
