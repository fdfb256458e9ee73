import type { Change, StackEvent as SdkEvent } from '@aws-sdk/client-cloudformation'

/** A stack as one look showed it. */
export interface SeenStack {
  readonly name: string
  /** Tells a stack from one of the same name that is gone. */
  readonly id: string
  readonly status: string
  readonly reason: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  /** Names of the parameters that it has values of. */
  readonly parameters: readonly string[]
}

/** Something that happened to a resource of a stack, or to the stack itself. */
export interface StackEvent {
  readonly id: string
  /** Epoch milliseconds. */
  readonly time: number
  /** The logical id; the stack's name where the event is the stack's own. */
  readonly resource: string
  readonly type: string
  readonly status: string
  readonly reason: string | undefined
}

export interface ChangeSet {
  readonly status: string
  readonly reason: string | undefined
  readonly execution: string
  readonly changes: readonly ResourceChange[]
}

/** What would become of one resource. */
export interface ResourceChange {
  readonly op: 'add' | 'modify' | 'remove' | 'other'
  readonly resource: string
  readonly type: string
  /** It would be deleted and made anew: surely, or as something decides that is not known before. */
  readonly replacement: 'no' | 'maybe' | 'yes'
}

export function eventOf(event: SdkEvent): StackEvent[] {
  const { EventId, Timestamp, LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason } = event
  if (EventId === undefined || Timestamp === undefined) return []
  return [
    {
      id: EventId,
      time: Timestamp.getTime(),
      resource: LogicalResourceId ?? '',
      type: ResourceType ?? '',
      status: ResourceStatus ?? '',
      reason: ResourceStatusReason,
    },
  ]
}

export function changeOf({ ResourceChange: change }: Change): ResourceChange[] {
  if (!change) return []
  const ops = { Add: 'add', Modify: 'modify', Remove: 'remove', Dynamic: 'other', Import: 'other' } as const
  const replacements = { True: 'yes', False: 'no', Conditional: 'maybe' } as const
  return [
    {
      op: (change.Action && ops[change.Action as keyof typeof ops]) ?? 'other',
      resource: change.LogicalResourceId ?? '',
      type: change.ResourceType ?? '',
      replacement: (change.Replacement && replacements[change.Replacement]) ?? 'no',
    },
  ]
}
