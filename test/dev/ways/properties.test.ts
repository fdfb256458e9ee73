import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mixed } from '../../../src/dev/ways/mixed.ts'
import type { Way } from '../../../src/dev/ways/way.ts'
import type { FileAccess, FileKind } from '../../../src/images/context/file-access.ts'
import { identifyImage } from '../../../src/images/identify.ts'
import { serviceIn, wayIn } from './ways.ts'

/** Files in memory, all below `/c`; `-> target` is a link. */
function filesOf(tree: Readonly<Record<string, string>>): FileAccess {
  const kindAt = (path: string): FileKind | undefined => {
    const content = tree[path.replace(/^\/c\/?/, '')]
    if (content !== undefined) return content.startsWith('-> ') ? 'link' : 'file'
    const folder = path === '/c' ? '' : `${path.replace(/^\/c\//, '')}/`
    return Object.keys(tree).some((each) => each.startsWith(folder)) ? 'directory' : undefined
  }
  const textAt = (path: string): string => tree[path.replace(/^\/c\//, '')] ?? ''
  return {
    list: (directory) => {
      const folder =
        directory === '/c' || directory === '/c/' ? '' : `${directory.replace(/^\/c\/|\/$/g, '')}/`
      const names = Object.keys(tree)
        .filter((path) => path.startsWith(folder))
        .map((path) => path.slice(folder.length).split('/')[0] ?? '')
      return Promise.resolve(
        [...new Set(names)].map((name) => ({ name, kind: kindAt(`/c/${folder}${name}`) ?? 'other' })),
      )
    },
    stat: (paths) =>
      Promise.resolve(
        paths.map((path) => {
          const kind = kindAt(path.replace(/\/$/, ''))
          return kind && { kind, mode: 0o644, size: 1, changed: 1, modified: 1, fingerprint: path }
        }),
      ),
    readLink: (path) => Promise.resolve(textAt(path).slice(3)),
    readText: (path) => Promise.resolve(kindAt(path) === 'file' ? textAt(path) : undefined),
    sha256: (path) => Promise.resolve(path),
    open: (path) => Readable.from([textAt(path)]),
  }
}

const name = fc.constantFrom('a', 'b', 'a/x', 'a/b/y.js', 'b/x', 'top.js', 'Dockerfile', '.', '*', 'a/*', '/')
const place = fc.constantFrom('/w', './', '.', '/d/', '$HOME/x', '/w/a', '../up', 'x.js')
const line = fc.oneof(
  fc.tuple(name, place).map(([from, to]) => `COPY ${from} ${to}`),
  fc.tuple(name, name, place).map(([one, other, to]) => `COPY --chown=$X ${one} ${other} ${to}/`),
  fc.tuple(name, place).map(([from, to]) => `ADD --chmod=600 ${from} ${to}`),
  fc.tuple(name, place).map(([from, to]) => `COPY --from=s0 /${from} ${to}`),
  fc.constantFrom('RUN make', 'WORKDIR /w', 'WORKDIR $X', 'USER 1', 'ONBUILD COPY a /onbuild/', 'VOLUME /w'),
  name.map((from) => `RUN --mount=type=bind,source=${from},target=/m make`),
  fc.constant('RUN --mount=type=bind,from=s0,target=/m make'),
)
const stage = fc.array(line, { maxLength: 5 })
const dockerfile = fc
  .array(fc.tuple(fc.constantFrom('scratch', 'debian', 's0', 's1'), stage), { minLength: 1, maxLength: 4 })
  .map((stages) =>
    stages.map(([base, lines], index) => [`FROM ${base} AS s${index}`, ...lines].join('\n')).join('\n'),
  )

const tree = {
  'a/x': '1',
  'a/b/y.js': '2',
  'b/x': '3',
  'top.js': '4',
  'a/link': '-> b/y.js',
  loop: '-> loop',
  '.dockerignore': 'b/*\n!b/x\nloop\n',
}
const paths = [
  ...Object.keys(tree),
  'Dockerfile',
  'a',
  'a/new',
  'b/new',
  'c/d',
  '',
  '../x',
  '/other',
  'a/ü\n"',
  'x/../a/x',
]
const service = await serviceIn('/c')

async function waysOf(text: string, change: 'write' | 'remove') {
  const identified = await identifyImage(
    {
      name: 'app',
      contextDir: '/c',
      dockerfilePath: '/c/Dockerfile',
      args: new Map(),
      baseIdentity: () => undefined,
      extra: [],
      missing: 'warning',
    },
    filesOf({ ...tree, Dockerfile: text }),
  )
  if (!identified.ok) return undefined
  const way = await wayIn('/c', identified.value, { owner: service })
  return { identity: identified.value, ways: paths.map((path) => ({ path, way: way(path, change) })) }
}

test(
  'every path of every Dockerfile has exactly one way, and a copy has a place to go to',
  { timeout: 60_000 },
  async () => {
    let seen = 0
    const property = fc.asyncProperty(
      dockerfile,
      fc.constantFrom('write', 'remove'),
      async (text, change) => {
        const found = await waysOf(text, change)
        if (!found) return
        seen += 1
        expect((await waysOf(text, change))?.ways).toEqual(found.ways)
        for (const { path, way } of found.ways) {
          if (way.cost === 'sync') {
            expect(way.destinations.length, path).toBeGreaterThan(0)
            for (const each of way.destinations) expect(each).toMatch(/^\/(?!.*\/\/)(?!.*\/$)./)
          }
          if (way.cost !== 'rebuild' && /^(?![./])(?!.*\.\.)/.test(path))
            expect([path, found.identity.reads(path)]).toEqual([path, way.cost === 'sync'])
          if (way.cost === 'rebuild') expect(way.span.line).toBeGreaterThan(0)
        }
      },
    )
    await fc.assert(property, { numRuns: 200 })
    expect(seen).toBeGreaterThan(50)
  },
)

const span = { file: 'Dockerfile', line: 1, column: 1, length: 1 }
const anyWay: fc.Arbitrary<Way> = fc.oneof(
  fc.constant<Way>({ cost: 'ignored', rule: 'r', span: undefined }),
  fc.record<Way & { cost: 'sync' }>({
    cost: fc.constant('sync'),
    destinations: fc.array(fc.constantFrom('/a', '/b', '/c'), { minLength: 1 }),
    mode: fc.constant(undefined),
    owner: fc.constant(undefined),
    exec: fc.array(fc.record({ command: fc.constantFrom('x', 'y') })),
    then: fc.constantFrom(
      { kind: 'none' as const },
      { kind: 'signal' as const, signal: 'SIGHUP' },
      { kind: 'process' as const },
      { kind: 'container' as const },
    ),
    rule: fc.constant('r'),
    span: fc.constant(span),
  }),
  fc.tuple(fc.nat(3), fc.nat(9)).map(([index, at]): Way => ({
    cost: 'rebuild',
    stage: { index, name: 's' },
    rule: 'r',
    cure: undefined,
    span: { ...span, line: at },
  })),
)

test('a mixed batch takes the dearest class and loses no copy and no command', () => {
  fc.assert(
    fc.property(fc.array(anyWay), (ways) => {
      const whole = mixed(ways)
      const costs = ways.map(({ cost }) => cost)
      expect(whole.cost).toBe(
        (['rebuild', 'sync'] as const).find((cost) => costs.includes(cost)) ?? 'ignored',
      )
      for (const way of ways) {
        if (way.cost === 'sync') {
          expect(whole.destinations).toEqual(expect.arrayContaining([...way.destinations]))
          expect(whole.exec).toEqual(expect.arrayContaining([...way.exec]))
          if (way.then.kind === 'container') expect(whole.then).toEqual(way.then)
        }
        if (way.cost === 'rebuild') expect(whole.rebuild?.stage.index).toBeLessThanOrEqual(way.stage.index)
      }
      expect(new Set(whole.exec.map(({ command }) => command)).size).toBe(whole.exec.length)
    }),
  )
})
