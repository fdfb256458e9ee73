import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatEffects } from '../../../src/dev/ways/format.ts'
import { rootsOfSync } from '../../../src/dev/ways/stated.ts'
import type { Way, WayInput } from '../../../src/dev/ways/way.ts'
import { workspace, type Tree } from '../../images/workspace.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { identityIn, serviceIn, wayIn } from './ways.ts'

/** A way in a line: `sync /app/a.js, process: rule`. */
function line(way: Way): string {
  switch (way.cost) {
    case 'ignored':
      return `ignored: ${way.rule}`
    case 'rebuild':
      return `rebuild from ${way.stage.name} (${way.span.line}): ${way.rule}${way.cure === undefined ? '' : ` → ${way.cure}`}`
    case 'sync': {
      const exec = way.exec.map(({ command }) => `, exec ${command}`).join('')
      const as = [way.mode, way.owner].filter((each) => each !== undefined).map((each) => ` as ${each}`)
      const then = way.then.kind === 'signal' ? way.then.signal : way.then.kind
      return `sync ${way.destinations.join(' ')}${as.join('')}${exec}, ${then}: ${way.rule}`
    }
    default:
      return way satisfies never
  }
}

interface Case {
  readonly dockerfile: string
  readonly tree?: Tree
  /** Further keys of the service, in YAML flow; `ROOT` is the context. */
  readonly service?: string
  readonly input?: Partial<WayInput>
  readonly change?: 'write' | 'remove'
  readonly paths: readonly string[]
}

const sources: Tree = {
  'package.json': '{}',
  'package-lock.json': '{}',
  'src/main.js': '1',
  'src/lib/util.js': '2',
  'public/index.html': '3',
  'notes.md': '4',
}

async function lines({ dockerfile, tree = sources, service, input, change, paths }: Case): Promise<string> {
  const root = await workspace({ ...tree, Dockerfile: dockerfile })
  const owner = await serviceIn(root, service?.replaceAll('ROOT', root))
  const way = await wayIn(root, await identityIn(root), { owner, ...input })
  const told = paths.map((path) => `${path}: ${line(way(path, change))}`)
  return `\n${told.join('\n')}\n`.replaceAll(root, 'ROOT')
}

const node = `FROM node:20
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
CMD ["node", "src/main.js"]
`

describe('what the Dockerfile says', () => {
  test('a copy that no RUN sees is synced; what a RUN sees is built anew', async () => {
    expect(
      await lines({ dockerfile: node, paths: ['src/main.js', 'src/lib/new.js', 'package.json', 'notes.md'] }),
    ).toMatchInlineSnapshot(`
      "
      src/main.js: sync /app/src/main.js, process: COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
      src/lib/new.js: sync /app/src/lib/new.js, process: COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
      package.json: rebuild from stage 0 (3): RUN npm ci (Dockerfile:4) comes after COPY package*.json ./ (Dockerfile:3) and may make something of it → name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
      notes.md: sync /app/notes.md, process: COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
      "
    `)
  })

  test('the Dockerfile and what says what it can read', async () => {
    expect(
      await lines({
        dockerfile: node,
        tree: { ...sources, '.dockerignore': '# notes\n*.md\n!keep.md\n' },
        input: { ignoreFile: { file: '.dockerignore', text: '# notes\n*.md\n!keep.md\n' } },
        paths: ['Dockerfile', 'Dockerfile.dockerignore', '.dockerignore', 'notes.md', 'keep.md', '../other'],
      }),
    ).toMatchInlineSnapshot(`
      "
      Dockerfile: rebuild from stage 0 (1): the Dockerfile says how it is built
      Dockerfile.dockerignore: rebuild from stage 0 (3): the ignore file says what the build can read
      .dockerignore: rebuild from stage 0 (3): the ignore file says what the build can read
      notes.md: ignored: .dockerignore:2 (*.md) leaves it out of the build
      keep.md: sync /app/keep.md, process: COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
      ../other: ignored: it lies outside of the context of image app
      "
    `)
  })

  test('places that are not certain', async () => {
    const dockerfile = `FROM python:3.11
RUN mkdir -p /srv/conf.d
COPY notes.md .
COPY package.json /srv/conf.d
COPY public/index.html /srv/index.html
COPY src /opt/app
COPY package-lock.json /opt/app/lock
ADD vendor.tar.gz /opt/vendor
`
    const tree = { ...sources, 'vendor.tar.gz': 'x' }
    const paths = [
      'notes.md',
      'package.json',
      'public/index.html',
      'src/main.js',
      'package-lock.json',
      'vendor.tar.gz',
    ]
    expect(await lines({ dockerfile, tree, paths })).toMatchInlineSnapshot(`
      "
      notes.md: rebuild from stage 0 (3): COPY notes.md . (Dockerfile:3) puts it where the base image's WORKDIR or a variable says, which the Dockerfile does not tell → write WORKDIR in the Dockerfile, or an absolute destination
      package.json: rebuild from stage 0 (4): COPY package.json /srv/conf.d (Dockerfile:4) puts it at /srv/conf.d, or into it if that is a folder → end the destination with a slash where it is a folder, or name the file in it: /srv/conf.d/package.json
      public/index.html: sync /srv/index.html, process: COPY public/index.html /srv/index.html (Dockerfile:5) brings it as it is: no RUN sees it on its way
      src/main.js: sync /opt/app/main.js, process: COPY src /opt/app (Dockerfile:6) brings it as it is: no RUN sees it on its way
      package-lock.json: rebuild from stage 0 (7): COPY package-lock.json /opt/app/lock (Dockerfile:7) puts it at /opt/app/lock, or into it if that is a folder → end the destination with a slash where it is a folder, or name the file in it: /opt/app/lock/package-lock.json
      vendor.tar.gz: rebuild from stage 0 (8): ADD vendor.tar.gz /opt/vendor (Dockerfile:8) unpacks it
      "
    `)
  })

  test('what another COPY may put in the same place', async () => {
    const dockerfile = `FROM scratch AS tools
COPY public /tools
FROM scratch
COPY src/main.js src/lib/util.js /bin/
COPY package.json /etc/one.json
COPY package-lock.json /etc/one.json
COPY --from=tools /tools/ /bin/
COPY notes.md /bin/
`
    const paths = ['src/main.js', 'package.json', 'package-lock.json', 'notes.md', 'public/index.html']
    expect(await lines({ dockerfile, paths })).toMatchInlineSnapshot(`
      "
      src/main.js: rebuild from stage 1 (4): COPY --from=tools /tools/ /bin/ (Dockerfile:7) may put another file at /bin/main.js → move the COPY of this file below it
      package.json: rebuild from stage 1 (5): COPY package-lock.json /etc/one.json (Dockerfile:6) may put another file at /etc/one.json → move the COPY of this file below it
      package-lock.json: sync /etc/one.json, process: COPY package-lock.json /etc/one.json (Dockerfile:6) brings it as it is: no RUN sees it on its way
      notes.md: sync /bin/notes.md, process: COPY notes.md /bin/ (Dockerfile:8) brings it as it is: no RUN sees it on its way
      public/index.html: sync /bin/index.html, process: COPY public /tools (Dockerfile:2) brings it as it is: no RUN sees it on its way
      "
    `)
  })

  test('through stages, to every place, with its mode and owner', async () => {
    const dockerfile = `FROM scratch AS files
COPY --chmod=640 src /files
FROM debian AS base
COPY --from=files /files /srv
FROM base
COPY --from=files --chown=7:8 /files/lib /lib2
COPY public /public
COPY --chown=$ME notes.md /notes.md
`
    const paths = ['src/main.js', 'src/lib/util.js', 'public/index.html', 'notes.md']
    expect(await lines({ dockerfile, paths })).toMatchInlineSnapshot(`
      "
      src/main.js: sync /srv/main.js as 640, process: COPY --chmod=640 src /files (Dockerfile:2) brings it as it is: no RUN sees it on its way
      src/lib/util.js: rebuild from files (2): it gets into the image twice, with different modes or owners → name it in dev.sync
      public/index.html: sync /public/index.html, process: COPY public /public (Dockerfile:7) brings it as it is: no RUN sees it on its way
      notes.md: rebuild from stage 2 (8): its mode or owner is known to the build alone → write --chmod in octal digits and --chown without variables
      "
    `)
  })

  test('links that a COPY names are followed, those in a folder are copied as links', async () => {
    const dockerfile = 'FROM scratch\nCOPY current.js /app/\nCOPY src /src\n'
    const tree = { ...sources, 'current.js': '-> src/main.js', 'src/link.js': '-> main.js' }
    expect(await lines({ dockerfile, tree, paths: ['current.js', 'src/main.js', 'src/link.js'] }))
      .toMatchInlineSnapshot(`
        "
        current.js: rebuild from stage 0 (2): it is a link, and COPY current.js /app/ (Dockerfile:2) copies what it leads to
        src/main.js: sync /app/current.js /src/main.js, process: COPY current.js /app/ (Dockerfile:2) brings it as it is: no RUN sees it on its way
        src/link.js: sync /src/link.js, process: COPY src /src (Dockerfile:3) brings it as it is: no RUN sees it on its way
        "
      `)
  })

  test('a folder that a COPY names is not a folder inside', async () => {
    const dockerfile =
      'FROM scratch AS a\nCOPY src/* /w/\nCOPY public /w/public\nFROM scratch\nCOPY --from=a /w/public /p/\nCOPY --from=a /w /w\n'
    const paths = ['src/lib', 'src/lib/more', 'public', 'public/sub', '']
    expect(await lines({ dockerfile, paths, input: { kind: 'directory' } })).toMatchInlineSnapshot(`
      "
      src/lib: rebuild from a (2): it is a folder, and COPY src/* /w/ (Dockerfile:2) copies what is in it
      src/lib/more: sync /w/more, process: COPY src/* /w/ (Dockerfile:2) brings it as it is: no RUN sees it on its way
      public: rebuild from a (3): it is a folder, and COPY public /w/public (Dockerfile:3) copies what is in it
      public/sub: sync /p/sub /w/public/sub, process: COPY public /w/public (Dockerfile:3) brings it as it is: no RUN sees it on its way
      : ignored: nothing that image app is built from reads it (it reads public, src)
      "
    `)
  })

  test('a RUN that mounts the context, or a stage that has the file', async () => {
    const dockerfile = `FROM scratch AS files
COPY src /src
FROM debian
RUN --mount=type=bind,source=public,target=/p cp -r /p /public
RUN --mount=type=bind,from=files,source=src/lib,target=/l make -C /l
COPY --from=files /src /src
`
    const paths = ['public/index.html', 'src/lib/util.js', 'src/main.js']
    expect(await lines({ dockerfile, paths })).toMatchInlineSnapshot(`
      "
      public/index.html: rebuild from stage 1 (4): RUN cp -r /p /public (Dockerfile:4) reads it while the image is built
      src/lib/util.js: rebuild from files (2): RUN make -C /l (Dockerfile:5) reads it while the image is built → name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
      src/main.js: sync /src/main.js, process: COPY src /src (Dockerfile:2) brings it as it is: no RUN sees it on its way
      "
    `)
  })

  test('a removal that would uncover or break something is built', async () => {
    const dockerfile = `FROM nginx
RUN echo x > /app/util.js
COPY public /usr/share/nginx/html
COPY src /app
COPY package.json /app/package.json
COPY notes.md src/lib /srv/
COPY link.txt /srv/
`
    const tree = { ...sources, 'link.txt': '-> target.txt', 'target.txt': 'x' }
    const paths = [
      'public/index.html',
      'src/main.js',
      'src/lib/util.js',
      'package.json',
      'notes.md',
      'target.txt',
    ]
    expect(await lines({ dockerfile, tree, paths, change: 'remove' })).toMatchInlineSnapshot(`
      "
      public/index.html: rebuild from stage 0 (3): nginx (Dockerfile:1) may have a file at /usr/share/nginx/html/index.html, which would show again
      src/main.js: sync /app/main.js, process: COPY src /app (Dockerfile:4) brings it as it is: no RUN sees it on its way
      src/lib/util.js: rebuild from stage 0 (4): RUN echo x > /app/util.js (Dockerfile:2) may have put a file at /app/lib/util.js, which would show again
      package.json: rebuild from stage 0 (5): COPY package.json /app/package.json (Dockerfile:5) names it or a link to it, and fails without it
      notes.md: rebuild from stage 0 (6): COPY notes.md src/lib /srv/ (Dockerfile:6) names it or a link to it, and fails without it
      target.txt: rebuild from stage 0 (7): COPY link.txt /srv/ (Dockerfile:7) names it or a link to it, and fails without it
      "
    `)
  })

  test('of a Dockerfile that was built before, from where on it differs', async () => {
    const root = await workspace({ ...sources, Dockerfile: node })
    const before = await identityIn(root)
    const told = async (text: string): Promise<string> => {
      const other = await workspace({ ...sources, Dockerfile: text })
      return line((await wayIn(other, await identityIn(other), { before }))('Dockerfile'))
    }
    expect([
      await told(node.replace('npm ci', 'npm install')),
      await told(node.replace('node:20', 'node:22')),
      await told(`# a comment\n${node}`),
      await told(node.replace(/CMD.*\n/, '')),
    ]).toMatchInlineSnapshot(`
      [
        "rebuild from stage 0 (4): the Dockerfile says something else from here on",
        "rebuild from stage 0 (1): the Dockerfile says something else from here on",
        "ignored: what the edit changes in the Dockerfile does not count",
        "rebuild from stage 0 (5): the Dockerfile says something else from here on",
      ]
    `)
  })
})

describe('what the stack says', () => {
  test('pairs of dev.sync win, inside the context and outside of it', async () => {
    const service =
      'dev: { sync: [{ from: ROOT/src, to: /app/src }, { from: ROOT/package.json, to: /app/ }, { from: ROOT/../shared, to: lib }] }'
    const paths = ['src/main.js', 'package.json', '../shared/a/b.js', 'public/index.html', 'Dockerfile']
    expect(await lines({ dockerfile: node, service, paths })).toMatchInlineSnapshot(`
      "
      src/main.js: sync /app/src/main.js, process: dev.sync of service api names it
      package.json: sync /app/package.json, process: dev.sync of service api names it
      ../shared/a/b.js: sync /app/lib/a/b.js, process: dev.sync of service api names it
      public/index.html: rebuild from stage 0 (5): no pair of dev.sync names it → add a pair to dev.sync
      Dockerfile: rebuild from stage 0 (1): the Dockerfile says how it is built
      "
    `)
    const stack = await resolvedStack(
      'services: { api: { image: x, dev: { sync: [{ from: ./a, to: /a }, { from: /b, to: /b }] } }, b: { image: x } }',
    )
    expect([...stack.services.values()].map(rootsOfSync)).toEqual([['/stack/a', '/b'], []])
  })

  test('the removal of a folder that dev.sync names leaves the one inside alone', async () => {
    const service = 'dev: { sync: [{ from: ROOT/src, to: / }, { from: ROOT/notes.md, to: /n.md }] }'
    const paths = ['src', 'src/main.js', 'notes.md']
    expect(await lines({ dockerfile: node, service, paths, change: 'remove' })).toMatchInlineSnapshot(`
      "
      src: ignored: dev.sync copies what is in this folder; inside, the folder stays
      src/main.js: sync /main.js, process: dev.sync of service api names it
      notes.md: sync /n.md, process: dev.sync of service api names it
      "
    `)
  })

  test('a relative `to` needs a working directory', async () => {
    const service = 'dev: { sync: [{ from: ROOT/src, to: lib }] }'
    const dockerfile = 'FROM node:20\nCOPY src /src\n'
    expect(await lines({ dockerfile, service, paths: ['src/main.js'] })).toMatchInlineSnapshot(`
      "
      src/main.js: rebuild from stage 0 (2): dev.sync puts it below a working directory that the Dockerfile does not tell → write an absolute path for \`to\`
      "
    `)
    expect(await lines({ dockerfile, service: `working-dir: /srv, ${service}`, paths: ['src/main.js'] }))
      .toMatchInlineSnapshot(`
      "
      src/main.js: sync /srv/lib/main.js, process: dev.sync of service api names it
      "
    `)
  })

  test('dev.exec makes a copy of what would be built, where there is a place to copy it to', async () => {
    const service =
      'dev: { exec: [{ on: "ROOT/package*.json", run: npm ci }, { on: ROOT/src, run: "true" }] }'
    const paths = ['package.json', 'src/lib/util.js', 'public/index.html']
    expect(await lines({ dockerfile: node, service, paths })).toMatchInlineSnapshot(`
      "
      package.json: sync /app/package.json, exec npm ci, process: dev.exec of service api says what to do with it
      src/lib/util.js: sync /app/src/lib/util.js, exec true, process: dev.exec of service api says what to do with it
      public/index.html: sync /app/public/index.html, process: COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
      "
    `)
    const staged = 'FROM a AS b\nCOPY package.json /\nRUN x\nFROM a\nCOPY --from=b /out /out\n'
    expect(await lines({ dockerfile: staged, service, paths: ['package.json'] })).toMatchInlineSnapshot(`
      "
      package.json: rebuild from b (2): built in stage b (Dockerfile:1): RUN x (Dockerfile:3) may make something of it → build on this machine and name what comes of it in dev.sync: [{ from: …, to: /out }]
      "
    `)
  })

  test('dev.restart, and the program itself', async () => {
    const dockerfile =
      'FROM busybox\nWORKDIR /app\nCOPY entry.sh ./\nCOPY src src\nENTRYPOINT ["/bin/sh", "-e", "./entry.sh"]\n'
    const tree = { ...sources, 'entry.sh': 'x' }
    const paths = ['src/main.js', 'entry.sh']
    for (const restart of ['none', 'signal:SIGHUP', 'container'])
      expect(
        await lines({ dockerfile, tree, service: `dev: { restart: ${restart} }`, paths }),
      ).toMatchSnapshot()
  })

  test('off, pairs that do not name it, a protected profile, jobs, init steps, inputs of host steps', async () => {
    const paths = ['src/main.js']
    const job = (await resolvedStack('images: { app: /x }\njobs: { j: { image: app } }')).jobs.get('j')
    const service = await serviceIn('/x')
    const pre = [{ run: 'make', inputs: ['/x/src/**'], cwd: '/x', from: service.from }]
    expect(
      [
        await lines({ dockerfile: node, service: 'dev: { sync: off }', paths }),
        await lines({ dockerfile: node, service: 'dev: { sync: [{ from: ROOT/public, to: /p }] }', paths }),
        await lines({ dockerfile: node, input: { isProtected: true }, paths }),
        await lines({ dockerfile: node, ...(job && { input: { owner: job } }), paths }),
        await lines({ dockerfile: node, service: 'init: [{ name: warm, command: [x] }]', paths }),
        await lines({
          dockerfile: node,
          input: { image: { name: 'app', context: '/x', dockerfile: '/x/Dockerfile', pre } },
          paths: [join('/x', 'src', 'a.js')],
        }),
      ].join(''),
    ).toMatchInlineSnapshot(`
      "
      src/main.js: rebuild from stage 0 (5): dev.sync is off → leave dev.sync out, or name pairs in it

      src/main.js: rebuild from stage 0 (5): no pair of dev.sync names it → add a pair to dev.sync

      src/main.js: rebuild from stage 0 (5): the profile is protected; nothing is copied into what runs

      src/main.js: rebuild from stage 0 (5): a job runs what its image holds; nothing is copied into it

      src/main.js: rebuild from stage 0 (5): the init step warm runs from the image too and may make something of it → name it in dev.sync if the step does not read it

      /x/src/a.js: rebuild from stage 0 (5): it is an input of \`make\` (iamstack.yaml:6), which runs first → name what the step makes in dev.sync, and run it yourself
      "
    `)
  })

  test('mounts hide what the image has', async () => {
    const mounts = (text: string): string => `mounts: { ${text} }`
    const dockerfile = 'FROM scratch\nCOPY src /app/\nCOPY package.json /app/lib/\n'
    const paths = ['src/main.js', 'src/lib/util.js', 'package.json']
    for (const text of [
      '/app: { volume: data }',
      '/app/lib: { config: app }',
      '/app/lib/util.js: { config: app, key: a }',
      '/app/main.js/x: { scratch: s }',
      '/app/lib: { bind: /somewhere }',
      '/app/lib: { bind: ROOT/src/lib }',
    ])
      expect(await lines({ dockerfile, service: mounts(text), paths })).toMatchSnapshot()
  })
})

test('the same way is told once for all who share it', async () => {
  const root = await workspace({ ...sources, Dockerfile: node })
  const way = (await wayIn(root, await identityIn(root)))('src/main.js')
  const effect = { cost: way.cost, rule: way.rule, span: way.span, way }
  expect(
    formatEffects('src/main.js', [{ ...effect, resources: ['service/a', 'service/b', 'job/c'] }], {
      sourceOf: () => node,
      nameOf: () => 'Dockerfile',
      bold: (text) => text,
      dim: (text) => text,
    }),
  ).toMatchInlineSnapshot(`
    "src/main.js: sync
      service a, b, job c: copied to /app/src/main.js, then the process restarts
        COPY . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
        Dockerfile:5:1
          4 | RUN npm ci
          5 | COPY . .
            | ^^^^^^^^
          6 | CMD ["node", "src/main.js"]"
  `)
})
