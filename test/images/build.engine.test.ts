import { createServer } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { expect, onTestFinished, test } from 'vitest'
import { buildImage, type BuildRequest } from '../../src/images/build.ts'
import { BuildError } from '../../src/images/build-error.ts'
import type { BuildEvent } from '../../src/images/build-progress.ts'
import type { TarContext } from '../../src/images/context/build-context.ts'
import { inspectImage, removeImage, tagImage } from '../../src/platform/engine/images.ts'
import { RegistryCredentials } from '../../src/platform/engine/registry-credentials.ts'
import { pushImage } from '../../src/platform/engine/transfer.ts'
import { temporaryFolder } from '../platform/engine/fake-engine.ts'
import { registryLogin, startRegistry } from '../platform/engine/local-registry.ts'
import { realEngine } from '../platform/engine/real-engine.ts'

const machine = await realEngine()
const { engine, prefix, afterwards } = machine
const base = 'FROM busybox:stable'

/** A build of the given files; what is unlike every other build keeps BuildKit's cache out. */
function contextOf(files: Readonly<Record<string, string>>): Readable {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return Readable.from(tar, { objectMode: false })
}

const tarOf = (content: Readable, dockerfile = 'Dockerfile'): TarContext => ({
  kind: 'tar',
  dockerfile,
  open: () => Promise.resolve(content),
})

async function build(
  dockerfile: string,
  options: Partial<BuildRequest> & { files?: Record<string, string>; path?: string } = {},
) {
  const events: BuildEvent[] = []
  const { files, path, ...rest } = options
  const request: BuildRequest = {
    context: tarOf(contextOf({ Dockerfile: dockerfile, ...files }), path),
    args: new Map(),
    tags: [],
    labels: new Map([['dev.iamstack.test', prefix]]),
    secrets: new Map(),
    ...rest,
  }
  try {
    const result = await buildImage(engine, request, (event) => events.push(event))
    afterwards(() => removeImage(engine, result.imageId, { force: true }))
    return { ...result, events, error: undefined }
  } catch (error) {
    return { imageId: '', steps: [], missingSecrets: [], events, error }
  }
}

function failure(error: unknown): BuildError {
  if (error instanceof BuildError) return error
  throw error
}

const printed = (events: readonly BuildEvent[]) =>
  events.flatMap((each) => (each.type === 'vertex.logged' ? [each.line] : []))

test('S25: dockerfile, target, args, tags and labels reach the image', async () => {
  const dockerfile = `${base} AS one\nARG RELEASE\nRUN echo "release $RELEASE ${prefix}" && echo $RELEASE > /release\nFROM one AS two\nRUN false\n`
  const tags = [`${prefix}:a`, `${prefix}:b`]
  const { imageId, error, events } = await build('FROM scratch', {
    path: 'docker/Other.Dockerfile',
    files: { 'docker/Other.Dockerfile': dockerfile },
    target: 'one',
    args: new Map([['RELEASE', '1 & 2']]),
    tags,
  })
  expect(error).toBeUndefined()
  const image = await inspectImage(engine, `${prefix}:b`)
  expect([image.Id, image.RepoTags?.toSorted(), image.Config.Labels]).toEqual([
    imageId,
    tags,
    { 'dev.iamstack.test': prefix },
  ])
  expect(printed(events)).toEqual([`release 1 & 2 ${prefix}`])
})

test('the story of a build: what ran, what was cached', async () => {
  const dockerfile = `${base}\nCOPY a /a\nRUN echo ${prefix} story\n`
  await build(dockerfile, { files: { a: '1' } })
  const { steps, events } = await build(dockerfile, { files: { a: '1' } })
  expect(steps.map(({ name, isCached }) => `${name}${isCached ? ' (cached)' : ''}`.replace(prefix, 'PREFIX')))
    .toMatchInlineSnapshot(`
    [
      "[1/3] FROM docker.io/library/busybox:stable",
      "[2/3] COPY a /a (cached)",
      "[3/3] RUN echo PREFIX story (cached)",
    ]
  `)
  const started = events.filter((each) => each.type === 'vertex.started').map((each) => each.vertex)
  const ended = events.filter((each) => each.type === 'vertex.completed').map((each) => each.vertex)
  expect(new Set(started).size).toBe(started.length)
  expect(ended.toSorted()).toEqual(started.toSorted())
})

test('noCache runs every step again', async () => {
  const dockerfile = `${base}\nRUN echo ${prefix} again\n`
  await build(dockerfile)
  const { steps } = await build(dockerfile, { noCache: true })
  expect(steps.at(-1)?.isCached).toBe(false)
})

test('a build secret is there for its step, and nowhere else: not in image, events or output', async () => {
  const value = `s3cret-${prefix}`
  const asked: string[] = []
  const { imageId, events, error } = await build(
    `${base}\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token && wc -c < /run/secrets/token # ${prefix}\n`,
    {
      secrets: new Map([
        ['token', () => (asked.push('token'), Promise.resolve(Buffer.from(value)))],
        ['unused', () => (asked.push('unused'), Promise.resolve(Buffer.from('never')))],
      ]),
    },
  )
  expect(error).toBeUndefined()
  expect(asked).toEqual(['token'])
  expect(printed(events).join('')).toBe(`***${String(value.length)}`)
  expect(JSON.stringify(events)).not.toContain(value)
  expect(
    JSON.stringify([await inspectImage(engine, imageId), await engine.get(`/images/${imageId}/history`)]),
  ).not.toContain(value)
})

test.each([true, false])(
  'a required secret that nobody declared is named (with a session: %s)',
  async (hasMounts) => {
    const dockerfile = `${base}\nRUN --mount=type=secret,id=npm,required=true echo ${prefix}\n`
    const error = failure((await build(dockerfile, { hasMounts })).error)
    expect([error.message.replace(prefix, 'PREFIX'), error.hint]).toEqual([
      '[stage-0 2/2] RUN --mount=type=secret,id=npm,required=true echo PREFIX requires the build secret "npm", which is not declared',
      'declare it under the image\'s "secrets"',
    ])
  },
)

test('an optional secret that nobody declared is reported, and the step runs without', async () => {
  const dockerfile = `${base}\nRUN --mount=type=secret,id=npm echo ${prefix} optional; test ! -e /run/secrets/npm\n`
  const { error, missingSecrets } = await build(dockerfile, { hasMounts: true })
  expect([error, missingSecrets]).toEqual([undefined, ['npm']])
})

test('a secret whose value cannot be had fails the build with its reason', async () => {
  const dockerfile = `${base}\nRUN --mount=type=secret,id=npm echo ${prefix} sealed\n`
  const secrets = new Map([['npm', () => Promise.reject(new Error('the vault is sealed'))]])
  expect(failure((await build(dockerfile, { secrets })).error).message).toBe(
    'the build needed a value that we could not get: the vault is sealed',
  )
})

test('a step that fails is named, with its exit code and last lines', async () => {
  const dockerfile = `${base}\nRUN echo first ${prefix}; seq 100; printf "cc: not found" >&2; exit 3\n`
  const error = failure((await build(dockerfile)).error)
  expect([
    error.message.replace(prefix, 'PREFIX'),
    error.exitCode,
    error.evidence.length,
    error.evidence.at(-1),
  ]).toEqual([
    '[2/2] RUN echo first PREFIX; seq 100; printf "cc: not found" >&2; exit 3: exit code 3',
    3,
    30,
    'cc: not found',
  ])
})

test('other ways to fail', async () => {
  const failures = await Promise.all([
    build(`${base}\n\nRUNN echo\n`),
    build(`${base}\nCOPY nothing /\n`),
    build(base, { target: 'nowhere' }),
    build(base, { path: 'missing' }),
    build('FROM registry.invalid/nothing:1\n'),
  ])
  const told = failures
    .map(({ error }) => failure(error))
    .map(({ message, line }) => `${line === undefined ? '' : `line ${String(line)}: `}${message}`)
  expect(told.map((each) => each.replace(/ on [\d.:]+: no such host/, ': no such host')))
    .toMatchInlineSnapshot(`
    [
      "line 3: the build failed: dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)",
      "[2/2] COPY nothing /: "/nothing": not found",
      "the build failed: target stage "nowhere" could not be found",
      "the build failed: failed to read dockerfile: open missing: no such file or directory",
      "the base image registry.invalid/nothing:1 cannot be had: failed to do request: Head "https://registry.invalid/v2/nothing/manifests/1": dial tcp: lookup registry.invalid: no such host",
    ]
  `)
})

test('an abort ends the build in the engine too', async () => {
  const controller = new AbortController()
  const cache = `--mount=type=cache,id=${prefix},target=/c`
  const context = contextOf({
    Dockerfile: `${base}\nRUN ${cache} i=0; while :; do i=$((i+1)); echo $i > /c/beat; test $i = 3 && echo beating; sleep 0.1; done\n`,
  })
  const none = { args: new Map(), tags: [], labels: new Map(), secrets: new Map() }
  const ended = buildImage(
    engine,
    { ...none, context: tarOf(context), signal: controller.signal },
    (event) => {
      if (event.type === 'vertex.logged') controller.abort(new Error('superseded'))
    },
  )
  await expect(ended).rejects.toThrow('superseded')
  expect(context.destroyed).toBe(true)
  const look = `${base}\nRUN ${cache} sleep 1; before=$(cat /c/beat); sleep 1; test "$before" = "$(cat /c/beat)" && echo quiet ${prefix}\n`
  expect(printed((await build(look)).events)).toEqual([`quiet ${prefix}`])
})

test('S16: a base image behind a login is had with the credentials that BuildKit asks us for', async () => {
  const registry = await startRegistry(machine, 'guarded', { hasLogin: true })
  const reference = `${registry}/${prefix}/base:1`
  const credentials = new RegistryCredentials(registry, { kind: 'password', ...registryLogin })
  await tagImage(engine, 'busybox:stable', reference)
  await pushImage(engine, reference, { credentials })
  await removeImage(engine, reference)
  const dockerfile = `FROM ${reference}\nRUN echo ${prefix} guarded\n`
  expect(failure((await build(dockerfile)).error).message).toMatch(
    /^the base image \S+ cannot be had: .*(401|authoriz|denied|no active session)/,
  )
  const asked: string[] = []
  const { error } = await build(dockerfile, {
    credentials: (host) => (asked.push(host), Promise.resolve(host === registry ? credentials : undefined)),
  })
  expect(error).toBeUndefined()
  expect(new Set(asked)).toEqual(new Set([registry]))
})

test('an ssh agent is reached from the step that mounts it', async () => {
  const socket = join(await temporaryFolder(), 'agent.sock')
  const agent = createServer((connection) =>
    connection.on('data', (data) => connection.end(`agent heard ${data.toString()}`)),
  )
  await new Promise<void>((resolve) => agent.listen(socket, resolve))
  onTestFinished(() => {
    agent.close()
  })
  const script = `const c=require("net").connect(process.env.SSH_AUTH_SOCK,()=>c.write("${prefix}"));c.pipe(process.stdout)`
  const dockerfile = `FROM node:20-bookworm-slim\nRUN --mount=type=ssh,required=true node -e '${script}'\n`
  const { error, events } = await build(dockerfile, { sshAgent: socket })
  expect(error).toBeUndefined()
  expect(printed(events)).toEqual([`agent heard ${prefix}`])
})

test('a context that breaks ends the build with its own error', async () => {
  const context = new Readable({
    read() {
      this.destroy(new TypeError('the file vanished'))
    },
  })
  const { error } = await build(base, { context: tarOf(context) })
  expect(error).toEqual(new TypeError('the file vanished'))
})
