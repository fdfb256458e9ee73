import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { gone, unknown, type Standing } from '../../../src/dev/sync/ledger.ts'
import { markOf, storedTree, type StoredTree, type Tree } from '../../../src/dev/sync/tree.ts'
import { weave, type Syncable } from '../../../src/dev/sync/weave.ts'
import { formatPlan } from '../../../src/plan/format.ts'
import { plan } from '../../../src/plan/plan.ts'
import type { Life, Observed, ObservedResource, Resource } from '../../../src/plan/resource.ts'
import type { InnerFile, SyncWork } from '../../../src/plan/step.ts'

const at = { file: 'iamstack.yaml', line: 1, column: 1, length: 1 }

const web = (image: string, more: Record<string, string> = {}): Resource => ({
  id: 'service/web',
  kind: 'service',
  name: 'web',
  spec: undefined,
  parts: { image, ...more },
  updates: {},
  needs: [{ on: 'image/app', until: 'completed', cascade: false }],
  replicas: 1,
  timeout: 1000,
  holdsData: undefined,
  from: at,
})

const app: Resource = {
  ...web('-'),
  id: 'image/app',
  kind: 'image',
  name: 'app',
  parts: { inputs: 'two' },
  needs: [],
  replicas: undefined,
}

const life = (id: string, more: Partial<Life> = {}): Life => ({
  id,
  name: `pod-${id}`,
  isRunning: true,
  isEdited: false,
  ...more,
})

const running = (image: string, lives: readonly Life[], more: Partial<ObservedResource> = {}): Observed =>
  new Map([
    [
      'service/web',
      {
        id: 'service/web',
        health: 'ready',
        parts: { image },
        replicas: { ready: lives.length, total: 1 },
        detail: 'running',
        holdsData: undefined,
        lives,
        ...more,
      },
    ],
  ])

const file = (content: string, more: Partial<InnerFile> = {}): InnerFile => ({
  kind: 'file',
  source: `/src/${content}`,
  content,
  mode: 0o644,
  ...more,
})

const tree = (files: Readonly<Record<string, InnerFile>>, more: Partial<Omit<Tree, 'files'>> = {}): Tree => ({
  fixed: 'base',
  execs: new Map(),
  covering: new Set(),
  beside: new Set(),
  ...more,
  files: new Map(Object.entries(files)),
})

const syncable = (of: Tree, more: Partial<Syncable> = {}): Syncable => ({
  service: 'web',
  tree: of,
  then: { kind: 'process' },
  barred: new Set(),
  ...more,
})

/** What was remembered of images, and what was written into containers. */
const known = (
  trees: Readonly<Record<string, Tree>> = {},
  standings: Readonly<Record<string, Readonly<Record<string, Standing>>>> = {},
) => ({
  treeOf: (_service: string, image: string): StoredTree | undefined =>
    trees[image] && storedTree(trees[image]),
  standingOf: (id: string) => new Map(Object.entries(standings[id] ?? {})),
})

const one = tree({ '/app/a.js': file('a1'), '/app/b.js': file('b1') })

/** The plan for an image `two` while containers of `one` run. */
function planned(
  now: Tree,
  {
    lives = [life('c1')],
    ledger = known({ one }),
    wanted = web('two'),
    seen = {},
    ...more
  }: Partial<Syncable> & {
    lives?: readonly Life[]
    ledger?: ReturnType<typeof known>
    wanted?: Resource
    seen?: Partial<ObservedResource>
  } = {},
): string {
  const desired = [app, wanted]
  const woven = weave(desired, running('one', lives, seen), [syncable(now, more)], ledger)
  return formatPlan(plan({ desired, observed: woven.observed, syncs: woven.syncs }))
}

const edited = tree({ '/app/a.js': file('a2'), '/app/b.js': file('b1') })

describe('what an edit costs a running service (S26, S124)', () => {
  test('files that can be written in are, and no image is built', () => {
    expect(planned(edited)).toMatchInlineSnapshot(`
      "~ sync    service/web  1 file
      Plan: 1 to sync; 0 unchanged."
    `)
  })

  test('every replica gets what it lacks', () => {
    expect(planned(edited, { lives: [life('c1'), life('c2')] })).toContain('1 file into 2 replicas')
    const ledger = known({ one }, { c1: { '/app/a.js': markOf(file('a2')) } })
    expect(planned(edited, { lives: [life('c1'), life('c2')], ledger })).toContain(
      'sync    service/web  1 file\n',
    )
  })

  test('what was written in is not written again, although the image is the old one', () => {
    const ledger = known({ one }, { c1: { '/app/a.js': markOf(file('a2')) } })
    expect(planned(edited, { ledger })).toMatchInlineSnapshot(
      `"Nothing to do: 1 resource is as the stack says."`,
    )
  })

  test('what takes the place of another kind comes after it is gone, also where nobody knows what is there', () => {
    const folder = { kind: 'directory' as const, content: '', mode: 0o755, source: '/s/a.js' }
    const now = tree({ '/app/a.js': folder, '/app/a.js/in': file('i1'), '/app/b.js': file('b1') })
    const work = (standings: Record<string, Standing>) => {
      const ledger = known({ one }, { c1: standings })
      const { syncs } = weave([app, web('two')], running('one', [life('c1')]), [syncable(now)], ledger)
      const files = syncs.get('service/web')?.lives[0]?.files ?? []
      return files.map(({ path, wanted }) => `${wanted ? wanted.kind : 'remove'} ${path}`)
    }
    const anew = ['remove /app/a.js', 'directory /app/a.js', 'file /app/a.js/in']
    expect(work({})).toEqual(anew)
    expect(work({ '/app/a.js': unknown, '/app/a.js/in': markOf(file('i1')) })).toEqual(anew)
    expect(work({ '/app/a.js': markOf(folder), '/app/a.js/in': markOf(file('i1')) })).toEqual([])
  })

  test('a write whose end nobody saw is done again', () => {
    const ledger = known({ one }, { c1: { '/app/a.js': unknown } })
    expect(planned(edited, { ledger })).toContain('sync    service/web  1 file\n')
    // Also when the edit was taken back meanwhile.
    expect(planned(one, { ledger })).toContain('sync    service/web  1 file\n')
  })

  test.each([
    ['something that only a build brings differs', { ...edited, fixed: 'other' }, {}],
    ['nobody knows what the running image came with', edited, { ledger: known() }],
    ['another part of the service differs as well', edited, { wanted: web('two', { env: 'x' }) }],
    ['a container does not run', edited, { lives: [life('c1', { isRunning: false })] }],
    ['a container refused to be written to', edited, { barred: new Set(['c1']) }],
    ['there is no container at all', edited, { lives: [] }],
  ])('the image is built where %s', (_why, now, more) => {
    expect(planned(now, more)).toMatch(/build {3}image\/app[^]*replace service\/web/)
  })

  test('a removed file is removed, unless that would uncover one of an earlier layer', () => {
    const without = tree({ '/app/b.js': file('b1') })
    expect(planned(without)).toContain('sync    service/web  1 file\n')
    const covering = { ...one, covering: new Set(['/app/a.js']) }
    expect(planned(without, { ledger: known({ one: covering }) })).toContain('build   image/app')
  })

  test('what dev.sync names beside the image is written in at once, and again into whoever comes next', () => {
    const more = { ...one.files.get('/app/a.js'), ...file('lib1') }
    const named = tree(
      { '/app/a.js': file('a1'), '/app/b.js': file('b1'), '/lib/x.so': more },
      { beside: new Set(['/lib/x.so']) },
    )
    expect(planned(named, { wanted: web('one') })).toContain('sync    service/web  1 file\n')
    const ledger = known({ one }, { c1: { '/lib/x.so': markOf(file('lib1')) } })
    expect(planned(named, { wanted: web('one'), ledger })).toContain('Nothing to do')
  })

  test('commands that changed files ask for are run once each', () => {
    const asking = tree(
      { '/app/a.js': file('a2'), '/app/b.js': file('b2') },
      {
        execs: new Map([
          ['/app/a.js', ['npm ci']],
          ['/app/b.js', ['npm ci', 'make']],
        ]),
      },
    )
    const { syncs } = weave(
      [app, web('two')],
      running('one', [life('c1')]),
      [syncable(asking)],
      known({ one }),
    )
    expect(syncs.get('service/web')?.exec).toEqual(['npm ci', 'make'])
  })

  test('a container that dev wrote into is replaced by a plain up, also when the edit was taken back', () => {
    const desired = [app, web('one')]
    const observed = running('one', [life('c1', { isEdited: true })])
    expect(formatPlan(plan({ desired, observed }))).toMatchInlineSnapshot(`
      "+ build   image/app    not built yet
      ~ replace service/web  edited in place by dev  [after image/app]
      Plan: 1 to build, 1 to replace; 0 unchanged."
    `)
  })
})

/** Does in a model of a container what a step would do in a real one. */
function write(inside: Map<string, string>, work: SyncWork, id: string): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  for (const { path, wanted } of work.lives.find((each) => each.life.id === id)?.files ?? []) {
    if (wanted) inside.set(path, markOf(wanted))
    else
      for (const other of [...inside.keys()])
        if (other === path || other.startsWith(`${path}/`)) inside.delete(other)
    standings.set(path, wanted ? markOf(wanted) : gone)
  }
  return standings
}

type Move =
  | { readonly kind: 'tree'; readonly files: Readonly<Record<string, string>> }
  | { readonly kind: 'restart' | 'lost'; readonly which: number }

describe('the ledger', () => {
  test('whatever is edited, restarted and interrupted: containers end as the tree is', () => {
    const names = fc.constantFrom('/app/a', '/app/b', '/app/c/d', '/app/c/e', '/app/c')
    const files = fc.dictionary(names, fc.constantFrom('1', '2', '3')).map(withoutClashes)
    const moves = fc.oneof(
      fc.record({ kind: fc.constant('tree' as const), files }),
      fc.record({ kind: fc.constantFrom('restart' as const, 'lost' as const), which: fc.nat(1) }),
    )
    fc.assert(
      fc.property(files, fc.array(moves, { maxLength: 30 }), (start, story: readonly Move[]) => {
        const base = treeWith(start)
        const inside = new Map(['c0', 'c1'].map((id) => [id, imageOf(base)]))
        const standings = new Map<string, Map<string, Standing>>()
        let now = base
        let count = 2
        for (const move of story) {
          if (move.kind === 'tree') now = treeWith(move.files)
          const old = [...inside.keys()][move.kind === 'tree' ? 0 : move.which] ?? ''
          if (move.kind === 'restart') {
            // A container that begins anew has what its image has.
            inside.delete(old)
            inside.set(`c${String(count++)}`, imageOf(base))
          }
          // Killed before the end was noted: only that something was begun is known.
          const isLost = move.kind === 'lost' ? old : undefined
          const ledger = {
            treeOf: () => storedTree(base),
            standingOf: (id: string) => standings.get(id) ?? new Map<string, Standing>(),
          }
          const lives = [...inside.keys()].map((id) => life(id))
          const { syncs } = weave([app, web('two')], running('one', lives), [syncable(now)], ledger)
          const work = syncs.get('service/web')
          if (work)
            for (const [id, content] of inside) {
              const settled = write(content, work, id)
              const noted =
                id === isLost ? [...settled.keys()].map((path) => [path, unknown] as const) : settled
              standings.set(id, new Map([...(standings.get(id) ?? []), ...noted]))
            }
          for (const content of inside.values())
            expect(Object.fromEntries(content)).toEqual(Object.fromEntries(imageOf(now)))
        }
      }),
    )
  })
})

/** A path is a file or a folder with files in it, not both. */
function withoutClashes(files: Readonly<Record<string, string>>): Record<string, string> {
  const paths = Object.keys(files)
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !paths.some((other) => other.startsWith(`${path}/`))),
  )
}

function treeWith(contents: Readonly<Record<string, string>>): Tree {
  const folders = Object.keys(contents).some((path) => path.startsWith('/app/c/')) ? ['/app/c'] : []
  return tree(
    Object.fromEntries([
      ...folders.map((path) => [path, file('', { kind: 'directory' })] as const),
      ...Object.entries(contents).map(([path, content]) => [path, file(content)] as const),
    ]),
  )
}

const imageOf = ({ files }: Tree): Map<string, string> =>
  new Map([...files].map(([path, each]) => [path, markOf(each)]))
