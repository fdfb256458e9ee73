import { createHash } from 'node:crypto'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeEndpoint } from '../../../src/platform/engine/endpoint.ts'
import { findEngine } from '../../../src/platform/engine/find.ts'
import { refusalOf, temporaryFolder } from './fake-engine.ts'

type Environment = Record<string, string>

/** A machine without an engine, whose user has an empty home. */
async function machine() {
  const home = await temporaryFolder()
  const defaultSocket = join(home, 'run', 'docker.sock')
  await mkdir(join(home, 'run'))
  const look = (env: Environment = {}) =>
    findEngine({ HOME: home, ...env }, { platform: 'linux', defaultSocket })
  /** The answer in one line, with the home as `~`. */
  const found = async (env: Environment = {}) => {
    const lookup = await look(env)
    const text =
      lookup.kind === 'absent' ? lookup.why : `${describeEndpoint(lookup.endpoint)}, by ${lookup.how}`
    return text.replaceAll(home, '~')
  }
  return { home, defaultSocket, look, found }
}

async function writeConfig(home: string, config: string | object): Promise<void> {
  await mkdir(join(home, '.docker'), { recursive: true })
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  await writeFile(join(home, '.docker', 'config.json'), text)
}

async function writeContext(
  home: string,
  name: string,
  docker: object,
  tls: Environment = {},
): Promise<void> {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(home, '.docker', 'contexts', 'meta', id)
  await mkdir(meta, { recursive: true })
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }))
  const folder = join(home, '.docker', 'contexts', 'tls', id, 'docker')
  await mkdir(folder, { recursive: true })
  for (const [file, text] of Object.entries(tls)) await writeFile(join(folder, file), text)
}

test('without any engine: the places that were looked at', async () => {
  const { found } = await machine()
  expect(await found({ XDG_RUNTIME_DIR: '/run/user/1' })).toMatchInlineSnapshot(
    `"no Docker on this machine: nothing at unix://~/run/docker.sock, unix://~/.docker/run/docker.sock, unix:///run/user/1/docker.sock"`,
  )
})

test('the default socket, then Docker Desktop, then rootless', async () => {
  const { home, found, defaultSocket } = await machine()
  await writeFile(join(home, 'run', 'rootless'), '')
  await mkdir(join(home, 'user'))
  await writeFile(join(home, 'user', 'docker.sock'), '')
  const env = { XDG_RUNTIME_DIR: join(home, 'user') }
  const seen = [await found(env)]
  await mkdir(join(home, '.docker', 'run'), { recursive: true })
  await writeFile(join(home, '.docker', 'run', 'docker.sock'), '')
  seen.push(await found(env))
  await writeFile(defaultSocket, '')
  seen.push(await found(env))
  expect(seen).toMatchInlineSnapshot(`
    [
      "unix://~/user/docker.sock, by the rootless engine's socket",
      "unix://~/.docker/run/docker.sock, by Docker Desktop's socket",
      "unix://~/run/docker.sock, by the default socket",
    ]
  `)
})

test('a default socket that is a link to nothing is none', async () => {
  const { defaultSocket, look } = await machine()
  await symlink('/nowhere/docker.sock', defaultSocket)
  expect(await look()).toMatchObject({ kind: 'absent' })
})

test('DOCKER_HOST goes before DOCKER_CONTEXT, that before currentContext; "default" means the default socket', async () => {
  const { home, found, defaultSocket } = await machine()
  await writeFile(defaultSocket, '')
  await writeConfig(home, { currentContext: 'mine' })
  await writeContext(home, 'mine', { Host: 'ssh://mine.example' })
  await writeContext(home, 'other', { Host: 'tcp://other.example:2375' })
  expect([
    await found({ DOCKER_HOST: 'tcp://host.example:2375', DOCKER_CONTEXT: 'other' }),
    await found({ DOCKER_CONTEXT: 'other' }),
    await found({ DOCKER_CONTEXT: 'default' }),
    await found(),
  ]).toMatchInlineSnapshot(`
    [
      "tcp://host.example:2375, by DOCKER_HOST",
      "tcp://other.example:2375, by Docker context "other"",
      "unix://~/run/docker.sock, by the default socket",
      "ssh://mine.example, by Docker context "mine"",
    ]
  `)
})

test('DOCKER_CONFIG moves settings and contexts', async () => {
  const { home, found } = await machine()
  const elsewhere = await temporaryFolder()
  await writeConfig(elsewhere, { currentContext: 'moved' })
  await writeContext(elsewhere, 'moved', { Host: 'ssh://moved.example' })
  await writeConfig(home, { currentContext: 'mine' })
  expect(await found({ DOCKER_CONFIG: join(elsewhere, '.docker') })).toMatchInlineSnapshot(
    `"ssh://moved.example, by Docker context "moved""`,
  )
})

test('a context brings its TLS files, and the port that goes with them', async () => {
  const { home, look } = await machine()
  await writeContext(
    home,
    'safe',
    { Host: 'tcp://safe.example', SkipTLSVerify: false },
    { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY' },
  )
  expect(await look({ DOCKER_CONTEXT: 'safe' })).toMatchObject({
    endpoint: {
      kind: 'tcp',
      port: 2376,
      tls: { ca: Buffer.from('CA'), cert: Buffer.from('CERT'), key: Buffer.from('KEY'), isVerified: true },
    },
  })
})

test('a context that does not exist is an error that says who chose it', async () => {
  const { home, look } = await machine()
  await writeConfig(home, { currentContext: 'gone' })
  expect(await refusalOf(look())).toMatchInlineSnapshot(`
    "StepError: Docker context "gone", chosen by currentContext of config.json, does not exist
      list the contexts with "docker context ls", choose one with "docker context use NAME""
  `)
})

test('DOCKER_TLS_VERIFY reads DOCKER_CERT_PATH, default the folder of the settings, and insists on ca.pem', async () => {
  const { home, look } = await machine()
  const env = {
    DOCKER_HOST: 'tcp://engine.example',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: join(home, 'run'),
  }
  expect((await refusalOf(look(env))).replaceAll(home, '~')).toMatchInlineSnapshot(`
    "StepError: DOCKER_TLS_VERIFY is set, but there is no ~/run/ca.pem
      set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem"
  `)
  await writeFile(join(home, 'run', 'ca.pem'), 'CA')
  expect(await look(env)).toMatchObject({
    endpoint: { port: 2376, tls: { ca: Buffer.from('CA'), isVerified: true } },
  })
})

test('S37: settings that are not JSON are explained without quoting them, and Docker is found all the same', async () => {
  const { home, look, defaultSocket } = await machine()
  await writeFile(defaultSocket, '')
  await writeConfig(home, '{ "auths": { "r.example": { "auth": "c2VjcmV0" } }')
  const lookup = await look()
  expect(lookup.kind).toBe('found')
  expect(
    lookup.warnings.map((each) => `${each.code}: ${each.message.replace(home, '~')}\n  ${each.hint ?? ''}`),
  ).toMatchInlineSnapshot(`
    [
      "engine/config-unreadable: ~/.docker/config.json is not valid JSON, so its contexts and registry logins are not used
      mend the file, or move it away and log in again with "docker login"",
    ]
  `)
})

test.skipIf(process.getuid?.() === 0)('S37: settings of another user come with the cure', async () => {
  const { home, look } = await machine()
  await writeConfig(home, {})
  await chmod(join(home, '.docker', 'config.json'), 0o000)
  expect((await look()).warnings[0]?.hint).toMatch(/sudo chown -R/)
})

test('settings that are a folder, or unreadable in another way, are explained too', async () => {
  const { home, look, defaultSocket } = await machine()
  await writeFile(defaultSocket, '')
  await mkdir(join(home, '.docker', 'config.json'), { recursive: true })
  expect((await look()).warnings.map((each) => each.message.replace(home, '~'))).toMatchInlineSnapshot(`
    [
      "~/.docker/config.json cannot be read (EISDIR), so its contexts and registry logins are not used",
    ]
  `)
})

test('DOCKER_API_VERSION is handed on', async () => {
  const { look } = await machine()
  expect(await look({ DOCKER_HOST: 'unix:///x', DOCKER_API_VERSION: '1.43' })).toMatchObject({
    apiVersion: '1.43',
  })
})

test('Windows looks for the named pipe', async () => {
  const home = await temporaryFolder()
  expect(await findEngine({ USERPROFILE: home }, { platform: 'win32' })).toMatchObject({
    kind: 'absent',
    why: 'no Docker on this machine: nothing at npipe:////./pipe/docker_engine',
  })
})
