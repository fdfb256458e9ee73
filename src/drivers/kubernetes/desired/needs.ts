import type { ResourceId, ResourceNeed } from '../../../plan/resource.ts'
import type { Need } from '../../../resolve/resolved.ts'
import { configsRead, declarationOf, type Consumer } from '../../consumer.ts'
import type { DesiredContext } from './context.ts'
import { imageNeed } from './context.ts'
import { need } from './objects.ts'

/** What must be in the cluster before a consumer's pods can start. */
export function infrastructureNeeds(consumer: Consumer, context: DesiredContext): ResourceNeed[] {
  const { stack } = context
  const declared = declarationOf(consumer)
  const steps = consumer.kind === 'service' ? consumer.service.init : []
  const images = [declared.image, ...steps.map(({ image }) => image)].flatMap((source) => {
    const id = source && imageNeed(source, context)
    return id === undefined ? [] : [need(id, 'completed')]
  })
  const variables = [declared, ...steps].flatMap(({ env }) => [...env.values()])
  const secrets = [
    ...declared.mounts.flatMap((mount) => (mount.kind === 'secret' ? [mount.secret] : [])),
    ...declared.envFrom.flatMap(({ kind, name }) => (kind === 'secret' ? [name] : [])),
    ...variables.flatMap((value) => {
      if (value.kind === 'secret') return [value.secret]
      const parts = value.kind === 'text' ? value.text.parts : []
      return parts.flatMap((each) =>
        typeof each !== 'string' && each.kind === 'secret' ? [each.secret] : [],
      )
    }),
  ].filter((secret) => context.secretKeys.has(secret))
  const mounts = declared.mounts.flatMap((mount): ResourceId[] => {
    if (mount.kind === 'volume') return [`volume/${mount.volume}`]
    return mount.kind === 'cert' ? [`cert/${mount.cert}`] : []
  })
  const ids: ResourceId[] = [
    `namespace/${stack.namespace}`,
    ...(stack.isolation === 'edges' ? (['network/default-deny'] as const) : []),
    ...[...configsRead(consumer).keys()].map((name): ResourceId => `config/${name}`),
    ...secrets.map((name): ResourceId => `secret/${name}`),
    ...mounts,
  ]
  return [...images, ...ids.map((id) => need(id))]
}

export function needOf({ on, is, cascade }: Need): ResourceNeed {
  return { on: `${on.kind}/${on.name}`, until: is, cascade }
}
