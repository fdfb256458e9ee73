import { digest } from '../../../plan/hash.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { ImageSource, Registry, Service } from '../../../resolve/resolved.ts'
import { declarationOf, type Consumer } from '../../consumer.ts'
import { contentAnnotation, labelsOf, selectorOf } from '../labels.ts'
import type { SecretContent } from '../spec.ts'
import { accountOf } from './account.ts'
import { containersOf, imageUserOf, type Containers } from './container.ts'
import { imageOf, type DesiredContext } from './context.ts'
import { podVolumes } from './mounts.ts'
import { secretOfRegistry } from './names.ts'
import { filled } from './objects.ts'
import { placementOf } from './placement.ts'
import { seconds } from './quantities.ts'
import { mountGroupOf } from './security.ts'

export interface PodInput {
  /** The owner of the pod first. */
  readonly consumers: readonly [Consumer, ...Consumer[]]
  readonly resource: ResourceId
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never'
  readonly hasProbes: boolean
  /** Volumes of which each replica has its own. */
  readonly claimed: ReadonlySet<string>
  /** Parts that the pod starts anew for when their content changes. */
  readonly content: Readonly<Record<string, string>>
}

export interface Pod {
  readonly template: Readonly<Record<string, unknown>>
  /** Texts with secrets in the environment, by consumer. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, SecretContent>>
}

/** The pod template of a workload: one container for each member, scratch mounts and network shared. */
export function podOf(input: PodInput, context: DesiredContext): Pod {
  const { consumers, claimed, hasProbes } = input
  const [owner] = consumers
  const volumes = podVolumes()
  const made = consumers.map((consumer): [string, Containers] => [
    declarationOf(consumer).name,
    containersOf(consumer, { ...context, volumes, claimed, hasProbes, isOwner: consumer === owner }),
  ])
  const service = owner.kind === 'service' ? owner.service : undefined
  return {
    template: {
      metadata: metadataOf(input, service, context),
      spec: filled({
        ...(service && accountOf(service)),
        ...(!service && { automountServiceAccountToken: false }),
        // Every Service of the namespace would become half a dozen variables: thousands of them slow programs down, and
        // `X_PORT=tcp://…` is taken by programs that have a variable of that name for their own setting.
        enableServiceLinks: false,
        restartPolicy: input.restartPolicy,
        hostname: service?.hostname,
        imagePullSecrets: pullSecretsOf(consumers, context),
        terminationGracePeriodSeconds: graceOf(consumers),
        securityContext: podSecurityOf(consumers, context),
        ...(service && placementOf(service, context.stack.project)),
        initContainers: made.flatMap(([, { init }]) => init),
        containers: made.map(([, { main }]) => main),
        volumes: volumes.list(),
      }),
    },
    secrets: new Map(made.map(([name, { secrets }]) => [name, secrets])),
  }
}

function metadataOf(
  { consumers: [owner], resource, content }: PodInput,
  service: Service | undefined,
  { stack }: DesiredContext,
): Record<string, unknown> {
  const { name } = declarationOf(owner)
  return filled({
    labels: {
      ...Object.fromEntries(service?.labels ?? []),
      ...labelsOf(stack.project, resource),
      ...selectorOf(stack.project, name),
    },
    annotations: {
      ...Object.fromEntries(service?.annotations ?? []),
      ...(Object.keys(content).length > 0 && { [contentAnnotation]: digest(content) }),
    },
  })
}

/** The longest that any member asks for. */
function graceOf(consumers: readonly Consumer[]): number | undefined {
  const graces = consumers.flatMap((each) => (each.kind === 'service' ? [each.service.stop.grace] : []))
  if (graces.length === 0) return undefined
  const longest = Math.max(...graces)
  return longest === 0 ? 0 : seconds(longest)
}

function podSecurityOf(
  consumers: readonly Consumer[],
  context: DesiredContext,
): Record<string, unknown> | undefined {
  const groups = consumers.flatMap((consumer) => {
    const declared = declarationOf(consumer)
    return declared.mounts.length > 0 || ('fsGroup' in declared && declared.fsGroup !== undefined)
      ? [mountGroupOf(declared, imageUserOf(declared, context))]
      : []
  })
  const fsGroup = groups.find((group) => group !== undefined)
  // A volume with many files is not gone through at every start.
  return fsGroup === undefined ? undefined : { fsGroup, fsGroupChangePolicy: 'OnRootMismatch' }
}

/** Registries that need credentials, among those that the images of the pod come from (S17). */
function pullSecretsOf(consumers: readonly Consumer[], context: DesiredContext): unknown[] {
  const sources = consumers.flatMap((consumer): ImageSource[] => {
    const { image } = declarationOf(consumer)
    const steps = consumer.kind === 'service' ? consumer.service.init : []
    return [image, ...steps.map((step) => step.image)].flatMap((source) => source ?? [])
  })
  const images = sources.map((source) => imageOf(source, context))
  return registriesWithSecret(context).flatMap((registry) =>
    images.some((image) => isFrom(registry, image)) ? [{ name: secretOfRegistry(registry.name) }] : [],
  )
}

/** Nodes of EKS are let in by their role, so ECR needs no Secret there. */
export function registriesWithSecret({ stack, cluster }: DesiredContext): Registry[] {
  return [...stack.registries.values()].filter(
    ({ credentials }) =>
      credentials !== undefined && !(credentials.kind === 'ecr' && cluster.target === 'eks'),
  )
}

const dockerHub = ['docker.io', 'index.docker.io', 'registry-1.docker.io']

function isFrom({ host }: Registry, image: string): boolean {
  const [first = '', ...others] = image.split('/')
  const named = others.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io'
  return dockerHub.includes(host)
    ? dockerHub.includes(named)
    : named === host.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}
