import { chmod, link, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { about, asOrdinaryUser, engine, machine } from './machine.ts'

test('a Docker that is not there, that does not answer, or is set wrongly', async () => {
  const { doctor, folder } = await machine()
  const refused = await engineThatIsGone(folder)
  const lines = await Promise.all(
    [
      { DOCKER_HOST: `unix://${folder}/none.sock` },
      { DOCKER_HOST: `unix://${refused}` },
      { DOCKER_HOST: 'ftp://x' },
    ].map(async (env) => about(await doctor(['-o', 'json'], env), 'docker/engine', 'target')),
  )
  expect(lines.join('\n\n').replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "ok target/choice: compose: DOCKER_HOST is set
    problem docker/engine: the Docker engine at unix://~/none.sock (DOCKER_HOST) does not answer: there is no such socket
      → start Docker, or point DOCKER_HOST elsewhere

    ok target/choice: compose: DOCKER_HOST is set
    problem docker/engine: the Docker engine at unix://~/kept/gone.sock (DOCKER_HOST) does not answer: connection refused
      → start Docker: its engine is not running there

    problem target/choice: DOCKER_HOST is "ftp://x": "ftp://" is not a way to reach an engine
      → use unix:///path/to/docker.sock, tcp://host:port, npipe:////./pipe/name or ssh://user@host"
  `)
})

test('S11: an engine of an old version', async () => {
  const { doctor } = await machine({
    'stack/iamstack.yaml': 'name: todo\nrequires: { docker: ">=26" }\nservices: { db: { image: redis:7 } }\n',
  })
  const speaksOld = await engine({ version: '19.03.15', apiVersion: '1.40' })
  const isOld = await engine({ version: '20.10.24', apiVersion: '1.41' })
  const first = await doctor(['-o', 'json'], speaksOld.env)
  const second = await doctor(['-o', 'json'], isOld.env)
  expect([first.code, second.code]).toEqual([7, 7])
  expect(`${about(first, 'docker/e', 'docker/v')}\n\n${about(second, 'docker/version', 'stack/requires')}`)
    .toMatchInlineSnapshot(`
    "problem docker/engine: the Docker engine speaks API 1.40, and 1.41 is needed
      → update Docker to 20.10 or newer

    problem stack/requires: docker 20.10.24 is not >=26
      → install docker >=26
    ok docker/version: Docker 20.10.24"
  `)
})

test('an API that cannot mount a part of a volume, where the stack asks for it', async () => {
  const { doctor } = await machine({
    'stack/iamstack.yaml': `
name: todo
services:
  db: { image: redis:7, mounts: { /data: { volume: data, sub-path: db } } }
  api: { image: busybox }
volumes: { data: {} }
`,
  })
  const { env } = await engine({ apiVersion: '1.44', version: '25.0.3' })
  expect(about(await doctor(['-o', 'json'], env), 'docker/api')).toMatchInlineSnapshot(`
    "problem docker/api: Engine API 1.44 (theirs is 1.44) cannot mount a part of a volume, which db asks for
      → update Docker to 26.0 or newer, or mount the whole folder"
  `)
})

test('S37: address pools that are nearly used up', async () => {
  const { doctor } = await machine()
  const usual = await engine({ networks: 30 })
  const own = await engine({ networks: 3, pools: [{ Base: '10.10.0.0/22', Size: 24 }] })
  const [first, second] = await Promise.all([usual, own].map(({ env }) => doctor(['-o', 'json'], env)))
  expect([first?.code, second?.code]).toEqual([0, 0])
  expect([first, second].map((ran) => ran && about(ran, 'docker/address')).join('\n')).toMatchInlineSnapshot(`
    "warning docker/address-pools: 30 of about 31 networks of the engine's address pools are in use
      → docker network prune removes unused ones; default-address-pools in daemon.json makes room for more
    warning docker/address-pools: 3 of about 4 networks of the engine's address pools are in use
      → docker network prune removes unused ones; default-address-pools in daemon.json makes room for more"
  `)
})

test('S37: a socket that this user may not open comes with the cure of the group', async () => {
  const { doctor } = await machine()
  const { env, path } = await engine()
  await chmod(path, 0o000)
  const ran = await asOrdinaryUser(() => doctor(['-p', 'compose', '-o', 'json'], env))
  expect(ran.code).toBe(7)
  expect(about(ran, 'docker/engine').replace(path, 'SOCKET')).toMatchInlineSnapshot(`
    "problem docker/engine: the Docker engine at unix://SOCKET (DOCKER_HOST) refuses this user: permission denied on its socket
      → join the docker group: sudo usermod -aG docker "$USER", then log in again (or: newgrp docker)"
  `)
})

test('S37: settings of Docker that this user may not read, or nobody can', async () => {
  const { doctor, folder } = await machine({ 'home/.docker/config.json': '{ "auths": ' })
  const { env } = await engine()
  const broken = about(await doctor(['-o', 'json'], env), 'docker/config')
  await chmod(join(folder, 'home', '.docker', 'config.json'), 0o000)
  await chmod(folder, 0o755)
  const ran = await asOrdinaryUser(() => doctor(['-p', 'compose', '-o', 'json'], env))
  expect(`${broken}\n${about(ran, 'docker/config')}`.replaceAll(folder, '~')).toMatchInlineSnapshot(`
    "warning docker/config: ~/home/.docker/config.json is not valid JSON, so its contexts and registry logins are not used
      → mend the file, or move it away and log in again with "docker login"
    warning docker/config: ~/home/.docker/config.json cannot be read by this user, so its contexts and registry logins are not used
      → it was probably written by "sudo docker login": sudo chown -R "$USER" "~/home/.docker""
  `)
})

test('registries of images: logins in the file, from a helper, and from a helper that is not there', async () => {
  const auths = { 'ghcr.io': { auth: Buffer.from('me:hidden').toString('base64') } }
  const { doctor } = await machine({
    'home/.docker/config.json': JSON.stringify({ auths, credHelpers: { 'registry.test': 'gone' } }),
    'stack/iamstack.yaml': `
name: todo
services:
  a: { image: ghcr.io/me/a:1 }
  b: { image: registry.test/b:1 }
  c: { image: redis:7 }
`,
  })
  const { env } = await engine()
  const ran = await doctor(['-o', 'json'], env)
  expect(ran.code).toBe(7)
  expect(about(ran, 'docker/logins')).toMatchInlineSnapshot(`
    "ok docker/logins: docker.io: no login, enough for public images
    ok docker/logins: ghcr.io: logged in
    problem docker/logins: the login of registry.test is kept by docker-credential-gone: docker-credential-gone is not installed, or not on PATH
      → see that "docker-credential-gone list" works, or remove it from credsStore and credHelpers of Docker's config.json"
  `)
  expect(ran.stdout).not.toContain('hidden')
})

/** A socket that nobody listens on any more. */
async function engineThatIsGone(folder: string): Promise<string> {
  const path = join(folder, 'gone.sock')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  // Node removes the file of a socket that it closes; a link keeps it.
  await mkdir(join(folder, 'kept'))
  await link(path, join(folder, 'kept', 'gone.sock'))
  await new Promise((resolve) => server.close(resolve))
  return join(folder, 'kept', 'gone.sock')
}
