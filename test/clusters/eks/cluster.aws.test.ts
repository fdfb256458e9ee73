import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Run } from '../../../src/drivers/driver.ts'
import { openEksCluster } from '../../../src/clusters/eks/cluster.ts'
import type { Cluster } from '../../../src/clusters/cluster.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { failureOf } from './bench.ts'
import { calmLab, standIn, tellLab } from './lab.ts'
import { eksStack } from './eks-stack.ts'

const name = `t${randomBytes(4).toString('hex')}`

describe.skipIf(standIn === undefined)('a cluster on the lab’s AWS', { timeout: 120_000 }, () => {
  const told: string[] = []
  const run: Run = {
    signal: AbortSignal.timeout(300_000),
    emit: () => undefined,
    progress: (resource, text) => told.push(`${resource}: ${text}`),
  }
  const opened: Cluster[] = []

  async function open(block = ''): Promise<Cluster> {
    const stack = await eksStack({
      block: `cluster: ${name}\naccount: "123456789012"\n${block}`,
      profile: 'registry: { ecr: true }\n',
    })
    const cluster = openEksCluster({
      stack,
      env: process.env,
      stateFolder: '/nowhere',
      engine: () => Promise.reject(new Error('no engine is asked')),
      pace: { first: 30, longest: 200 },
    })
    opened.push(cluster)
    return cluster
  }

  async function applyAll(cluster: Cluster, op: 'create' | 'update'): Promise<void> {
    for (const wanted of cluster.desired()) {
      const step = {
        id: wanted.id,
        resource: wanted.id,
        cause: '',
        after: [],
        destroys: undefined,
        from: wanted.from,
      }
      await cluster.apply({ ...step, op, wanted }, run)
      await cluster.ready(wanted, run)
    }
  }

  async function removeAll(cluster: Cluster): Promise<void> {
    for (const { id, from } of cluster.desired().toReversed()) {
      await cluster.apply(
        { id, resource: id, cause: '', after: [], destroys: undefined, from, op: 'delete' },
        run,
      )
    }
  }

  beforeAll(async () => {
    await calmLab()
    await removeAll(await open())
  }, 100_000)

  afterAll(async () => {
    await removeAll(await open())
    for (const cluster of opened) await cluster.close()
  }, 100_000)

  test('from nothing to an API server that knows us by our token (S61, S64, S167)', async () => {
    const cluster = await open()
    expect(await cluster.open(run.signal)).toBe(undefined)
    expect((await cluster.observe(run.signal)).size).toBe(0)

    await applyAll(cluster, 'create')
    const seen = [...(await cluster.observe(run.signal)).values()]
    const wanted = cluster.desired()
    expect(seen.map(({ health }) => health)).toEqual(wanted.map(() => 'ready'))
    for (const { id, parts } of wanted) expect(seen.find((each) => each.id === id)?.parts).toEqual(parts)

    const client = await cluster.open(run.signal)
    expect(client?.context.context).toBe(`eks-${name}`)
    expect((await client?.version())?.text).toMatch(/^v1\./)
    const classes =
      (await client?.list(kinds.StorageClass, { namespace: undefined }, run.signal))?.items ?? []
    const defaults = classes.filter(
      ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
    )
    expect(defaults.map(({ metadata, provisioner }) => [metadata.name, provisioner])).toEqual([
      ['iamstack-gp3', 'ebs.csi.aws.com'],
    ])
    expect(cluster.imageFor('shop/web:1')).toBe('127.0.0.1:5603/shop/web:1')
    expect(cluster.imageFor('nginx:1.22')).toBe('nginx:1.22')
  })

  test('a second time nothing is sent that changes anything', async () => {
    const cluster = await open()
    await applyAll(cluster, 'update')
    await tellLab('requests', undefined, 'DELETE')
    await applyAll(cluster, 'update')
    const requests = (await tellLab('requests', undefined, 'GET')) as { readonly action: string }[]
    const changing = requests.filter(({ action }) => !/^(Describe|Get|List)/.test(action))
    expect(changing).toEqual([])
  })

  test('somebody whom the cluster does not know is told so', async () => {
    const key = process.env['AWS_SECRET_ACCESS_KEY']
    process.env['AWS_SECRET_ACCESS_KEY'] = 'another'
    try {
      const cluster = await open()
      const client = await cluster.open(run.signal)
      expect(await failureOf(client!.list(kinds.Namespace, { namespace: undefined }, run.signal))).toContain(
        `does not know user eks-${name}`,
      )
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = key
    }
  })

  test('another account is refused before anything is asked (S60)', async () => {
    const stack = await eksStack({ block: 'account: "210987654321"' })
    const cluster = openEksCluster({
      stack,
      env: process.env,
      stateFolder: '/nowhere',
      engine: () => Promise.reject(new Error('no engine is asked')),
    })
    opened.push(cluster)
    await tellLab('requests', undefined, 'DELETE')
    expect(await failureOf(cluster.observe(run.signal))).toMatchInlineSnapshot(`
        "line 2: precondition: these AWS credentials are of account 123456789012 (arn:aws:iam::123456789012:root), and this profile is for account 210987654321 in eu-west-1
          hint: nothing was touched; choose credentials of 210987654321 (AWS_PROFILE, or eks: { profile: … }), or correct the account"
      `)
    const requests = (await tellLab('requests', undefined, 'GET')) as { readonly action: string }[]
    expect(new Set(requests.map(({ action }) => action))).toEqual(new Set(['GetCallerIdentity']))
  })
})
