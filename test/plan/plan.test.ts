import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPlan } from '../../src/plan/format.ts'
import { plan, type PlanInput } from '../../src/plan/plan.ts'
import type { ObservedResource, ResourceId } from '../../src/plan/resource.ts'
import { observed, resource, seen } from './build.ts'

const application = [
  resource('service/api', {
    after: ['image/app completed', 'service/db healthy', 'job/migrate completed'],
    replicas: 2,
    updates: { replicas: 'scale', config: 'reload', env: 'restart' },
    parts: { image: 'a07d', env: 'e1', 'config app': 'c1', replicas: '2' },
  }),
  resource('job/migrate', { after: ['image/app completed', 'service/db healthy'] }),
  resource('service/db', { after: ['network/default', 'volume/data'] }),
  resource('network/default'),
  resource('volume/data', { holdsData: 'the data of volume data' }),
  resource('image/app', { parts: { inputs: 'h1' } }),
]
const allThere = observed(
  seen('network/default'),
  seen('volume/data', 'ready', { holdsData: 'the data of volume data' }),
  seen('service/db'),
  seen('job/migrate'),
  seen('service/api', 'ready', { parts: application[0]!.parts, replicas: { ready: 2, total: 2 } }),
)
const planText = (input: Partial<PlanInput>): string =>
  formatPlan(plan({ desired: application, observed: allThere, ...input }))
const apiSeen = (overrides: Parameters<typeof seen>[2], health: Parameters<typeof seen>[1] = 'ready') =>
  new Map<ResourceId, ObservedResource>([
    ...allThere,
    [
      'service/api',
      seen('service/api', health, {
        parts: application[0]!.parts,
        replicas: { ready: 2, total: 2 },
        ...overrides,
      }),
    ],
  ])

describe('plan', () => {
  it('S110: a first up creates everything in the order of needs', () => {
    expect(planText({ observed: new Map() })).toMatchInlineSnapshot(`
      "+ build   image/app        not built yet
      + create  network/default  not there yet
      + create  volume/data      not there yet
      + create  service/db       not there yet  [after network/default, volume/data]
      + run     job/migrate      not there yet  [after image/app, service/db healthy]
      + create  service/api      not there yet  [after image/app, service/db healthy, job/migrate]
      Plan: 1 to build, 4 to create, 1 to run; 0 unchanged."
    `)
  })

  it('S12, S27: what is as it should be needs nothing, and no image is looked at', () => {
    expect(planText({})).toMatchInlineSnapshot(`"Nothing to do: 5 resources are as the stack says."`)
  })

  it('S44: names the parts that differ and takes the dearest update among them', () => {
    const parts = { image: 'a07d', env: 'e0', 'config app': 'c0', replicas: '2' }
    expect(planText({ observed: apiSeen({ parts: { ...parts, env: 'e1' } }) })).toMatchInlineSnapshot(`
      "~ reload  service/api  config app changed
      Plan: 1 to reload; 4 unchanged."
    `)
    expect(planText({ observed: apiSeen({ parts }) })).toMatchInlineSnapshot(`
      "+ build   image/app    not built yet
      ~ restart service/api  env and config app changed  [after image/app]
      Plan: 1 to build, 1 to restart; 4 unchanged."
    `)
  })

  it('S12, S128: repairs what was scaled or ended behind our back', () => {
    const image = seen('image/app', 'ready', { parts: { inputs: 'h1' } })
    expect(
      planText({
        observed: new Map<ResourceId, ObservedResource>([
          ...apiSeen({ replicas: { ready: 1, total: 1 } }),
          [image.id, image],
        ]),
      }),
    ).toMatchInlineSnapshot(`
      "~ scale   service/api  1 of 2 replicas
      Plan: 1 to scale; 4 unchanged."
    `)
    expect(
      planText({
        observed: new Map<ResourceId, ObservedResource>([
          ...apiSeen({ detail: 'exited 1, 3 times' }, 'failed'),
          [image.id, image],
        ]),
      }),
    ).toMatchInlineSnapshot(`
      "~ restart service/api  exited 1, 3 times
      Plan: 1 to restart; 4 unchanged."
    `)
  })

  it('S113: a dependency that is not healthy yet is waited for, not started again', () => {
    const starting = new Map<ResourceId, ObservedResource>([
      ...allThere,
      ['service/db', seen('service/db', 'starting', { detail: 'running for 2 s' })],
    ])
    starting.delete('service/api')
    starting.set('image/app', seen('image/app', 'ready', { parts: { inputs: 'h1' } }))
    expect(planText({ observed: starting })).toMatchInlineSnapshot(`
      "… wait    service/db   running for 2 s
      + create  service/api  not there yet  [after service/db healthy]
      Plan: 1 to wait, 1 to create; 3 unchanged."
    `)
  })

  it('cascade restarts the dependent, and only it', () => {
    const desired = application.map((each) =>
      each.id === 'service/api'
        ? { ...each, needs: [{ on: 'service/db' as const, until: 'healthy' as const, cascade: true }] }
        : each,
    )
    const changedDb = new Map<ResourceId, ObservedResource>([
      ...allThere,
      ['service/db', seen('service/db', 'ready', { parts: { image: '0' } })],
    ])
    expect(formatPlan(plan({ desired, observed: changedDb }))).toMatchInlineSnapshot(`
      "~ replace service/db   image changed
      ~ restart service/api  db was replaced  [after service/db healthy]
      Plan: 1 to replace, 1 to restart; 3 unchanged."
    `)
  })

  it('S86, S118: prunes what is ours and no longer wanted, keeps volumes and images', () => {
    const desired = application.filter(({ id }) => id === 'network/default' || id === 'service/db')
    expect(planText({ desired: desired.map((each) => ({ ...each, needs: [] })) })).toMatchInlineSnapshot(`
      "- delete  job/migrate  no longer in the stack
      - delete  service/api  no longer in the stack
      = keep    volume/data  a volume has a life of its own
      Plan: 2 to delete; 2 unchanged."
    `)
  })

  it('S172: down deletes users before what they use and marks lost data', () => {
    const removal = {
      volumes: 'all' as const,
      keepVolumes: new Set<string>(),
      images: true,
      namespaces: true,
      clusters: 'after-contents' as const,
      cause: 'down --all',
      needs: new Map(application.map((each) => [each.id, each.needs.map((need) => need.on)])),
    }
    expect(planText({ desired: [], removal })).toMatchInlineSnapshot(`
      "- delete  job/migrate      down --all  [after service/api]
      - delete  service/api      down --all
      - delete  service/db       down --all  [after job/migrate, service/api]
      - delete  network/default  down --all  [after service/db, job/migrate, service/api]
      - delete  volume/data      down --all  [after service/db, job/migrate, service/api]
      !                          destroys the data of volume data
      Plan: 5 to delete; 0 unchanged. Data is lost in 1 step."
    `)
  })

  it('S124: a selection touches nothing else and prunes nothing', () => {
    const selection = new Set<ResourceId>(['service/db'])
    expect(planText({ observed: observed(seen('service/old'), seen('network/default')), selection }))
      .toMatchInlineSnapshot(`
      "+ create  service/db  not there yet
      Plan: 1 to create; 0 unchanged."
    `)
  })

  it('is total: any graph and any observation gives steps that stand after those they follow', () => {
    const ids = ['service/a', 'service/b', 'job/c', 'image/d', 'volume/e'] as const
    const arbitrary = fc.record({
      edges: fc.array(
        fc.tuple(fc.nat(4), fc.nat(4)).filter(([from, to]) => from < to),
        { maxLength: 8 },
      ),
      health: fc.array(fc.constantFrom('absent', 'starting', 'ready', 'degraded', 'failed', undefined), {
        minLength: 5,
        maxLength: 5,
      }),
      parts: fc.array(fc.constantFrom('1', '2'), { minLength: 5, maxLength: 5 }),
    })
    fc.assert(
      fc.property(arbitrary, ({ edges, health, parts }) => {
        const desired = ids.map((id, index) =>
          resource(id, {
            after: edges.filter(([from]) => from === index).map(([, to]) => `${ids[to]!} healthy`),
          }),
        )
        const look = observed(
          ...ids.flatMap((id, index) =>
            health[index] ? [seen(id, health[index], { parts: { image: parts[index]! } })] : [],
          ),
        )
        const { steps, unchanged } = plan({ desired, observed: look })
        const place = new Map(steps.map((step, index) => [step.id, index]))
        for (const [index, step] of steps.entries())
          for (const { step: id } of step.after) expect(place.get(id)).toBeLessThan(index)
        expect(new Set([...steps.map((step) => step.resource), ...unchanged]).size).toBe(
          steps.length + unchanged.length,
        )
      }),
    )
  })
})

describe('a cluster', () => {
  const inCluster = [
    resource('cluster/kind', { parts: { nodes: '2' } }),
    resource('namespace/app', { after: ['cluster/kind started'] }),
    resource('image/api', { parts: { inputs: 'f00' } }),
    resource('delivery/api', { after: ['image/api completed', 'cluster/kind started'] }),
    resource('service/api', {
      parts: { image: '1' },
      after: ['namespace/app started', 'delivery/api completed'],
    }),
  ]
  const everything = observed(
    ...inCluster.map(({ id, parts }) => seen(id, 'ready', { parts })),
    seen('image/api', 'ready', { parts: { inputs: 'f00' } }),
  )

  it('comes first, and images are built beside it', () => {
    expect(formatPlan(plan({ desired: inCluster, observed: new Map() }))).toMatchInlineSnapshot(`
      "+ create  cluster/kind   not there yet
      + create  namespace/app  not there yet  [after cluster/kind]
      + build   image/api      not built yet
      + deliver delivery/api   not in the cluster yet  [after image/api, cluster/kind]
      + create  service/api    not there yet  [after namespace/app, delivery/api]
      Plan: 3 to create, 1 to build, 1 to deliver; 0 unchanged."
    `)
  })

  it('S23: an image that the cluster has is neither delivered nor built', () => {
    const look = new Map([...everything].filter(([id]) => id !== 'service/api' && id !== 'image/api'))
    expect(formatPlan(plan({ desired: inCluster, observed: look }))).toMatchInlineSnapshot(`
      "+ create  service/api  not there yet
      Plan: 1 to create; 2 unchanged."
    `)
  })

  it('a rolling update to another image brings it first', () => {
    const look = new Map(everything)
    look.delete('image/api')
    look.delete('delivery/api')
    const desired = inCluster.map((each) =>
      each.id === 'service/api'
        ? { ...each, parts: { image: '2' }, updates: { image: 'update' as const } }
        : each,
    )
    expect(formatPlan(plan({ desired, observed: look }))).toMatchInlineSnapshot(`
      "+ build   image/api     not built yet
      + deliver delivery/api  not in the cluster yet  [after image/api]
      ~ update  service/api   image changed  [after delivery/api]
      Plan: 1 to build, 1 to deliver, 1 to update; 2 unchanged."
    `)
  })

  it('S12: what was changed by hand is put right', () => {
    const drift = 'spec.template.spec.containers[api].image, by kubectl-edit'
    const look = new Map<ResourceId, ObservedResource>([
      ...everything,
      ['service/api', seen('service/api', 'ready', { parts: { image: '1' }, drift })],
    ])
    expect(formatPlan(plan({ desired: inCluster, observed: look }))).toMatchInlineSnapshot(`
      "~ update  service/api  changed by hand: spec.template.spec.containers[api].image, by kubectl-edit
      Plan: 1 to update; 2 unchanged."
    `)
  })

  const ends = {
    keep: `- delete  service/api   down
- delete  delivery/api  down  [after service/api]
= keep    cluster/kind  a cluster may serve more than one stack
= keep    namespace/app  it holds volumes and secrets that the next up needs
= keep    image/api  an image serves the next start
Plan: 2 to delete; 0 unchanged.`,
    'with-contents': `- delete  cluster/kind  down
= keep    image/api  an image serves the next start
Plan: 1 to delete; 0 unchanged.`,
    'after-contents': `- delete  service/api    down
- delete  delivery/api   down  [after service/api]
- delete  namespace/app  down  [after service/api]
- delete  cluster/kind   down  [after namespace/app, delivery/api, service/api]
= keep    image/api  an image serves the next start
Plan: 4 to delete; 0 unchanged.`,
  }

  it.each(['keep', 'with-contents', 'after-contents'] as const)('S172: down, clusters: %s', (clusters) => {
    const removal = {
      volumes: 'none' as const,
      keepVolumes: new Set<string>(),
      images: false,
      namespaces: clusters !== 'keep',
      clusters,
      cause: 'down',
      needs: new Map(),
    }
    expect(formatPlan(plan({ desired: [], observed: everything, removal }))).toBe(ends[clusters])
  })
})

describe('gateway', () => {
  it('S128: one that goes makes room for the services behind it before they take their ports', () => {
    const look = observed(seen('gateway/main'), seen('service/web', 'ready', { parts: { ports: '1' } }))
    const desired = [resource('service/web', { parts: { ports: '2' } })]
    expect(formatPlan(plan({ desired, observed: look }))).toMatchInlineSnapshot(`
      "- delete  gateway/main  no longer in the stack
      ~ replace service/web   ports changed  [after gateway/main]
      Plan: 1 to delete, 1 to replace; 0 unchanged."
    `)
  })
})

describe('traces', () => {
  it('S117: what an interrupted removal left is swept away by down and replaced by up', () => {
    const look = observed(
      seen('service/web', 'failed', { parts: {}, isTrace: true, detail: 'only its volumes are left' }),
    )
    expect(formatPlan(plan({ desired: [resource('service/web')], observed: look }))).toContain(
      'create  service/web  not there yet',
    )
    expect(formatPlan(plan({ desired: [], observed: look }))).toContain(
      'delete  service/web  no longer in the stack',
    )
  })
})
