import { errorAt, warningAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { endpointFindings } from './check/endpoint.ts'
import { nameFindings } from './check/names.ts'
import { networkFindings } from './check/network.ts'
import { nodeFindings } from './check/nodes.ts'
import type { EksSettings } from './settings.ts'
import { cloudStacks, type CloudStack } from './stacks.ts'
import { eksVersions } from './versions.ts'

/** What AWS would refuse of the block `eks`, or what would surprise, found without asking it. `today` is like 2026-01-31. */
export function eksFindings(settings: EksSettings, today: string): Diagnostic[] {
  const findings = [
    ...regionFindings(settings),
    ...versionFindings(settings, today),
    ...nameFindings(settings),
    ...networkFindings(settings),
    ...endpointFindings(settings),
    ...nodeFindings(settings),
    ...storageFindings(settings),
  ]
  return [...findings, ...cloudStacks(settings).flatMap((stack) => sizeFindings(settings, stack))]
}

function regionFindings({ region, at }: EksSettings): Diagnostic[] {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return []
  return [
    errorAt(
      'eks/region',
      region === '' ? 'no region is named' : `${region} is no AWS region`,
      at('region'),
      'like eu-west-1',
    ),
  ]
}

function versionFindings({ version, at }: EksSettings, today: string): Diagnostic[] {
  const span = at('version')
  const known = eksVersions.find((each) => each.version === version)
  const [oldest, newest] = [
    eksVersions.find(({ extendedUntil }) => extendedUntil === undefined || extendedUntil >= today),
    eksVersions.at(-1),
  ]
  const offered = `EKS has ${oldest?.version ?? ''} to ${newest?.version ?? ''}, as far as this version of iamstack knows`
  if (known === undefined) {
    const hint = /^1\.\d+\.\d+$/.test(version)
      ? `${offered}; AWS chooses the patch: ${version.split('.').slice(0, 2).join('.')}`
      : offered
    return [errorAt('eks/version', `EKS has no Kubernetes ${version}`, span, hint)]
  }
  if (known.extendedUntil !== undefined && known.extendedUntil < today) {
    return [
      errorAt('eks/version', `EKS ended Kubernetes ${version} on ${known.extendedUntil}`, span, offered),
    ]
  }
  if (known.standardUntil !== undefined && known.standardUntil < today) {
    return [
      warningAt(
        'eks/extended-support',
        `ordinary support of Kubernetes ${version} ended on ${known.standardUntil}: the control plane costs several times as much`,
        span,
        'write a newer version',
      ),
    ]
  }
  return []
}

/** Source: parameters of ebs.csi.aws.com (kubernetes-sigs/aws-ebs-csi-driver, docs/parameters.md). */
const volumeTypes = ['gp3', 'gp2', 'io2', 'io1', 'st1', 'sc1', 'standard']

function storageFindings({ storageType, at }: EksSettings): Diagnostic[] {
  if (volumeTypes.includes(storageType)) return []
  return [
    errorAt(
      'eks/storage',
      `EBS has no volumes of type ${storageType}`,
      at('storage', 'default'),
      `one of ${volumeTypes.join(', ')}`,
    ),
  ]
}

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html. Bytes; resources. */
const limits = { template: 51_200, resources: 500 } as const

export function sizeFindings(
  settings: Pick<EksSettings, 'at'>,
  { name, text, template }: CloudStack,
): Diagnostic[] {
  const bytes = Buffer.byteLength(text)
  const resources = Object.keys(template.Resources).length
  if (bytes <= limits.template && resources <= limits.resources) return []
  return [
    errorAt(
      'eks/template-size',
      `the CloudFormation stack ${name} would have ${resources} resources in ${bytes} bytes; AWS takes ${limits.resources} in ${limits.template}`,
      settings.at(),
      'split the stack file: each has repositories and node groups of its own',
    ),
  ]
}
