import type { AwsConnection } from './connection.ts'
import { queryAws } from './query.ts'
import type { Tag } from './tagged.ts'

/** A disk of EBS that is there. */
export interface CloudVolume {
  /** `vol-0123456789abcdef0` */
  readonly id: string
  readonly gib: number
}

/** Disks with a tag, as EC2 itself knows them. Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html. */
export async function taggedVolumes(
  connection: AwsConnection,
  { key, value }: Tag,
  signal: AbortSignal,
): Promise<CloudVolume[]> {
  const { region } = connection.options
  const host = `ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
  const service = { name: 'ec2', version: '2016-11-15', region, host } as const
  const filter = { 'Filter.1.Name': `tag:${key}`, 'Filter.1.Value.1': value }
  const found: CloudVolume[] = []
  let token: string | undefined
  do {
    const fields = { ...filter, ...(token !== undefined && { NextToken: token }) }
    const page: string = await queryAws(connection, service, 'DescribeVolumes', fields, signal)
    found.push(...volumesIn(page))
    token = /<nextToken>([^<]+)<\/nextToken>/.exec(page)?.[1]
  } while (token !== undefined)
  return found
}

/** `size` stands right behind the id of a volume, and not behind that of an attachment. */
function volumesIn(page: string): CloudVolume[] {
  const pattern = /<volumeId>(vol-[0-9a-f]+)<\/volumeId>\s*<size>(\d+)<\/size>/g
  return [...page.matchAll(pattern)].map(([, id = '', size]) => ({ id, gib: Number(size) }))
}
