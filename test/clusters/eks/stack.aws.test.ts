import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, openBench, type Bench } from './bench.ts'
import { calmLab, mutations, standIn, tellLab } from './lab.ts'

// Against the lab's AWS, which speaks the real wire protocol: `lab up aws` starts it.
/** Without what the stand-in says of things that are in the way only here. */
function firstLines(text: string): string {
  return text.split('\n').slice(0, 2).join('\n')
}

describe.skipIf(standIn === undefined)('stacks of a cluster', { timeout: 60_000 }, () => {
  const benches: Bench[] = []

  beforeEach(calmLab)

  afterEach(() => {
    for (const bench of benches.splice(0)) bench.close()
  })

  async function bench(...given: Parameters<typeof openBench>): Promise<Bench> {
    const opened = await openBench(...given)
    benches.push(opened)
    return opened
  }

  test('from nothing to a cluster, and back to nothing (S164, S165, S172)', async () => {
    const { bringAll, look, told, remove, place, plain } = await bench({
      block: 'network: { create: 10.0.0.0/16, nat: true }\nadmins: ["arn:aws:iam::123456789012:user/ada"]',
      profile: 'registry: { ecr: true }\n',
    })
    await bringAll()
    expect(await look()).toMatchInlineSnapshot(`
      [
        "addons ready: there",
        "cluster ready: there",
        "network ready: there",
        "nodes-workers ready: there",
        "registry ready: there",
      ]
    `)
    expect(told.filter((line) => line.startsWith('nodes-workers')).map(plain)).toMatchInlineSnapshot(`
      [
        "nodes-workers: 2 changes in NAME-nodes-workers",
        "nodes-workers: Launch: being made",
        "nodes-workers: Launch: made",
        "nodes-workers: Nodes: being made",
        "nodes-workers: Nodes: made",
      ]
    `)

    await tellLab('requests', undefined, 'DELETE')
    await bringAll()
    expect(await mutations()).toEqual([])

    for (const { part } of place.stacks.toReversed()) await remove(part)
    expect(await look()).toEqual([])
    await remove('network')
  })

  test('a change of one number is one change of one stack', async () => {
    const before = await bench({ block: 'nodes: { w: { type: t3.medium, desired: 1, max: 3 } }' })
    await before.bringAll()
    const after = await bench({
      cluster: before.cluster,
      block: 'nodes: { w: { type: t3.medium, desired: 2, max: 3 } }',
    })
    await tellLab('requests', undefined, 'DELETE')
    await after.bringAll()
    expect(await mutations()).toEqual(['CreateChangeSet', 'ExecuteChangeSet'])
    expect(after.told.map(after.plain)).toMatchInlineSnapshot(`
      [
        "nodes-w: 1 change in NAME-nodes-w",
        "nodes-w: Nodes: being changed",
        "nodes-w: Nodes: changed",
      ]
    `)
  })

  test('the first resource that failed is the cause, and the next run clears away and finishes (S117)', async () => {
    const { bring, look, cluster, told, plain } = await bench()
    for (const part of ['network', 'cluster']) await bring(part)
    await tellLab('resource-faults', {
      stack: `${cluster}-nodes-workers`,
      type: 'AWS::EKS::Nodegroup',
      verb: 'create',
      reason: "You've requested more vCPU capacity than your current vCPU limit of 4 allows",
    })
    expect(plain(await failureOf(bring('nodes-workers')))).toMatchInlineSnapshot(`
      "line 2: deploy: the CloudFormation stack NAME-nodes-workers could not be made: Nodes (AWS::EKS::Nodegroup): You've requested more vCPU capacity than your current vCPU limit of 4 allows
        Nodes (AWS::EKS::Nodegroup): You've requested more vCPU capacity than your current vCPU limit of 4 allows
        hint: ask AWS for more (Service Quotas in the console), or take fewer or smaller nodes"
    `)
    expect((await look()).find((line) => line.startsWith('nodes'))).toMatchInlineSnapshot(
      `"nodes-workers failed: it could not be made (ROLLBACK_COMPLETE)"`,
    )
    told.splice(0)
    await bring('nodes-workers')
    expect((await look()).find((line) => line.startsWith('nodes'))).toBe('nodes-workers ready: there')
    expect(told.map(plain)).toMatchInlineSnapshot(`
      [
        "nodes-workers: clearing away what an attempt left",
        "nodes-workers: 2 changes in NAME-nodes-workers",
        "nodes-workers: Launch: being made",
        "nodes-workers: Launch: made",
        "nodes-workers: Nodes: being made",
        "nodes-workers: Nodes: made",
      ]
    `)
  })

  test('a change that fails is undone, named, and made by the next run', async () => {
    const before = await bench({ block: 'nodes: { w: { type: t3.medium, desired: 1, max: 3 } }' })
    await before.bringAll()
    const after = await bench({
      cluster: before.cluster,
      block: 'nodes: { w: { type: t3.medium, desired: 3, max: 3 } }',
    })
    await tellLab('resource-faults', {
      stack: `${before.cluster}-nodes-w`,
      logicalId: 'Nodes',
      verb: 'update',
      reason: 'You have hit your vCPU limit',
    })
    expect(after.plain(await failureOf(after.bring('nodes-w')))).toMatchInlineSnapshot(`
      "line 2: deploy: the CloudFormation stack NAME-nodes-w could not be changed: Nodes (AWS::EKS::Nodegroup): You have hit your vCPU limit
        Nodes (AWS::EKS::Nodegroup): You have hit your vCPU limit
        hint: ask AWS for more (Service Quotas in the console), or take fewer or smaller nodes"
    `)
    expect((await after.look()).find((line) => line.startsWith('nodes'))).toMatchInlineSnapshot(
      `"nodes-w ready: a change of it was undone"`,
    )
    await after.bring('nodes-w')
    expect((await after.look()).find((line) => line.startsWith('nodes'))).toBe('nodes-w ready: there')
  })

  test('what could not be deleted says why, and is deleted by the next run', async () => {
    const { bring, look, remove, cluster, plain } = await bench()
    await bring('network')
    await tellLab('resource-faults', {
      stack: `${cluster}-network`,
      logicalId: 'PublicSubnetA',
      verb: 'delete',
      reason: "The subnet 'subnet-1' has dependencies and cannot be deleted.",
    })
    expect(firstLines(plain(await failureOf(remove('network'))))).toMatchInlineSnapshot(`
      "line 2: deploy: the CloudFormation stack NAME-network could not be deleted: PublicSubnetA (AWS::EC2::Subnet): The subnet 'subnet-1' has dependencies and cannot be deleted.
        PublicSubnetA (AWS::EC2::Subnet): The subnet 'subnet-1' has dependencies and cannot be deleted."
    `)
    expect(await look()).toMatchInlineSnapshot(`
      [
        "network failed: deleting it failed: The following resource(s) failed to delete: [PublicSubnetA, Vpc].",
      ]
    `)
    await remove('network')
    expect(await look()).toEqual([])
  })

  test('a network that a cluster uses is not deleted before it', async () => {
    const { bring, remove, look } = await bench()
    for (const part of ['network', 'cluster']) await bring(part)
    expect(await failureOf(remove('network'))).toContain('is imported by stack')
    expect(await look()).toEqual(['cluster ready: there', 'network ready: there'])
  })

  test.each([0, 1, 2, 3, 5, 8])(
    'an interruption after event %i of making: the next run finishes',
    async (count) => {
      await tellLab('config', { delays: { '*': 0.05 } })
      const { bring, look, told, remove } = await bench()
      const stop = new AbortController()
      const watching = setInterval(() => {
        if (told.length > count) stop.abort(new Error('killed'))
      }, 5)
      await expect(bring('network', stop.signal)).rejects.toThrow(/killed|aborted/)
      clearInterval(watching)
      await bring('network')
      expect(await look()).toEqual(['network ready: there'])
      await remove('network')
    },
  )

  test('deleting that was interrupted goes on, and what is being deleted is made anew', async () => {
    const { bring, look, cloudFormation, cluster, remove } = await bench()
    await bring('network')
    await tellLab('config', { delays: { '*.delete': 0.2 } })
    await cloudFormation.remove(`${cluster}-network`, AbortSignal.timeout(5000))
    expect((await look())[0]).toMatch(/^network starting: CloudFormation is at it/)
    await bring('network')
    expect(await look()).toEqual(['network ready: there'])
    await cloudFormation.remove(`${cluster}-network`, AbortSignal.timeout(5000))
    await remove('network')
    expect(await look()).toEqual([])
  })

  test('answers that were lost, and servers in trouble, change nothing', async () => {
    const { bring, look } = await bench()
    await tellLab('faults', [
      { service: 'cloudformation', action: 'CreateChangeSet', preset: '5xx', times: 1, passthrough: true },
      { service: 'cloudformation', action: 'ExecuteChangeSet', preset: '5xx', times: 1, passthrough: true },
      { service: 'cloudformation', action: 'DescribeStackEvents', preset: 'html502', times: 2 },
      { service: 'cloudformation', action: 'DescribeStacks', preset: 'throttle', times: 3, after: 2 },
    ])
    await bring('network')
    expect(await look()).toEqual(['network ready: there'])
  })

  test('credentials that expire in the middle are named with their cure; the work goes on by itself', async () => {
    await tellLab('config', { delays: { '*': 0.02 } })
    const { bring, look } = await bench()
    await tellLab('faults', {
      service: 'cloudformation',
      action: 'DescribeStackEvents',
      preset: 'expired',
      after: 3,
    })
    expect(await failureOf(bring('network'))).toMatchInlineSnapshot(`
      "precondition: the AWS credentials have expired
        hint: get new ones (aws sso login), then run the command again: it goes on"
    `)
    await tellLab('faults', undefined, 'DELETE')
    await bring('network')
    expect(await look()).toEqual(['network ready: there'])
  })

  test('a right that is missing is named', async () => {
    const { bring } = await bench()
    await tellLab('faults', { service: 'cloudformation', action: 'CreateChangeSet', preset: 'denied' })
    expect(await failureOf(bring('network'))).toMatchInlineSnapshot(`
      "precondition: AWS does not let you cloudformation:CreateChangeSet in eu-west-1
        hint: ask whoever administers the account for that right (User: arn:aws:iam::123456789012:user/lab is not authorized to perform this action)"
    `)
  })

  test('a stack of the same name that somebody else made is left alone', async () => {
    const { bring, remove, look, cluster, cloudFormation } = await bench()
    const signal = AbortSignal.timeout(20_000)
    const stack = `${cluster}-network`
    const template = JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } })
    await cloudFormation.prepare(
      { stack, name: 'c', type: 'CREATE', template, parameters: {}, tags: { a: 'b' } },
      signal,
    )
    await cloudFormation.execute(stack, 'c', signal)
    const said = (await Promise.all([bring('network'), remove('network'), look()].map(failureOf))).map(
      (text) => text.replaceAll(cluster, 'NAME'),
    )
    expect(new Set(said).size).toBe(1)
    expect(said[0]).toMatchInlineSnapshot(`
      "line 2: precondition: there is a CloudFormation stack NAME-network in eu-west-1 that iamstack did not make
        hint: nothing was touched; choose another name (eks: { cluster: … }), or delete it: aws cloudformation delete-stack --stack-name NAME-network --region eu-west-1"
    `)
    await cloudFormation.remove(stack, signal)
  })
})
