/** What the name of an instance type says: `m7gd.large` is family m, generation 7, a processor of AWS's own, with disks. */
export interface InstanceType {
  readonly arch: 'amd64' | 'arm64'
  readonly hasGpu: boolean
  /** `large`, `2xlarge`, `metal`. */
  readonly size: string
}

/** Undefined for what is no instance type. Source: docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html. */
export function instanceType(name: string): InstanceType | undefined {
  const [, family, generation, attributes = '', size] =
    /^([a-z]+)-?(\d+)([a-z]*)[a-z0-9-]*\.(nano|micro|small|medium|(?:\d*x)?large|metal[a-z0-9-]*)$/.exec(
      name,
    ) ?? []
  if (family === undefined || generation === undefined || size === undefined) return undefined
  const isGraviton = attributes.startsWith('g') || (family === 'a' && generation === '1')
  return {
    arch: isGraviton ? 'arm64' : 'amd64',
    hasGpu: family === 'p' || family === 'g' || family === 'gr',
    size,
  }
}

/** Sizes whose few network addresses hold hardly more pods than every node needs for itself (4: t3.nano, t3.micro). */
export const tooSmallSizes: ReadonlySet<string> = new Set(['nano', 'micro'])
