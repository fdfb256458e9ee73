import { StepError } from '../../plan/step-error.ts'
import type { Span } from '../../stack/diagnostics.ts'
import { callAws, type AwsConnection } from './connection.ts'

/** Who the credentials belong to. */
export interface AwsIdentity {
  /** 12 digits. */
  readonly account: string
  readonly arn: string
}

export async function identityOf(connection: AwsConnection, signal: AbortSignal): Promise<AwsIdentity> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const client = new STSClient(connection.config)
  try {
    return await callAws(connection, 'sts', 'GetCallerIdentity', signal, async () => {
      const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal })
      if (Account === undefined || Arn === undefined) throw new Error('the answer names nobody')
      return { account: Account, arn: Arn }
    })
  } finally {
    client.destroy()
  }
}

/** `role/Admin` or `user/ada`: without the path, which a session does not tell. */
export function principalOf({ arn }: AwsIdentity): string {
  const [, role] = /:assumed-role\/([^/]+)\//.exec(arn) ?? []
  if (role !== undefined) return `role/${role}`
  const [, user] = /:user\/(?:.*\/)?([^/]+)$/.exec(arn) ?? []
  return user === undefined ? arn.replace(/^.*:/, '') : `user/${user}`
}

/** Refuses credentials of another account than the profile is for; both are named, with the region that was meant. */
export function mustBeAccount(
  { account, arn }: AwsIdentity,
  wanted: { readonly account: string | undefined; readonly region: string; readonly span: Span | undefined },
): void {
  if (wanted.account === undefined || wanted.account === account) return
  throw new StepError(
    'precondition',
    `these AWS credentials are of account ${account} (${arn}), and this profile is for account ${wanted.account} in ${wanted.region}`,
    {
      span: wanted.span,
      hint: `nothing was touched; choose credentials of ${wanted.account} (AWS_PROFILE, or eks: { profile: … }), or correct the account`,
    },
  )
}
