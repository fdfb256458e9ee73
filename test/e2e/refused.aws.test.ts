import { beforeEach, expect, test } from 'vitest'
import { askAws, calmLab, mutations, tellLab } from '../clusters/eks/lab.ts'
import { sandbox, type Options, type Sandbox } from './cli.ts'

const on = ['--profile', 'eks']
beforeEach(calmLab)

function smallStack(account = '123456789012'): Sandbox {
  const box = sandbox('eks')
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
services: { web: { image: "busybox:stable", command: [httpd, -f], ports: { http: 80 } } }
`,
    'profiles/eks.yaml': `target: eks
eks:
  region: eu-west-1
  account: "${account}"
  version: "1.35"
  nodes: { workers: { type: t3.medium } }
  endpoint: { public-cidrs: [198.51.100.0/24] }
  cost: { cluster-hour: 0.10, node-hour: 0.0456, dated: "2025-11-01" }
`,
  })
  return box
}

/** What a refused command says; it may have changed nothing. */
async function refusal(box: Sandbox, options: Options = {}): Promise<string> {
  await mutations()
  const { code, stderr } = await box.run(['up', ...on, '--progress', 'quiet'], options)
  expect(await mutations()).toEqual([])
  expect(code).toBe(7)
  return stderr.replaceAll(box.name, 'NAME').replaceAll(box.folder, 'FOLDER')
}

test('credentials of another account are refused, both are named (S60)', async () => {
  expect(await refusal(smallStack('210987654321'))).toMatchInlineSnapshot(`
    "error these AWS credentials are of account 123456789012 (arn:aws:iam::123456789012:root), and this profile is for account 210987654321 in eu-west-1 (FOLDER/profiles/eks.yaml:2:1)
      → nothing was touched; choose credentials of 210987654321 (AWS_PROFILE, or eks: { profile: … }), or correct the account
    "
  `)
})

test('credentials that have expired are named with the cure (S64)', async () => {
  await tellLab('faults', { service: 'sts', preset: 'expired', times: 99 })
  expect(await refusal(smallStack(), { env: { AWS_PROFILE: undefined } })).toMatchInlineSnapshot(`
    "error the AWS credentials have expired
      → get new ones (aws sso login), then run the command again: it goes on
    "
  `)
})

test('a stack of the same name that somebody else made is left alone', async () => {
  const box = smallStack()
  const StackName = `${box.name}-network`
  const TemplateBody = JSON.stringify({ Resources: { Theirs: { Type: 'AWS::EC2::InternetGateway' } } })
  await askAws('cloudformation', { Action: 'CreateStack', StackName, TemplateBody })
  expect(await refusal(box)).toMatchInlineSnapshot(`
    "error there is a CloudFormation stack NAME-network in eu-west-1 that iamstack did not make (FOLDER/profiles/eks.yaml:2:1)
      → nothing was touched; choose another name (eks: { cluster: … }), or delete it: aws cloudformation delete-stack --stack-name NAME-network --region eu-west-1
    "
  `)
  expect(await askAws('cloudformation', { Action: 'DescribeStacks', StackName })).toContain('CREATE_COMPLETE')
  await askAws('cloudformation', { Action: 'DeleteStack', StackName })
})

test('rights that are missing are all named before anything is made (S168)', async () => {
  const box = smallStack()
  const UserName = box.name
  await askAws('iam', { Action: 'CreateUser', UserName })
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['cloudformation:*', 'ec2:*', 'logs:*', 'iam:Simulate*'], Resource: '*' },
    ],
  })
  await askAws('iam', { Action: 'PutUserPolicy', UserName, PolicyName: 'some', PolicyDocument })
  const key = await askAws('iam', { Action: 'CreateAccessKey', UserName })
  const found = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(key)?.[1] ?? ''
  const env = { AWS_ACCESS_KEY_ID: found('AccessKeyId'), AWS_SECRET_ACCESS_KEY: found('SecretAccessKey') }
  expect(await refusal(box, { env })).toMatchInlineSnapshot(`
    "error arn:aws:iam::123456789012:user/NAME lacks 7 rights in account 123456789012 to make the cluster NAME: eks:CreateAddon, eks:CreateCluster, eks:CreateNodegroup, iam:AttachRolePolicy, iam:CreateOpenIDConnectProvider, iam:CreateRole, iam:PassRole (FOLDER/profiles/eks.yaml:2:1)
      → nothing was made; ask whoever administers the account for them, or choose other credentials (AWS_PROFILE, or eks: { profile: … })
    "
  `)
})

test('an image for other processors than those of the nodes is not pushed (S31)', async () => {
  const box = smallStack()
  box.write({ Dockerfile: 'FROM busybox:stable\nRUN echo built > /built\n' })
  box.edit('iamstack.yaml', 'image: "busybox:stable"', 'image: web')
  box.edit('iamstack.yaml', 'services:', 'images: { web: { context: . } }\nservices:')
  box.edit('profiles/eks.yaml', 'target: eks', 'target: eks\nregistry: { ecr: true }')
  box.edit('profiles/eks.yaml', 't3.medium', process.arch === 'arm64' ? 't3.medium' : 'm7g.medium')
  const { code, events } = await box.run(['up', ...on, '--progress', 'json'])
  const failures = events.flatMap((event) => (event.type === 'step.failed' ? [event] : []))
  expect(code).toBe(7)
  expect(failures.map(({ resource }) => resource)).toEqual(['delivery/web'])
  expect(JSON.stringify(failures)).toMatch(/is built for (amd64|arm64), and the nodes are (arm64|amd64)/)
  const told = events.filter((event) => event.type === 'step.progressed' && event.resource === 'delivery/web')
  expect(told).toEqual([])
  await box.succeed(['down', ...on, '--all', '--yes'])
})

test('plan needs no credentials, and says what it could not know', async () => {
  const box = smallStack()
  const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }
  const { stdout } = await box.succeed(['plan', ...on], { env })
  expect(stdout.replaceAll(box.name, 'NAME')).toMatchInlineSnapshot(`
    "+ create  cluster/NAME-network        not there yet
    + create  cluster/NAME-cluster        not there yet  [after cluster/NAME-network healthy]
    + create  cluster/NAME-nodes-workers  not there yet  [after cluster/NAME-cluster healthy]
    + create  cluster/NAME-addons         not there yet  [after cluster/NAME-nodes-workers healthy]
    + create  namespace/NAME-e2e          not there yet  [after cluster/NAME-network healthy, cluster/NAME-cluster healthy, cluster/NAME-nodes-workers healthy, cluster/NAME-addons healthy]
    + create  service/web                      not there yet  [after namespace/NAME-e2e]
    Plan: 6 to create; 0 unchanged.
    Not known: what is there already (there are no AWS credentials). All of it is planned as if nothing were.
    While it runs it costs 0.1456 USD an hour, 106.29 a month; iamstack cost says for what.
    "
  `)
  const { stdout: cost } = await box.succeed(['cost', ...on], { env })
  expect(cost).toMatchInlineSnapshot(`
    "                           how much    USD an hour  a month
    control plane              1 × 0.1          0.1000    73.00
    nodes workers (t3.medium)  1 × 0.0456       0.0456    33.29
    together                                    0.1456   106.29
    not in it, for want of a price: root volumes of nodes workers (volume-gib-month)
    prices of 2025-11-01, from the profile; traffic and requests are extra; a month has 730 hours
    "
  `)
})
