import type { ResolvedStack, Service } from '../../resolve/resolved.ts'
import type { Diagnostic } from '../../stack/diagnostics.ts'
import { exposureFindings } from './check/exposure.ts'
import { ignored, refused, when } from './check/finding.ts'
import { nameFindings } from './check/names.ts'
import { externalFindings, routeFindings } from './check/outside.ts'
import { patchFindings } from './check/patches.ts'
import { podFindings } from './check/pods.ts'
import { programFindings, volumeFindings } from './check/programs.ts'
import { serviceFindings } from './check/services.ts'
import type { ClusterFacts } from './desired/context.ts'
import { isRecord, jsonOf } from './desired/objects.ts'

/**
 * Everything in a stack that this cluster refuses or does otherwise, each at its line. What only the content of files shows is
 * found by `desiredResources`.
 */
export function check(stack: ResolvedStack, cluster: ClusterFacts): Diagnostic[] {
  const services = [...stack.services.values()]
  return [
    ...nameFindings(stack),
    ...services.flatMap((service) =>
      service.external
        ? externalFindings(service, stack, cluster)
        : [
            ...programFindings('service', service, cluster),
            ...serviceFindings(service, stack, cluster),
            ...podFindings(service, stack),
            ...ruleFindings(service),
            ...patchFindings(service, stack, cluster),
          ],
    ),
    ...[...stack.jobs.values()].flatMap((job) => programFindings('job', job, cluster)),
    ...volumeFindings(stack, cluster),
    ...exposureFindings(stack, cluster),
    ...[...stack.routes.values()].flatMap((route) => routeFindings(route, stack, cluster)),
    ...isolationFindings(stack, cluster),
  ]
}

/** A Role gives rights to resources of its namespace. */
function ruleFindings({ name, rules, at }: Service): Diagnostic[] {
  const written = jsonOf(rules)
  if (!Array.isArray(written)) return []
  return written.flatMap((rule: unknown) => {
    const fields = isRecord(rule) ? rule : {}
    return [
      ...when('nonResourceURLs' in fields, () =>
        refused(
          'rules',
          `service ${name}: rights to URLs are for the whole cluster, which a stack does not give`,
          at('rules'),
          'write a ClusterRole under `manifests`',
        ),
      ),
      ...(['verbs', 'resources'] as const).flatMap((key) =>
        when(!Array.isArray(fields[key]) && !('nonResourceURLs' in fields), () =>
          refused('rules', `service ${name}: a rule has no \`${key}\``, at('rules'), `add ${key}: […]`),
        ),
      ),
    ]
  })
}

/** Policies are kept by the network of the cluster, or not at all. */
function isolationFindings(
  { isolation, settings, file }: ResolvedStack,
  { target }: ClusterFacts,
): Diagnostic[] {
  const from = settings.get('isolation')?.from ?? { file, line: 1, column: 1, length: 1 }
  return when(isolation === 'edges' && target === 'docker-desktop', () =>
    ignored(
      'isolation',
      'isolation: edges is written down here but not enforced: the network of Docker Desktop knows no policies',
      from,
    ),
  )
}
