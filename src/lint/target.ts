import { kindSettings } from '../clusters/settings.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { recordOf } from '../drivers/kubernetes/manifests/kind-of.ts'
import type { TargetVersions } from './schema/check-objects.ts'

/** The oldest version of Kubernetes that is supported, and the newest whose kinds are described. */
const oldest = '1.28'
const newest = '1.34'

/** What the profile says of the cluster that objects are for; where it says nothing, every supported version. */
export function targetVersions(stack: ResolvedStack): TargetVersions {
  const version = versionIn(stack)
  return {
    versions: version === undefined ? { oldest, newest } : { oldest: version, newest: version },
    ...(stack.profile.target === 'kind' && nodePortsOf(stack)),
  }
}

function versionIn(stack: ResolvedStack): string | undefined {
  const { target } = stack.profile
  if (target === 'kind') return kindSettings(stack).version
  const version = target === 'eks' ? recordOf(stack.settings.get('eks')?.value)['version'] : undefined
  return typeof version === 'string' ? version : undefined
}

function nodePortsOf(stack: ResolvedStack): Pick<TargetVersions, 'nodePortRange'> {
  const { nodePortRange } = kindSettings(stack)
  return nodePortRange ? { nodePortRange } : {}
}
