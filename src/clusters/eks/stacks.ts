import { yamlText } from '../../drivers/yaml-text.ts'
import { digest } from '../../plan/hash.ts'
import type { EksSettings } from './settings.ts'
import { addonsTemplate } from './templates/addons.ts'
import { clusterTemplate } from './templates/cluster.ts'
import type { Template } from './templates/document.ts'
import { stackName, type StackPart } from './templates/names.ts'
import { networkTemplate } from './templates/network.ts'
import { nodesTemplate } from './templates/nodes.ts'
import { registryTemplate } from './templates/registry.ts'

/** A CloudFormation stack as it should be. */
export interface CloudStack {
  readonly part: StackPart
  /** As CloudFormation knows it. */
  readonly name: string
  readonly template: Template
  /** The template as it is sent and shown: the same settings give the same bytes. */
  readonly text: string
  /** Of what the template says; the stack repeats it in its output `Digest`. */
  readonly digest: string
  /** Stacks that must be there before this one, and go after it. */
  readonly needs: readonly string[]
}

/** Everything that makes a cluster, each stack after those that it needs. Pure. */
export function cloudStacks(settings: EksSettings): CloudStack[] {
  const { network, nodes, repositories } = settings
  const nameOf = (part: StackPart): string => stackName(settings, part)
  const cluster = nameOf('cluster')
  const groups = nodes.map((group) =>
    cloudStack(settings, `nodes-${group.name}`, nodesTemplate(settings, group), [cluster]),
  )
  return [
    ...(repositories.length > 0 ? [cloudStack(settings, 'registry', registryTemplate(settings), [])] : []),
    ...(network.kind === 'made'
      ? [cloudStack(settings, 'network', networkTemplate(settings, network), [])]
      : []),
    cloudStack(
      settings,
      'cluster',
      clusterTemplate(settings),
      network.kind === 'made' ? [nameOf('network')] : [],
    ),
    ...groups,
    cloudStack(
      settings,
      'addons',
      addonsTemplate(settings),
      groups.map(({ name }) => name),
    ),
  ]
}

/** The files of `render`, in the order in which `aws cloudformation deploy` can be run. */
export function renderedStacks(
  stacks: readonly CloudStack[],
): { readonly path: string; readonly text: string }[] {
  return stacks.map(({ name, text }, index) => ({
    path: `cloudformation/${String(index + 1).padStart(2, '0')}-${name}.yaml`,
    text,
  }))
}

/**
 * What a stack was made from rides in an output of it: one list of all stacks shows it, and unlike a tag it does not travel to
 * every resource, which would be a change of each.
 */
function cloudStack(
  settings: EksSettings,
  part: StackPart,
  written: Template,
  needs: readonly string[],
): CloudStack {
  const content = digest(written)
  const template = { ...written, Outputs: { ...written.Outputs, Digest: { Value: content } } }
  return {
    part,
    name: stackName(settings, part),
    template,
    text: yamlText(template),
    digest: content,
    needs,
  }
}
