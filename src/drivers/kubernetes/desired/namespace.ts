import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { part, together } from '../../content-parts.ts'
import type { KubeResource } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { secretOfRegistry } from './names.ts'
import { desiredObject, need, passiveResource } from './objects.ts'
import { registriesWithSecret } from './pod.ts'

/** `namespace/NS`: where all of it lives (S58), with the credentials that its pods pull images by (S17). */
export function namespaceResource(context: DesiredContext): KubeResource {
  const { stack, cluster } = context
  const id = `namespace/${stack.namespace}` as const
  const from = { file: stack.file, line: 1, column: 1, length: 1 }
  const registries = registriesWithSecret(context)
  const namespace = desiredObject(stack, {
    kind: kinds.Namespace,
    name: stack.namespace,
    resource: id,
    fields: {},
    from,
  })
  const secrets = registries.map((registry) =>
    desiredObject(stack, {
      kind: kinds.Secret,
      name: secretOfRegistry(registry.name),
      resource: id,
      fields: { type: 'kubernetes.io/dockerconfigjson' },
      secrets: new Map([['.dockerconfigjson', { kind: 'registry', registry: registry.name }]]),
      from: registry.from,
    }),
  )
  const parts = together(
    registries.map(({ name, host, credentials }) => part(`registry ${name}`, host, credentials)),
  )
  return passiveResource({
    id,
    objects: [namespace, ...secrets],
    parts,
    needs: cluster.desired().map((each) => need(each.id, 'healthy')),
    holdsData: `everything in namespace ${stack.namespace}`,
    from,
  })
}
