import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileAccess } from '../../src/images/context/file-access.ts'
import { nodeFiles } from '../../src/images/context/file-access.ts'
import type { StatCache } from '../../src/images/context/stat-cache.ts'
import { createStatCache } from '../../src/images/context/stat-cache.ts'
import type { IdentifyInput, ImageIdentity } from '../../src/images/identify.ts'
import { identifyImage } from '../../src/images/identify.ts'
import { findingsOf, valueOf } from './describe.ts'
import type { Tree } from './workspace.ts'
import { workspace, write } from './workspace.ts'

type Options = Partial<IdentifyInput>

function inputOf(root: string, options: Options = {}): IdentifyInput {
  return {
    name: 'app',
    contextDir: root,
    dockerfilePath: join(root, 'Dockerfile'),
    dockerfileLabel: 'app/Dockerfile',
    args: new Map(),
    baseIdentity: (reference) => `sha256:${reference}`,
    extra: [],
    ...options,
  }
}

async function identify(root: string, options: Options = {}, cache?: StatCache): Promise<ImageIdentity> {
  return valueOf(await identifyImage(inputOf(root, options), nodeFiles, cache))
}

const paths = (identity: ImageIdentity): string[] => identity.files.map((file) => file.path)

const tree: Tree = {
  Dockerfile: `ARG BASE=debian
ARG UNUSED=1
FROM \${BASE}:12 AS base
FROM base AS build
ARG MODE=release
ARG TARGETARCH
COPY go.mod ./
RUN go mod download
COPY cmd ./cmd
RUN go build
FROM base AS docs
COPY docs /docs
RUN make
FROM base AS release
COPY --from=build /out/app /app
COPY --from=ghcr.io/a/b:1 /x /x
COPY entrypoint.sh /
`,
  'go.mod': 'module x',
  'cmd/main.go': 'package main',
  'cmd/main.md': 'notes',
  'docs/index.md': '# docs',
  'entrypoint.sh': '#!/bin/sh',
  'node_modules/a/index.js': 'x',
  '.dockerignore': '**/*.md\n!docs/*\n',
}

describe('the identity of an image (S27)', () => {
  test('sends only what the stages of the target can read', async () => {
    const root = await workspace(tree)
    expect(paths(await identify(root))).toEqual(['cmd', 'cmd/main.go', 'entrypoint.sh', 'go.mod'])
    expect(paths(await identify(root, { target: 'docs' }))).toEqual(['docs', 'docs/index.md'])
    expect(paths(await identify(root, { target: 'base' }))).toEqual([])
    expect((await identify(root)).bases).toEqual(['debian:12', 'ghcr.io/a/b:1'])
    expect((await identify(root)).roots).toEqual(['cmd', 'entrypoint.sh', 'go.mod'])
  })

  const unchanged: [string, (root: string) => Promise<unknown>][] = [
    ['touching a file', (root) => utimes(join(root, 'go.mod'), 1, 1)],
    ['a file that is ignored', (root) => write(root, { 'cmd/other.md': 'x' })],
    ['a file that no reachable stage reads', (root) => write(root, { 'docs/index.md': 'x', 'new.txt': 'x' })],
    ['a comment in the Dockerfile', (root) => edit(root, 'RUN go build', '# why\nRUN go \\\n # more\nbuild')],
    ['another stage that is not reached', (root) => edit(root, 'RUN make', 'RUN make docs')],
    ['a stage inserted before', (root) => edit(root, 'FROM base AS docs', 'FROM x AS y\nFROM base AS docs')],
    ['a stage renamed', (root) => edit(root, /(AS |=)build/g, '$1compile')],
    ['an unused global ARG', (root) => edit(root, 'UNUSED=1', 'UNUSED=2')],
    ['a keyword in lower case', (root) => edit(root, 'RUN go mod', 'run go mod')],
  ]
  test.each(unchanged)('does not change by %s', async (_name, change) => {
    const root = await workspace(tree)
    const before = await identify(root)
    await change(root)
    expect((await identify(root)).hash).toBe(before.hash)
  })

  const changed: [string, (root: string) => Promise<unknown>][] = [
    ['the content of a file', (root) => write(root, { 'go.mod': 'module y' })],
    ['a new file', (root) => write(root, { 'cmd/b.go': '' })],
    ['a new empty directory', (root) => mkdir(join(root, 'cmd/empty'))],
    ['a removed file', (root) => rm(join(root, 'cmd/main.go'))],
    ['a renamed file', (root) => rename(join(root, 'cmd/main.go'), join(root, 'cmd/app.go'))],
    ['an executable bit', (root) => chmod(join(root, 'cmd/main.go'), 0o755)],
    ['a link instead of the file', (root) => relink(root)],
    ['an instruction', (root) => edit(root, 'RUN go build', 'RUN go build -v')],
    ['what is ignored', (root) => write(root, { '.dockerignore': '' })],
    ['the default of an ARG in use', (root) => edit(root, 'MODE=release', 'MODE=debug')],
    ['the default of an ARG of FROM', (root) => edit(root, 'BASE=debian', 'BASE=alpine')],
    ['a syntax directive', (root) => edit(root, 'ARG BASE', '# syntax=docker/dockerfile:1\nARG BASE')],
  ]
  test.each(changed)('changes by %s', async (_name, change) => {
    const root = await workspace(tree)
    const before = await identify(root)
    await change(root)
    expect((await identify(root)).hash).not.toBe(before.hash)
  })

  test.each<[string, Options, boolean]>([
    ['an argument in use', { args: new Map([['MODE', 'x']]) }, true],
    ['an argument of FROM', { args: new Map([['BASE', 'x']]) }, true],
    ['an argument at its default', { args: new Map([['MODE', 'release']]) }, false],
    [
      'an argument of no reachable stage',
      {
        args: new Map([
          ['UNUSED', 'x'],
          ['HTTP_PROXY', 'x'],
        ]),
      },
      false,
    ],
    ['a platform', { platform: 'linux/arm64' }, true],
    ['a base that moved', { baseIdentity: () => 'sha256:1' }, true],
    ['a build secret', { extra: ['abc'] }, true],
    ['a target', { target: 'build' }, true],
    ['the same target by name', { target: 'RELEASE' }, false],
    ['another name of the image', { name: 'other' }, false],
  ])('from outside: %s', async (_name, options, isDifferent) => {
    const root = await workspace(tree)
    expect((await identify(root, options)).hash !== (await identify(root)).hash).toBe(isDifferent)
  })

  test('is the same wherever the context lies', async () => {
    const [a, b] = [await workspace(tree), await workspace(tree)]
    expect((await identify(a)).hash).toBe((await identify(b)).hash)
  })
})

async function edit(root: string, from: string | RegExp, to: string): Promise<void> {
  const text = tree['Dockerfile'] ?? ''
  const edited = text.replace(from, to)
  expect(edited).not.toBe(text)
  await writeFile(join(root, 'Dockerfile'), edited)
}

async function relink(root: string): Promise<void> {
  await rename(join(root, 'cmd/main.go'), join(root, 'main.go'))
  await symlink('../main.go', join(root, 'cmd/main.go'))
}

describe('which edits matter (S26)', () => {
  test('reads()', async () => {
    const identity = await identify(await workspace(tree))
    const asked = ['go.mod', 'cmd/new.go', 'cmd/new.md', 'docs/index.md', 'Dockerfile', '.dockerignore', 'x']
    expect(asked.filter(identity.reads)).toEqual(['go.mod', 'cmd/new.go', 'Dockerfile', '.dockerignore'])
  })

  test('a .dockerignore of the Dockerfile goes before the one of the context', async () => {
    const root = await workspace({
      'build/app.Dockerfile': 'FROM scratch\nCOPY . /',
      'build/app.Dockerfile.dockerignore': 'b\nbuild',
      '.dockerignore': 'a',
      a: '',
      b: '',
    })
    const identity = await identify(root, { dockerfilePath: join(root, 'build/app.Dockerfile') })
    expect(paths(identity)).toEqual(['.dockerignore', 'a'])
    expect(identity.dockerfileInContext).toBeUndefined()
    expect(identity.reads('build/app.Dockerfile.dockerignore')).toBe(true)
    expect(identity.reads('.dockerignore')).toBe(true)
  })

  test('an ignored Dockerfile is still read, but not copied', async () => {
    const root = await workspace({
      Dockerfile: 'FROM scratch\nCOPY . /',
      '.dockerignore': 'Dockerfile\n.dockerignore',
      a: '',
    })
    const identity = await identify(root)
    expect(paths(identity)).toEqual(['a'])
    expect(identity.dockerfileInContext).toBeUndefined()
  })

  test('"dockerfile" in lower case, and a Dockerfile outside the context', async () => {
    const root = await workspace({ dockerfile: 'FROM scratch\nCOPY a /', 'context/a': 'x' })
    expect(paths(await identify(root, { contextDir: join(root, 'context') }))).toEqual(['a'])
  })
})

describe('where a path lands (stage-aware inference)', () => {
  const dockerfile = `FROM scratch AS src
WORKDIR /work
COPY package.json .
COPY src ./src
COPY one.txt two.txt conf/
COPY one.txt /etc/renamed.txt
COPY *.cfg /cfg/
COPY --exclude=**/*.test.js lib /lib
COPY --parents deep/./a/*.txt /parents/
ADD archive.tar.gz /unpacked/
RUN --mount=type=bind,source=scripts,target=/s sh /s/build.sh
FROM src AS dev
RUN late
FROM scratch
COPY --from=src /work/src /app/code
COPY --from=src /work/package.json /app/
`
  const files = [
    ...[
      'package.json',
      'src/a/b.js',
      'one.txt',
      'two.txt',
      'x.cfg',
      'lib/m.js',
      'lib/m.test.js',
      'deep/a/n.txt',
    ],
    ...['archive.tar.gz', 'scripts/build.sh'],
  ]

  test.each<[string, readonly (string | undefined)[]]>([
    ['package.json', ['/work/package.json']],
    ['src/a/b.js', ['/work/src/a/b.js']],
    ['one.txt', ['/work/conf/one.txt', '/etc/renamed.txt']],
    ['x.cfg', ['/cfg/x.cfg']],
    ['lib/m.js', ['/lib/m.js']],
    ['lib/m.test.js', []],
    ['deep/a/n.txt', ['/parents/a/n.txt']],
    ['archive.tar.gz', [undefined]],
    ['scripts/build.sh', [undefined]],
    ['other', []],
  ])('%s', async (path, expected) => {
    const root = await workspace({
      Dockerfile: dockerfile,
      ...Object.fromEntries(files.map((file) => [file, file])),
    })
    const identity = await identify(root)
    expect(identity.destinationsOf(path).map((each) => each.destination)).toEqual(expected)
  })

  test('followed into the target, with what may change it on the way', async () => {
    const root = await workspace({
      Dockerfile: dockerfile,
      ...Object.fromEntries(files.map((file) => [file, file])),
    })
    const landings = async (target: string | undefined, path: string): Promise<string[]> =>
      (await identify(root, { ...(target !== undefined && { target }) })).landingsOf(path).map((landing) => {
        const copies = landing.copies.map((copy) => copy.span.line).join(',')
        const runs = landing.runs.map((run) => run.span.line).join(',')
        return `${landing.destination ?? 'unknown'} by ${copies} past ${runs}`
      })
    expect(await landings(undefined, 'src/a/b.js')).toEqual(['/app/code/a/b.js by 4,15 past 11'])
    expect(await landings(undefined, 'package.json')).toEqual(['/app/package.json by 3,16 past 11'])
    expect(await landings(undefined, 'one.txt')).toEqual([])
    expect(await landings('dev', 'one.txt')).toEqual([
      '/work/conf/one.txt by 5 past 11,13',
      '/etc/renamed.txt by 6 past 11,13',
    ])
  })

  test('what depends on an unknown base is not guessed', async () => {
    const root = await workspace({
      Dockerfile: 'FROM x\nCOPY a b\nCOPY $DIR /c\nCOPY a /tmp',
      a: '',
      other: '',
    })
    const identity = await identify(root)
    expect(identity.destinationsOf('a').map((each) => each.destination)).toEqual([
      undefined,
      undefined,
      '/tmp/a',
    ])
    // $DIR may be anything, so everything is sent.
    expect(paths(identity)).toEqual(['Dockerfile', 'a', 'other'])
  })
})

describe('links', () => {
  test('inside a copied directory they stay links, whatever they point at', async () => {
    const root = await workspace({
      Dockerfile: 'FROM scratch\nCOPY d /d',
      'd/out': '-> /etc/passwd',
      'd/loop': '-> ../d',
      'd/gone': '-> nowhere',
    })
    const identity = await identify(root)
    expect(identity.files.map((file) => [file.path, file.kind, file.content])).toEqual([
      ['d', 'directory', ''],
      ['d/gone', 'link', 'nowhere'],
      ['d/loop', 'link', '../d'],
      ['d/out', 'link', '/etc/passwd'],
    ])
  })

  test('that a source names are followed inside the context', async () => {
    const root = await workspace({
      Dockerfile: 'FROM scratch\nCOPY link/file.txt /x/\nCOPY *.cfg /cfg/',
      link: '-> real/deep',
      'real/deep': '-> ../other',
      'other/file.txt': 'content',
      'other/not.txt': 'content',
      'a.cfg': '-> /conf/real.cfg',
      'conf/real.cfg': 'x',
    })
    const identity = await identify(root)
    expect(paths(identity)).toEqual(['a.cfg', 'conf/real.cfg', 'link', 'other/file.txt', 'real/deep'])
    expect(identity.destinationsOf('other/file.txt').map((each) => each.destination)).toEqual(['/x/file.txt'])
    expect(identity.destinationsOf('conf/real.cfg').map((each) => each.destination)).toEqual(['/cfg/a.cfg'])
  })

  test('loops end', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY a/x /', a: '-> b', b: '-> a' })
    const result = await identifyImage(inputOf(root), nodeFiles)
    expect(findingsOf(result)).toContain('context/missing-source')
  })
})

describe('what is wrong', () => {
  test('missing and ignored sources, each at its place', async () => {
    const root = await workspace({
      Dockerfile: `FROM scratch
COPY package.jsn src/missing /
COPY secret.txt /
COPY *.none /
RUN --mount=type=bind,source=gone,target=/g true`,
      'package.json': '',
      'secret.txt': '',
      'src/there': '',
      '.dockerignore': 'secret*',
    })
    const result = await identifyImage(inputOf(root), nodeFiles)
    expect(findingsOf(result).replaceAll(root, '/root')).toMatchInlineSnapshot(`
      "app/Dockerfile:2:6+11 error context/missing-source: there is no package.jsn in the context (did you mean package.json?)
      app/Dockerfile:2:18+11 error context/missing-source: there is no src/missing in the context (sources are relative to the context, /root)
      app/Dockerfile:3:6+10 error context/missing-source: secret.txt is left out by .dockerignore (a line "!secret.txt" brings it back)
      app/Dockerfile:5:13+31 error context/missing-source: there is no gone in the context (sources are relative to the context, /root)"
    `)
    const lenient = await identifyImage(inputOf(root, { missing: 'warning' }), nodeFiles)
    expect(findingsOf(lenient)).toContain('warning context/missing-source')
  })

  test('no Dockerfile', async () => {
    const root = await workspace({})
    expect(findingsOf(await identifyImage(inputOf(root), nodeFiles))).toMatchInlineSnapshot(
      `"app/Dockerfile:1:1+1 error dockerfile/missing: image app: there is no app/Dockerfile (images.NAME.dockerfile says where)"`,
    )
  })

  test('a file that cannot be read', async () => {
    const root = await workspace({ Dockerfile: 'FROM scratch\nCOPY a b /', a: '1', b: '2' })
    const failing: FileAccess = {
      ...nodeFiles,
      sha256: (path) => Promise.reject(new Error(`EACCES: ${path.slice(root.length)}`)),
    }
    expect(findingsOf(await identifyImage(inputOf(root), failing))).toMatchInlineSnapshot(`
      "app/Dockerfile:2:6+1 error context/unreadable: a cannot be read: EACCES: /a (make it readable, or keep it out of the build with a line in .dockerignore)
      app/Dockerfile:2:8+1 error context/unreadable: b cannot be read: EACCES: /b (make it readable, or keep it out of the build with a line in .dockerignore)"
    `)
  })

  test('COPY of a URL', async () => {
    const root = await workspace({
      Dockerfile: 'FROM scratch\nCOPY https://a.test/x /\nADD https://a.test/x git@a:b.git /',
    })
    expect(findingsOf(await identifyImage(inputOf(root), nodeFiles))).toMatchInlineSnapshot(
      `"app/Dockerfile:2:6+16 error dockerfile/copy-remote: COPY takes files of the context; only ADD fetches a URL or a repository (ADD https://a.test/x …)"`,
    )
  })
})

describe('the stat cache', () => {
  const counting = (): FileAccess & { reads: string[] } => {
    const reads: string[] = []
    return {
      ...nodeFiles,
      reads,
      sha256: (path) => {
        reads.push(path.split('/').at(-1) ?? '')
        return nodeFiles.sha256(path)
      },
    }
  }
  const old = (root: string): Promise<unknown> =>
    Promise.all(['go.mod', 'cmd/main.go', 'entrypoint.sh'].map((path) => utimes(join(root, path), 1, 1)))
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))

  test('a second run reads nothing, even from data; an edit reads one file', async () => {
    const root = await workspace(tree)
    await old(root)
    await later()
    const cache = createStatCache()
    const first = valueOf(await identifyImage(inputOf(root), nodeFiles, cache))
    const restored = createStatCache(
      JSON.parse(JSON.stringify(cache.toData())) as ReturnType<typeof cache.toData>,
    )
    const files = counting()
    expect(valueOf(await identifyImage(inputOf(root), files, restored)).hash).toBe(first.hash)
    expect(files.reads).toEqual([])
    await write(root, { 'go.mod': 'module z' })
    expect(valueOf(await identifyImage(inputOf(root), files, restored)).hash).not.toBe(first.hash)
    expect(files.reads).toEqual(['go.mod'])
  })

  test('a file that was just written is read again, since its times may not tell a second write apart', async () => {
    const root = await workspace(tree)
    const cache = createStatCache()
    await write(root, { 'go.mod': 'module 1' })
    await identifyImage(inputOf(root), nodeFiles, cache)
    expect(Object.keys(cache.toData())).not.toContain(join(root, 'go.mod'))
  })

  test('gives the hash that no cache gives, whatever is edited', async () => {
    const root = await workspace(tree)
    const cache = createStatCache()
    const edits = fc.record({
      path: fc.constantFrom('go.mod', 'cmd/main.go', 'cmd/x'),
      content: fc.constantFrom('a', 'b', ''),
    })
    await fc.assert(
      fc.asyncProperty(edits, async ({ path, content }) => {
        await write(root, { [path]: content })
        expect((await identify(root, {}, cache)).hash).toBe((await identify(root)).hash)
      }),
      { numRuns: 60 },
    )
  })
})
