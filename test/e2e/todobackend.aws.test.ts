import { beforeEach, expect, test } from 'vitest'
import { openCloudFormation } from '../../src/platform/aws/cloudformation.ts'
import { connectAws } from '../../src/platform/aws/connection.ts'
import { askAws, calmLab, labEnvironment, mutations } from '../clusters/eks/lab.ts'
import { urlOf, type Ended, type Sandbox } from './cli.ts'
import { addTodo, copyOf, leftOf, nothing, stepsOf, titlesAt, todobackend, upGreen } from './examples.ts'

const target = 'eks'
const on = ['--profile', target]

Object.assign(process.env, labEnvironment)
beforeEach(calmLab)

/** The example with a namespace of its own. */
function ownExample(): Sandbox {
  const box = copyOf(todobackend, target)
  box.edit('profiles/eks.yaml', 'namespace: todobackend\n', '')
  return box
}

test('from nothing to a green application on AWS, and back to nothing that costs (S24, S164, S165, S169, S172)', async () => {
  const box = ownExample()
  const plain = (text: string): string => text.replaceAll(box.name, 'NAME')

  const first = await upGreen(box, todobackend, on)
  expect(stepsOf(first).map(plain)).toEqual(
    expect.arrayContaining(
      ['registry', 'network', 'cluster', 'nodes-workers', 'addons'].map(
        (part) => `create cluster/NAME-${part}`,
      ),
    ),
  )
  expect(progressOf(first, `cluster/${box.name}-nodes-workers`).map(plain)).toEqual([
    '2 changes in NAME-nodes-workers',
    'Launch: being made',
    'Launch: made',
    'Nodes: being made',
    'Nodes: made',
  ])
  await addTodo(await urlOf(box, on, 'app'), 'kept')

  await mutations()
  expect(stepsOf(await box.succeed(['up', ...on, '--progress', 'json']))).toEqual([])
  expect(await mutations()).toEqual([])

  box.edit('profiles/eks.yaml', 't3.medium', 't3.large')
  const { stdout } = await box.succeed(['plan', ...on])
  expect(plain(stdout)).toMatchInlineSnapshot(`
    "~ update  cluster/NAME-nodes-workers  template changed
    Plan: 1 to update; 10 unchanged.
    Inside cluster/NAME-nodes-workers:
      Launch (AWS::EC2::LaunchTemplate) is changed
      Nodes (AWS::EKS::Nodegroup) is changed
    While it runs it costs 0.1742–0.2702 USD an hour, 127.15–197.24 a month; iamstack cost says for what.
    "
  `)
  const grown = await box.succeed(['up', ...on, '--no-smoke', '--progress', 'json'])
  expect(stepsOf(grown).map(plain)).toEqual(['update cluster/NAME-nodes-workers'])
  expect(await titlesAt(await urlOf(box, on, 'app'))).toEqual(['kept'])

  const down = await box.succeed(['down', ...on, '--yes', '--progress', 'json'])
  expect(notesOf(down).map(plain)).toMatchInlineSnapshot(`
    [
      "cluster/NAME-registry stays: a cluster may serve more than one stack",
      "cluster/NAME-network stays: a cluster may serve more than one stack",
      "cluster/NAME-cluster stays: a cluster may serve more than one stack",
      "cluster/NAME-nodes-workers stays: a cluster may serve more than one stack",
      "cluster/NAME-addons stays: a cluster may serve more than one stack",
      "namespace/NAME-e2e stays: it holds volumes and secrets that the next up needs",
      "volume/data stays: a volume has a life of its own",
      "what stays costs 0.1490 USD an hour, 108.75 a month (control plane, nodes workers (t3.large), root volumes of nodes workers, volume data); down --all ends it",
    ]
  `)
  expect(await stacksOf(box)).toHaveLength(5)

  const disk = await plantDisk(box)
  const left = await box.run(['down', ...on, '--all', '--yes', '--progress', 'json'])
  expect(left.code).toBe(9)
  expect(notesOf(left).map((text) => text.replaceAll(disk, 'vol-1'))).toMatchInlineSnapshot(`
    [
      "disk vol-1 (8 GiB) is left and costs 0.70 USD a month: aws ec2 delete-volume --volume-id vol-1 --region eu-west-1",
    ]
  `)
  expect(await stacksOf(box)).toEqual([])

  await askAws('ec2', { Action: 'DeleteVolume', VolumeId: disk })
  const end = await box.succeed(['down', ...on, '--all', '--yes', '--progress', 'json'])
  expect(notesOf(end)).toEqual([])
  expect(leftOf(box)).toEqual(nothing)
})

/** What a step told while it went on, each text once. */
function progressOf({ events }: Ended, resource: string): string[] {
  const texts = events.flatMap((event) =>
    event.type === 'step.progressed' && event.resource === resource ? [event.text] : [],
  )
  return [...new Set(texts)]
}

function notesOf({ events }: Ended): string[] {
  return events
    .flatMap((event) => (event.type === 'message.reported' ? [event.text] : []))
    .filter((text) => !/iamstack validate/.test(text))
}

/** Names of the stacks of a sandbox's cluster that CloudFormation knows. */
async function stacksOf({ name }: Sandbox): Promise<string[]> {
  const cloudFormation = await openCloudFormation(connectAws({ region: 'eu-west-1', profile: undefined }))
  try {
    const stacks = await cloudFormation.stacks(AbortSignal.timeout(20_000))
    return stacks.map((stack) => stack.name).filter((each) => each.startsWith(`${name}-`))
  } finally {
    cloudFormation.close()
  }
}

/** A disk that the cluster asked for and nobody gave back. */
async function plantDisk({ name }: Sandbox): Promise<string> {
  const answer = await askAws('ec2', {
    Action: 'CreateVolume',
    AvailabilityZone: 'eu-west-1a',
    Size: '8',
    VolumeType: 'gp3',
    'TagSpecification.1.ResourceType': 'volume',
    'TagSpecification.1.Tag.1.Key': `kubernetes.io/cluster/${name}`,
    'TagSpecification.1.Tag.1.Value': 'owned',
  })
  const [, id] = /<volumeId>(.*?)<\/volumeId>/.exec(answer) ?? []
  if (id === undefined) throw new Error(answer)
  return id
}
