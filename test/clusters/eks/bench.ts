import { randomBytes } from 'node:crypto'
import { stackResources } from '../../../src/clusters/eks/desired.ts'
import { observeStacks } from '../../../src/clusters/eks/observe.ts'
import type { EksPlace } from '../../../src/clusters/eks/place.ts'
import { eksSettings } from '../../../src/clusters/eks/settings.ts'
import { bringStack } from '../../../src/clusters/eks/stack/change.ts'
import { removeStack } from '../../../src/clusters/eks/stack/remove.ts'
import { cloudStacks, type CloudStack } from '../../../src/clusters/eks/stacks.ts'
import type { Run } from '../../../src/drivers/driver.ts'
import type { Resource } from '../../../src/plan/resource.ts'
import { StepError } from '../../../src/plan/step-error.ts'
import { openCloudFormation, type CloudFormation } from '../../../src/platform/aws/cloudformation.ts'
import { connectAws, type AwsConnection } from '../../../src/platform/aws/connection.ts'
import { identityOf } from '../../../src/platform/aws/identity.ts'
import { eksStack, type EksChoice } from './eks-stack.ts'
import { labEnvironment } from './lab.ts'

Object.assign(process.env, labEnvironment)

/** A cluster of a name of its own in the lab's AWS, and what one does with it. */
export interface Bench {
  readonly place: EksPlace
  readonly connection: AwsConnection
  readonly cluster: string
  readonly resources: readonly Resource[]
  readonly cloudFormation: CloudFormation
  /** What was told, by stack: `network: Vpc: made`. */
  readonly told: string[]
  readonly bring: (part: string, signal?: AbortSignal) => Promise<void>
  readonly bringAll: () => Promise<void>
  readonly remove: (part: string) => Promise<void>
  /** Health and words of each stack that is there. */
  readonly look: () => Promise<string[]>
  /** The same text without the name that only this run has. */
  readonly plain: (text: string) => string
  readonly close: () => void
}

export async function openBench(choice: EksChoice & { readonly cluster?: string } = {}): Promise<Bench> {
  const cluster = choice.cluster ?? `t${randomBytes(4).toString('hex')}`
  const stack = await eksStack({ ...choice, block: `cluster: ${cluster}\n${choice.block ?? ''}` })
  const settings = eksSettings(stack)
  const stacks = cloudStacks(settings)
  const connection = connectAws({ region: settings.region, profile: undefined })
  const cloudFormation = await openCloudFormation(connection)
  const place: EksPlace = {
    settings,
    project: cluster,
    client: () => Promise.resolve(undefined),
    stacks,
    cloudFormation: () => Promise.resolve(cloudFormation),
    identity: (signal) => identityOf(connection, signal),
    forgetClient: () => undefined,
    pace: { first: 30, longest: 200 },
  }
  const resources = stackResources(settings, stacks, settings.at()!)
  const told: string[] = []
  const run = (part: string, signal = AbortSignal.timeout(60_000)): Run => ({
    signal,
    emit: () => undefined,
    progress: (_resource, text) => told.push(`${part}: ${text}`),
  })
  const partOf = (part: string): CloudStack => {
    const found = stacks.find((each) => each.part === part)
    if (!found) throw new Error(`no ${part}`)
    return found
  }
  const bring = async (part: string, signal?: AbortSignal): Promise<void> => {
    const wanted = partOf(part)
    const resource = resources.find(({ name }) => name === wanted.name)
    await bringStack(place, wanted, resource!, run(part, signal))
  }
  return {
    place,
    connection,
    cluster,
    resources,
    cloudFormation,
    told,
    bring,
    bringAll: async () => {
      for (const { part } of stacks) await bring(part)
    },
    remove: async (part) => {
      await removeStack(place, `${cluster}-${part}`, `cluster/${cluster}-${part}`, run(part))
    },
    look: async () => {
      const seen = await observeStacks(place, AbortSignal.timeout(20_000))
      return [...seen.values()]
        .map(({ id, health, detail }) => `${id.replace(`cluster/${cluster}-`, '')} ${health}: ${detail}`)
        .sort()
    },
    plain: (text) => text.replaceAll(cluster, 'NAME'),
    close: () => {
      cloudFormation.close()
    },
  }
}

/** An error as people see it. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'nothing failed'
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const place = error.span ? `line ${error.span.line}: ` : ''
    const evidence = error.evidence.map((line) => `\n  ${line}`).join('')
    return `${place}${error.kind}: ${error.message}${evidence}\n  hint: ${error.hint ?? ''}`
  }
}
