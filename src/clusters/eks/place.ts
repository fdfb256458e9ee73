import type { CloudFormation } from '../../platform/aws/cloudformation.ts'
import type { KubeClient } from '../../platform/kubernetes/client.ts'
import type { AwsIdentity } from '../../platform/aws/identity.ts'
import type { EksSettings } from './settings.ts'
import type { CloudStack } from './stacks.ts'

/** What the steps of one cluster share. Nothing is loaded or asked for before it is used. */
export interface EksPlace {
  readonly settings: EksSettings
  /** The instance of the stack that works here. */
  readonly project: string
  readonly stacks: readonly CloudStack[]
  /** Of the account that the profile means: another one is refused here, before anything is asked or done. */
  readonly cloudFormation: (signal: AbortSignal) => Promise<CloudFormation>
  readonly identity: (signal: AbortSignal) => Promise<AwsIdentity>
  /** The API server; undefined while there is none. */
  readonly client: (signal: AbortSignal) => Promise<KubeClient | undefined>
  /** Whatever was opened by way of the cluster leads nowhere any more. */
  readonly forgetClient: () => void
  readonly pace: Pace
}

/** Milliseconds between two looks at a stack: at first, and at most, when nothing happens for long. */
export interface Pace {
  readonly first: number
  readonly longest: number
}

/** CloudFormation allows a few calls a second for a whole account, and a cluster takes ten minutes. */
export const usualPace: Pace = { first: 1000, longest: 5000 }
