import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudFormation } from '../../../platform/aws/cloudformation.ts'
import type { ChangeSet, SeenStack } from '../../../platform/aws/cloudformation-words.ts'
import { principalOf } from '../../../platform/aws/identity.ts'
import type { Resource } from '../../../plan/resource.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { EksPlace } from '../place.ts'
import type { CloudStack } from '../stacks.ts'
import { tagMap } from '../templates/names.ts'

export interface Prepared {
  readonly place: EksPlace
  readonly cloudFormation: CloudFormation
  readonly wanted: CloudStack
  readonly resource: Resource
  readonly seen: SeenStack | undefined
  readonly signal: AbortSignal
}

/** Has CloudFormation work out what would change; undefined where nothing would, and then there is no change set either. */
export async function prepareChanges(
  prepared: Prepared,
  type: 'CREATE' | 'UPDATE',
  name: string,
): Promise<ChangeSet['changes'] | undefined> {
  const { place, cloudFormation, wanted, signal } = prepared
  await cloudFormation.prepare(
    {
      stack: wanted.name,
      name,
      type,
      template: wanted.text,
      parameters: await parametersOf(prepared),
      tags: tagMap(place.settings, wanted.part),
    },
    signal,
  )
  return await preparedChanges(prepared, name)
}

/** Who makes the cluster is said once; afterwards it stays what it was. A release of nodes is read anew at each change. */
async function parametersOf({
  place,
  wanted,
  seen,
  signal,
}: Prepared): Promise<Record<string, string | undefined>> {
  if (wanted.template.Parameters?.['Creator'] === undefined) return {}
  const isKnown = seen !== undefined && seen.parameters.includes('Creator')
  return { Creator: isKnown ? undefined : principalOf(await place.identity(signal)) }
}

/** What would change; undefined where nothing would. */
async function preparedChanges(
  { cloudFormation, wanted, resource, signal, place }: Prepared,
  name: string,
): Promise<ChangeSet['changes'] | undefined> {
  for (;;) {
    const { status, reason = '', changes } = await cloudFormation.changeSet(wanted.name, name, signal)
    if (status === 'CREATE_COMPLETE') return changes
    if (status === 'FAILED') {
      await cloudFormation.dropChangeSet(wanted.name, name, signal)
      if (/didn't contain changes|No updates are to be performed/i.test(reason)) return undefined
      throw new StepError('deploy', `CloudFormation does not take the stack ${wanted.name}: ${reason}`, {
        span: resource.from,
        hint: 'iamstack render shows the template; nothing was changed',
      })
    }
    await sleep(Math.min(place.pace.first, 1000), undefined, { signal })
  }
}
