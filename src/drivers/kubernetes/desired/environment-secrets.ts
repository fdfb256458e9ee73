import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { ResolvedStack } from '../../../resolve/resolved.ts'
import type { Span } from '../../../stack/diagnostics.ts'
import type { DesiredObject, SecretContent } from '../spec.ts'
import { secretOfEnvironment } from './names.ts'
import { desiredObject } from './objects.ts'

/** A Secret for each consumer whose environment has texts with secrets in them (`postgres://u:${secret.db.password}@db`). */
export function environmentSecrets(
  byConsumer: ReadonlyMap<string, ReadonlyMap<string, SecretContent>>,
  resource: ResourceId,
  from: Span,
  stack: ResolvedStack,
): DesiredObject[] {
  return [...byConsumer].flatMap(([consumer, secrets]) =>
    secrets.size === 0
      ? []
      : [
          desiredObject(stack, {
            kind: kinds.Secret,
            name: secretOfEnvironment(consumer),
            resource,
            fields: { type: 'Opaque' },
            secrets,
            from,
          }),
        ],
  )
}
