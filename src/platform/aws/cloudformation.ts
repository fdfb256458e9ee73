import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation'
import { AwsError } from './aws-error.ts'
import { changeOf, eventOf, type ChangeSet, type SeenStack, type StackEvent } from './cloudformation-words.ts'
import { callAws, type AwsConnection } from './connection.ts'

export interface ChangeSetRequest {
  readonly stack: string
  /** Of the change set; it says which attempt is which. */
  readonly name: string
  /** `CREATE` also where an attempt left a stack in REVIEW_IN_PROGRESS. */
  readonly type: 'CREATE' | 'UPDATE'
  readonly template: string
  /** Undefined: as it was. */
  readonly parameters: Readonly<Record<string, string | undefined>>
  readonly tags: Readonly<Record<string, string>>
}

/** What we ask of CloudFormation. Every call throws AwsError; an abort comes out as the signal's reason. */
export interface CloudFormation {
  /** Every stack of the region but those that are gone. */
  stacks(signal: AbortSignal): Promise<SeenStack[]>
  /** By name, or by id, which finds a stack that is gone too. */
  stack(name: string, signal: AbortSignal): Promise<SeenStack | undefined>
  /** Begins to work out what would change. Safe to repeat. */
  prepare(request: ChangeSetRequest, signal: AbortSignal): Promise<void>
  changeSet(stack: string, name: string, signal: AbortSignal): Promise<ChangeSet>
  /** Safe to repeat: what is being done already is not refused. */
  execute(stack: string, changeSet: string, signal: AbortSignal): Promise<void>
  dropChangeSet(stack: string, changeSet: string, signal: AbortSignal): Promise<void>
  remove(stack: string, signal: AbortSignal): Promise<void>
  continueRollback(stack: string, signal: AbortSignal): Promise<void>
  /** Those after `last` (an id), the oldest first; all of them where `last` is undefined or no longer known. */
  events(stack: string, last: string | undefined, signal: AbortSignal): Promise<StackEvent[]>
  close(): void
}

export async function openCloudFormation(connection: AwsConnection): Promise<CloudFormation> {
  const sdk = await import('@aws-sdk/client-cloudformation')
  const client: CloudFormationClient = new sdk.CloudFormationClient(connection.config)
  const call = <T>(
    action: string,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => callAws(connection, 'cloudformation', action, signal, () => send({ abortSignal: signal }))

  async function described(name: string | undefined, signal: AbortSignal): Promise<Stack[]> {
    const found: Stack[] = []
    let NextToken: string | undefined
    do {
      const input = { StackName: name, NextToken }
      const page = await call('DescribeStacks', signal, (options) =>
        client.send(new sdk.DescribeStacksCommand(input), options),
      )
      found.push(...(page.Stacks ?? []))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return found
  }

  return {
    stacks: async (signal) =>
      (await described(undefined, signal)).map(stackOf).filter(({ status }) => status !== 'DELETE_COMPLETE'),
    stack: async (name, signal) => {
      try {
        const [found] = await described(name, signal)
        return found && stackOf(found)
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    prepare: async ({ stack, name, type, template, parameters, tags }, signal) => {
      try {
        await call('CreateChangeSet', signal, (options) =>
          client.send(
            new sdk.CreateChangeSetCommand({
              StackName: stack,
              ChangeSetName: name,
              ChangeSetType: type,
              TemplateBody: template,
              Capabilities: ['CAPABILITY_IAM'],
              Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) =>
                ParameterValue === undefined
                  ? { ParameterKey, UsePreviousValue: true }
                  : { ParameterKey, ParameterValue },
              ),
              Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
            }),
            options,
          ),
        )
      } catch (error) {
        // The answer to an attempt of ours was lost: what it made has this very name.
        if (!(error instanceof AwsError && error.code === 'AlreadyExistsException')) throw error
      }
    },
    changeSet: async (stack, name, signal) => {
      const changes: ChangeSet['changes'][number][] = []
      let NextToken: string | undefined
      for (;;) {
        const input = { StackName: stack, ChangeSetName: name, NextToken }
        const page = await call('DescribeChangeSet', signal, (options) =>
          client.send(new sdk.DescribeChangeSetCommand(input), options),
        )
        changes.push(...(page.Changes ?? []).flatMap(changeOf))
        NextToken = page.NextToken
        if (NextToken === undefined) {
          return {
            status: page.Status ?? '',
            reason: page.StatusReason,
            execution: page.ExecutionStatus ?? '',
            changes,
          }
        }
      }
    },
    execute: async (stack, changeSet, signal) => {
      const input = {
        StackName: stack,
        ChangeSetName: changeSet,
        ClientRequestToken: changeSet,
        // What failed in the middle is undone, so that a failure leaves a stack as it was.
        DisableRollback: false,
      }
      try {
        await call('ExecuteChangeSet', signal, (options) =>
          client.send(new sdk.ExecuteChangeSetCommand(input), options),
        )
      } catch (error) {
        // The answer was lost, and it is being done.
        if (!(error instanceof AwsError && /is in EXECUTE_(IN_PROGRESS|COMPLETE)/.test(error.message)))
          throw error
      }
    },
    dropChangeSet: async (stack, changeSet, signal) => {
      const input = { StackName: stack, ChangeSetName: changeSet }
      await call('DeleteChangeSet', signal, (options) =>
        client.send(new sdk.DeleteChangeSetCommand(input), options),
      )
    },
    remove: async (stack, signal) => {
      await call('DeleteStack', signal, (options) =>
        client.send(new sdk.DeleteStackCommand({ StackName: stack }), options),
      )
    },
    continueRollback: async (stack, signal) => {
      await call('ContinueUpdateRollback', signal, (options) =>
        client.send(new sdk.ContinueUpdateRollbackCommand({ StackName: stack }), options),
      )
    },
    events: async (stack, last, signal) => {
      const found: StackEvent[] = []
      let NextToken: string | undefined
      do {
        const input = { StackName: stack, NextToken }
        const page = await call('DescribeStackEvents', signal, (options) =>
          client.send(new sdk.DescribeStackEventsCommand(input), options),
        )
        const events = (page.StackEvents ?? []).flatMap(eventOf)
        const known = events.findIndex(({ id }) => id === last)
        found.push(...(known < 0 ? events : events.slice(0, known)))
        if (known >= 0) break
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      return found.reverse()
    },
    close: () => {
      client.destroy()
    },
  }
}

function stackOf({
  StackName,
  StackId,
  StackStatus,
  StackStatusReason,
  Tags,
  Outputs,
  Parameters,
}: Stack): SeenStack {
  return {
    name: StackName ?? '',
    id: StackId ?? '',
    status: StackStatus ?? '',
    reason: StackStatusReason,
    tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    outputs: Object.fromEntries(
      (Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
    ),
    parameters: (Parameters ?? []).flatMap(({ ParameterKey }) => ParameterKey ?? []),
  }
}

/** CloudFormation has no code of its own for that. */
function isMissing(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'ValidationError' && /does not exist/.test(error.message)
}
