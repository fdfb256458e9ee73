import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { DesiredObject } from '../spec.ts'
import { desiredObject, isRecord, jsonOf } from './objects.ts'

/** As whom pods speak to the API server: without rights they get no token at all (S63). */
export function accountOf(service: Service): Record<string, unknown> {
  const name = accountNameOf(service)
  if (name === undefined) return { automountServiceAccountToken: false }
  return {
    serviceAccountName: name,
    // An account that exists decides by itself.
    ...(rulesOf(service).length > 0 && { automountServiceAccountToken: true }),
  }
}

function accountNameOf(service: Service): string | undefined {
  return service.serviceAccount ?? (rulesOf(service).length > 0 ? service.name : undefined)
}

/** A service account and its rights in the namespace; nothing where the stack gives none. */
export function accountObjects(service: Service, stack: ResolvedStack): DesiredObject[] {
  const rules = rulesOf(service)
  const name = accountNameOf(service)
  if (rules.length === 0 || name === undefined) return []
  const common = { name, resource: `service/${service.name}` as const, from: service.at('rules') }
  const { kind: role, apiVersion } = kinds.Role
  return [
    desiredObject(stack, { ...common, kind: kinds.ServiceAccount, fields: {} }),
    desiredObject(stack, { ...common, kind: kinds.Role, fields: { rules } }),
    desiredObject(stack, {
      ...common,
      kind: kinds.RoleBinding,
      fields: {
        roleRef: { apiGroup: apiVersion.split('/')[0], kind: role, name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: stack.namespace }],
      },
    }),
  ]
}

/** Rules as RBAC takes them; `apiGroups` absent means the core, as everybody expects. */
function rulesOf({ rules }: Service): unknown[] {
  const written = jsonOf(rules)
  if (!Array.isArray(written)) return []
  return written.map((rule: unknown) =>
    isRecord(rule) && !('nonResourceURLs' in rule) ? { apiGroups: [''], ...rule } : rule,
  )
}
