import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { AwsError, asAwsError } from '../../../src/platform/aws/aws-error.ts'
import { connectAws } from '../../../src/platform/aws/connection.ts'
import { identityOf, mustBeAccount, principalOf } from '../../../src/platform/aws/identity.ts'
import { StepError } from '../../../src/plan/step-error.ts'
import { ada, localAws, refusal, withKeys } from './local-aws.ts'

const signal = AbortSignal.timeout(60_000)

async function ask(profile?: string): Promise<string> {
  const connection = connectAws({ region: 'eu-west-1', profile })
  try {
    return (await identityOf(connection, signal)).arn
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    // What an error carries is shown when it is nobody's fault: no key may be in it.
    expect(inspect(error, { depth: 10 })).not.toMatch(/a-secret|authorization/i)
    return `${error.kind} ${error.failure}: ${error.message} (${error.hint ?? ''})`
  }
}

test('what AWS says, and what can be done about it', async () => {
  const answers = [
    refusal(403, 'ExpiredToken', 'The security token included in the request is expired'),
    refusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
    refusal(
      403,
      'AccessDenied',
      'User: arn:aws:iam::1:user/ada is not authorized to perform: iam:PassRole on resource: x',
    ),
    refusal(403, 'AccessDenied', 'Access denied'),
    refusal(400, 'ValidationError', 'Stack with id x does not exist\nmore'),
  ]
  const told: string[] = []
  for (const answer of answers) {
    await localAws(answer)
    told.push(await ask())
  }
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "precondition expired: the AWS credentials have expired (get new ones (aws sso login), then run the command again: it goes on)
    precondition unknown-key: AWS does not know the AWS credentials (InvalidClientTokenId) (aws sts get-caller-identity shows who you are; a key that was deleted or mistyped is nobody)
    precondition denied: AWS does not let you iam:PassRole in eu-west-1 (ask whoever administers the account for that right (User: arn:aws:iam::1:user/ada is not authorized to perform: iam:PassRole on resource: x))
    precondition denied: AWS does not let you sts:GetCallerIdentity in eu-west-1 (ask whoever administers the account for that right (Access denied))
    deploy refused: sts:GetCallerIdentity: Stack with id x does not exist (AWS calls it ValidationError)"
  `)
})

test(
  'throttling, trouble, a page of a proxy and a cut answer pass by themselves',
  { timeout: 60_000 },
  async () => {
    const page = { status: 502, body: '<html><body>502 Bad Gateway</body></html>', type: 'text/html' }
    const { requests } = await localAws(
      refusal(400, 'Throttling', 'Rate exceeded'),
      refusal(500, 'InternalFailure', 'An internal error occurred'),
      page,
      'cut',
      ada,
    )
    expect(await ask()).toBe('arn:aws:sts::123456789012:assumed-role/Admin/ada')
    expect(requests).toHaveLength(5)
  },
)

test('what is refused once is refused', async () => {
  const { requests } = await localAws(refusal(403, 'AccessDenied', 'no'))
  await ask()
  expect(requests).toHaveLength(1)
})

test('an abort is told as such, and ends the waiting', async () => {
  await localAws('cut')
  const stop = new AbortController()
  const asking = identityOf(connectAws({ region: 'eu-west-1', profile: undefined }), stop.signal)
  setTimeout(() => stop.abort(new Error('stopped')), 50)
  await expect(asking).rejects.toThrow('stopped')
})

test('nobody has logged in', async () => {
  withKeys('http://127.0.0.1:9', { hasKeys: false })
  expect(await ask()).toMatchInlineSnapshot(
    `"precondition unknown-key: there are no AWS credentials (aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (Could not load credentials from any providers))"`,
  )
  expect(await ask('staging')).toMatchInlineSnapshot(
    `"precondition unknown-key: there are no AWS credentials for profile staging (aws sso login --profile staging, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (Could not load credentials from any providers))"`,
  )
})

test('the words for what cannot be had here', () => {
  const call = {
    service: 'cloudformation',
    action: 'DescribeStacks',
    region: 'eu-west-1',
    profile: 'p',
  } as const
  const named = (name: string, message: string, more: object = {}): Error =>
    Object.assign(new Error(message), { name }, more)
  const lines = [
    named('Error', 'getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }),
    named('ThrottlingException', 'Rate exceeded', { $metadata: { httpStatusCode: 429 } }),
    named('SyntaxError', 'Unexpected token <', { $metadata: { httpStatusCode: 502 } }),
    named('CredentialsProviderError', 'Token is expired. To refresh this SSO session run aws sso login'),
  ].map((error) => {
    const { failure, message, hint } = asAwsError(error, call)
    return `${failure}: ${message} (${hint ?? ''})`
  })
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "unreachable: cloudformation in eu-west-1 cannot be reached (ENOTFOUND) (is this machine online, and is the region right?)
    throttled: AWS goes on refusing cloudformation:DescribeStacks as too frequent (ThrottlingException) (wait a minute, then run the command again: it goes on where it was)
    broken: cloudformation:DescribeStacks in eu-west-1 gave no proper answer (502): Unexpected token < (run the command again: it goes on where it was)
    expired: the AWS credentials of profile p have expired (get new ones (aws sso login --profile p), then run the command again: it goes on)"
  `)
})

test('another account is refused, both named (S60)', () => {
  const identity = { account: '210987654321', arn: 'arn:aws:iam::210987654321:user/ada' }
  const wanted = { account: '123456789012', region: 'eu-west-1', span: undefined }
  expect(() => {
    mustBeAccount(identity, wanted)
  }).toThrowErrorMatchingInlineSnapshot(
    `[StepError: these AWS credentials are of account 210987654321 (arn:aws:iam::210987654321:user/ada), and this profile is for account 123456789012 in eu-west-1]`,
  )
  expect(() => {
    mustBeAccount(identity, wanted)
  }).toThrow(StepError)
  mustBeAccount(identity, { ...wanted, account: undefined })
  mustBeAccount(identity, { ...wanted, account: identity.account })
})

test('who makes a cluster, as a template names him', () => {
  const of = (arn: string): string => principalOf({ account: '1', arn })
  expect(of('arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/ada@example.com')).toBe(
    'role/AWSReservedSSO_Admin_1',
  )
  expect(of('arn:aws:iam::123456789012:user/team/ada')).toBe('user/ada')
  expect(of('arn:aws:iam::123456789012:root')).toBe('root')
})
