import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { extract } from 'tar-stream'
import { afterAll, describe, expect, test } from 'vitest'
import { nodeFiles } from '../../src/images/context/file-access.ts'
import { addedDockerfile, contextTar } from '../../src/images/context/tar.ts'
import type { ImageIdentity } from '../../src/images/identify.ts'
import { findingsOf, valueOf } from './describe.ts'
import type { Tree } from './workspace.ts'
import { identify, workspace } from './workspace.ts'

const run = promisify(execFile)
const prefix = `iamstack-test-context-${String(process.pid)}`
const images: string[] = []

afterAll(async () => {
  if (images.length > 0) await run('docker', ['image', 'rm', '--force', ...images])
})

/** The image's files: path → `kind mode content or link`. */
async function filesOf(image: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run('docker', ['create', image, '/none'])
  const container = stdout.trim()
  try {
    const archive = await run('docker', ['export', container], { encoding: 'buffer', maxBuffer: 1 << 28 })
    return await listTar(archive.stdout)
  } finally {
    await run('docker', ['rm', '--force', container])
  }
}

async function buildWhole(image: string, root: string) {
  images.push(image)
  await run('docker', ['build', '--quiet', '--tag', image, root])
  return filesOf(image)
}

async function buildPruned(image: string, root: string, identity: ImageIdentity) {
  const inside = identity.dockerfileInContext
  const stream = await contextTar({
    contextDirectory: root,
    files: identity.files,
    access: nodeFiles,
    ...(inside === undefined && {
      dockerfile: { name: addedDockerfile, text: identity.dockerfileText },
    }),
  })
  const archive = join(await workspace({}), 'context.tar')
  await writeFile(archive, await buffer(stream))
  images.push(image)
  const command = 'docker build --quiet --file "$1" --tag "$2" - < "$3"'
  await run('sh', ['-c', command, 'sh', inside ?? addedDockerfile, image, archive])
  return filesOf(image)
}

async function listTar(archive: Buffer): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const reader = extract()
  reader.end(archive)
  for await (const entry of reader) {
    const { name, type, mode, linkname } = entry.header
    const body = await buffer(entry)
    const shown = body.length < 1000 ? body.toString() : String(body.length)
    files.set(
      `/${name.replace(/\/$/, '')}`,
      `${type} ${mode.toString(8)} ${type === 'symlink' ? linkname : shown}`,
    )
  }
  return files
}

const source: Tree = {
  'package.json': '{}',
  'package-lock.json': '{"lock":1}',
  'src/main.js': 'main',
  'src/lib/a.js': 'a',
  'src/lib/a.test.js': 'test',
  'src/link.js': '-> lib/a.js',
  'src/out': '-> /etc/hostname',
  'src/empty/': '',
  'bin/run.sh': '#!/bin/sh\necho run',
  'docs/a.md': 'A',
  'docs/deep/b.md': 'B',
  'with blank.txt': 'blank',
  current: '-> releases/2',
  'releases/2/file': 'two',
  'node_modules/big/index.js': 'big',
  'arr[0].txt': 'bracket',
}

const cases: Readonly<Record<string, { dockerfile: string; extra?: Tree }>> = {
  plain: {
    dockerfile: 'FROM scratch\nCOPY package*.json src /app/\nCOPY src /copy\nCOPY package.json /renamed.json',
  },
  workdir: {
    dockerfile:
      'FROM scratch\nWORKDIR /a/b\nCOPY package.json .\nCOPY src ../c\nWORKDIR x\nCOPY bin/run.sh ./go',
  },
  all: {
    dockerfile: 'FROM scratch\nCOPY . /all/',
    extra: {
      '.dockerignore': 'Dockerfile\n.dockerignore\nnode_modules\n**/*.md\n!docs/deep\nsrc/*\n!src/lib\n*.txt',
    },
  },
  stages: {
    dockerfile: `ARG DIR=src
FROM busybox:stable AS base
FROM base AS unused
COPY node_modules /nm
FROM base AS Build
ARG DIR
WORKDIR /work
COPY \${DIR}/lib ./\${DIR#s}
RUN --mount=type=bind,source=docs,target=/docs cat /docs/a.md /docs/deep/b.md > all.md
FROM scratch
COPY --from=build /work /result
COPY --from=1 /nm/none* /nothing/
COPY --from=0 /etc/group /`,
  },
  wildcards: {
    dockerfile:
      'FROM scratch\nCOPY docs/*/*.md /md/\nCOPY s?c/[a-l]*b /lib/\nCOPY arr[[]0].txt /b/\nCOPY nope* /none/\nCOPY */a.md /any/',
  },
  links: {
    dockerfile: 'FROM scratch\nCOPY current/file /f\nCOPY current /c/\nCOPY src/link.js /l.js\nCOPY src /s',
  },
  json: { dockerfile: 'FROM scratch\nCOPY ["with blank.txt", "/a b/"]\nCOPY with*.txt /x/' },
  heredoc: {
    dockerfile: `FROM scratch
ENV NAME=me
COPY <<one.txt <<-"two.txt" package.json /h/
hello $NAME
one.txt
	plain $NAME
	two.txt
COPY --chmod=600 <<EOF /h/three
\${NAME:+x}\${NAME%e}
EOF`,
  },
  onbuild: {
    dockerfile: 'FROM scratch AS base\nWORKDIR /ob\nONBUILD COPY docs/a.md sub/\nFROM base\nCOPY bin /bin',
  },
  archive: { dockerfile: 'FROM scratch\nADD src/main.js docs /add/\nCOPY ../package.json /clamped.json' },
  escape: {
    dockerfile: '# escape=`\nFROM scratch\nCOPY package.json `\n  # comment\n  /back\\slash/',
    extra: { '#': 'hash', 'x/': '' },
  },
}

describe('a pruned context builds what the whole one builds (S25, S26)', () => {
  test.each(Object.entries(cases))('%s', async (name, { dockerfile, extra }) => {
    const root = await workspace({ ...source, ...extra, Dockerfile: dockerfile })
    const identity = valueOf(await identify(root))
    const whole = await buildWhole(`${prefix}-${name}-whole`, root)
    const pruned = await buildPruned(`${prefix}-${name}-pruned`, root, identity)
    // Where .dockerignore hides the Dockerfile a tar has to carry it all the same, and `COPY .` sees it there.
    const added = [...pruned.keys()].filter((path) => path.endsWith(addedDockerfile))
    expect(added).toEqual(name === 'all' ? [`/all/${addedDockerfile}`] : [])
    const expected = new Map([...pruned].filter(([path]) => !added.includes(path)))
    expect(Object.fromEntries(expected)).toEqual(Object.fromEntries(whole))
    for (const file of identity.files.filter((each) => each.kind === 'file')) {
      const content = await nodeFiles.readText(join(root, file.path))
      for (const landing of identity.landingsOf(file.path)) {
        expect([file.path, whole.get(landing.destination ?? '')]).toEqual([
          file.path,
          `file ${file.mode.toString(8)} ${content ?? ''}`,
        ])
      }
    }
    const config = await run('docker', [
      'image',
      'inspect',
      '--format',
      '{{json .Config}}',
      `${prefix}-${name}-whole`,
    ])
    const { WorkingDir } = JSON.parse(config.stdout) as { WorkingDir: string }
    expect(identity.defaults.workingDirectory ?? '').toBe(WorkingDir)
  })
})

describe('what we refuse, the engine refuses', () => {
  test.each([
    ['a missing file', 'FROM scratch\nCOPY gone /'],
    ['an ignored file', 'FROM scratch\nCOPY ignored /'],
    ['an unknown flag', 'FROM scratch\nCOPY --form=x a /'],
    ['a stage index beyond the end', 'FROM scratch\nCOPY --from=4 a /'],
    ['a later stage', 'FROM scratch AS a\nCOPY --from=b /x /\nFROM scratch AS b\nFROM a'],
    ['a URL in COPY', 'FROM scratch\nCOPY https://a.test/x /'],
    ['an open heredoc', 'FROM scratch\nCOPY <<EOF /x\nbody'],
    ['an unset required variable', 'FROM scratch\nWORKDIR ${X:?required}'],
  ])('%s', async (_name, dockerfile) => {
    const root = await workspace({ Dockerfile: dockerfile, ignored: '', '.dockerignore': 'ignored' })
    expect(findingsOf(await identify(root))).toContain(' error ')
    await expect(run('docker', ['build', '--quiet', root])).rejects.toThrow()
  })
})
