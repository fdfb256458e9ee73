import type {
  Health,
  Observed,
  ObservedResource,
  Resource,
  ResourceId,
  ResourceKind,
  ResourceNeed,
} from '../../src/plan/resource.ts'

/** Short ways to write resources and observations, so that a test shows only what it is about. */
export function resource(
  id: ResourceId,
  overrides: Partial<Resource> & { after?: readonly string[] } = {},
): Resource {
  const { after = [], ...rest } = overrides
  const [kind, name] = id.split('/') as [ResourceKind, string]
  return {
    id,
    kind,
    name,
    spec: undefined,
    parts: { image: '1' },
    updates: {},
    needs: after.map(need),
    replicas: undefined,
    timeout: 1000,
    holdsData: undefined,
    from: { file: 'iamstack.yaml', line: 1, column: 1, length: 1 },
    ...rest,
  }
}

/** `service/db healthy cascade` */
function need(text: string): ResourceNeed {
  const [on, until = 'started', cascade] = text.split(' ') as [
    ResourceId,
    ResourceNeed['until'] | undefined,
    string | undefined,
  ]
  return { on, until, cascade: cascade === 'cascade' }
}

export function seen(
  id: ResourceId,
  health: Health = 'ready',
  overrides: Partial<ObservedResource> = {},
): ObservedResource {
  return {
    id,
    health,
    parts: { image: '1' },
    replicas: undefined,
    detail: health,
    holdsData: undefined,
    ...overrides,
  }
}

export function observed(...resources: readonly ObservedResource[]): Observed {
  return new Map(resources.map((each) => [each.id, each]))
}
