import type { AwsConnection } from '../../platform/aws/connection.ts'
import type { AwsIdentity } from '../../platform/aws/identity.ts'
import type { CloudFormation } from '../../platform/aws/cloudformation.ts'
import type { RegistryLogin } from '../../platform/aws/registry-login.ts'
import type { EksSettings } from './settings.ts'

/** What is asked of AWS. Nothing is loaded or asked for before it is used. */
export interface OpenedAws {
  readonly connection: () => Promise<AwsConnection>
  readonly cloudFormation: (signal: AbortSignal) => Promise<CloudFormation>
  readonly identity: (signal: AbortSignal) => Promise<AwsIdentity>
  readonly registryLogin: (signal: AbortSignal) => Promise<RegistryLogin>
  readonly close: () => Promise<void>
}

/** Milliseconds before its end at which a login is not used any more: a push takes a while. */
const reserve = 30 * 60_000

/** One connection for all; whose credentials they are is asked once. The SDK is loaded only here. */
export function openAws(
  settings: EksSettings,
  askCode: ((device: string) => Promise<string>) | undefined,
): OpenedAws {
  const { region, account, awsProfile, at } = settings
  let connected: Promise<AwsConnection> | undefined
  let asked: Promise<AwsIdentity> | undefined
  let opened: Promise<CloudFormation> | undefined
  let login: Promise<RegistryLogin> | undefined
  const connection = (): Promise<AwsConnection> =>
    (connected ??= import('../../platform/aws/connection.ts').then(({ connectAws }) =>
      connectAws({ region, profile: awsProfile, ...(askCode && { askCode }) }),
    ))
  const identity = async (signal: AbortSignal): Promise<AwsIdentity> => {
    const { identityOf, mustBeAccount } = await import('../../platform/aws/identity.ts')
    const asking = (asked ??= identityOf(await connection(), signal))
    try {
      const found = await asking
      mustBeAccount(found, { account, region, span: at('account') })
      return found
    } catch (error) {
      // Whoever asks next may have logged in meanwhile.
      if (asked === asking) asked = undefined
      throw error
    }
  }
  return {
    connection,
    identity,
    cloudFormation: async (signal) => {
      if (account !== undefined) await identity(signal)
      const { openCloudFormation } = await import('../../platform/aws/cloudformation.ts')
      return await (opened ??= connection().then(openCloudFormation))
    },
    registryLogin: async (signal) => {
      const { registryLogin } = await import('../../platform/aws/registry-login.ts')
      const known = await login?.catch(() => undefined)
      if (known && known.expires > Date.now() + reserve) return known
      return await (login = connection().then((connected) => registryLogin(connected, signal)))
    },
    close: async () => {
      const found = await opened?.catch(() => undefined)
      found?.close()
    },
  }
}
