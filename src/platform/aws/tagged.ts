import { callAws, type AwsConnection } from './connection.ts'

/** CloudFormation puts it on what it makes. */
const stackTag = 'aws:cloudformation:stack-id'

export interface Tag {
  readonly key: string
  readonly value: string
}

export interface TaggedResource {
  readonly arn: string
  /** A CloudFormation stack made it, and answers for it. */
  readonly isOfStack: boolean
}

/**
 * Everything in the region that has a tag, whatever service it belongs to. The index that answers lags behind by minutes:
 * what is gone may still be in it.
 */
export async function taggedResources(
  connection: AwsConnection,
  { key, value }: Tag,
  signal: AbortSignal,
): Promise<TaggedResource[]> {
  const { ResourceGroupsTaggingAPIClient, GetResourcesCommand } =
    await import('@aws-sdk/client-resource-groups-tagging-api')
  const client = new ResourceGroupsTaggingAPIClient(connection.config)
  try {
    const found: TaggedResource[] = []
    let PaginationToken: string | undefined
    do {
      const input = { TagFilters: [{ Key: key, Values: [value] }], PaginationToken }
      const page = await callAws(connection, 'tag', 'GetResources', signal, () =>
        client.send(new GetResourcesCommand(input), { abortSignal: signal }),
      )
      found.push(
        ...(page.ResourceTagMappingList ?? []).flatMap(({ ResourceARN: arn, Tags: tags = [] }) =>
          arn === undefined ? [] : [{ arn, isOfStack: tags.some(({ Key }) => Key === stackTag) }],
        ),
      )
      PaginationToken = page.PaginationToken === '' ? undefined : page.PaginationToken
    } while (PaginationToken !== undefined)
    return found
  } finally {
    client.destroy()
  }
}
