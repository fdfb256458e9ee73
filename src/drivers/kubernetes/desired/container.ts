import type { EnvValue, Init, Job, Service } from '../../../resolve/resolved.ts'
import type { Consumer } from '../../consumer.ts'
import { declarationOf } from '../../consumer.ts'
import { lookupIn, type Lookup } from '../../inner-lookup.ts'
import type { SecretContent } from '../spec.ts'
import { imageOf, referenceOf, type DesiredContext } from './context.ts'
import { environmentOf, merged, type Environment } from './environment.ts'
import { literals } from './literal.ts'
import { mountsOf, type PodVolumes } from './mounts.ts'
import { initContainerOf } from './names.ts'
import { filled } from './objects.ts'
import { probesOf } from './probes.ts'
import { supervisedProgram } from './supervised.ts'
import { isNamedUser, resourcesOf, securityOf } from './security.ts'

/** What the containers of one service or job are made in. */
export interface ContainerContext extends DesiredContext {
  readonly volumes: PodVolumes
  readonly claimed: ReadonlySet<string>
  /** Probes are for what keeps running. */
  readonly hasProbes: boolean
  /** The pod bears its name. */
  readonly isOwner: boolean
}

export interface Containers {
  readonly main: Readonly<Record<string, unknown>>
  readonly init: readonly Readonly<Record<string, unknown>>[]
  /** Texts with secrets in the environment, by key of the consumer's own Secret. */
  readonly secrets: ReadonlyMap<string, SecretContent>
}

/** The container of a service or job, and those of its init steps, which have its mounts, variables and rights. */
export function containersOf(consumer: Consumer, context: ContainerContext): Containers {
  const declared = declarationOf(consumer)
  const service = consumer.kind === 'service' ? consumer.service : undefined
  const lookup = lookupIn(context.stack, service?.ports ?? new Map())
  const environment = environmentIn(declared, '', lookup, declared.name, context)
  const steps = (service?.init ?? []).map((step) => {
    const own = environmentIn({ env: step.env, envFrom: [] }, `${step.name}.`, lookup, declared.name, context)
    return { step, environment: merged(environment, own) }
  })
  const common = commonOf(consumer, context)
  return {
    main: filled({
      name: declared.name,
      ...mainProgramOf(declared, service, lookup, context),
      ...variablesOf(environment),
      ...(service && servingOf(service, lookup, context)),
      ...common,
    }),
    init: steps.map(({ step, environment: own }) =>
      filled({
        name: initContainerOf(declared.name, step.name, context.isOwner),
        ...programOf(step, step.image, lookup, context),
        ...variablesOf(own),
        ...common,
      }),
    ),
    secrets: new Map(
      [environment, ...steps.map((each) => each.environment)].flatMap(({ secrets }) => [...secrets]),
    ),
  }
}

function environmentIn(
  declared: { readonly env: ReadonlyMap<string, EnvValue>; readonly envFrom: Service['envFrom'] },
  prefix: string,
  lookup: Lookup,
  consumer: string,
  context: DesiredContext,
): Environment {
  return environmentOf(declared, { consumer, lookup, prefix }, context)
}

function variablesOf({ env, envFrom }: Environment): Record<string, unknown> {
  return { env, envFrom }
}

/** Entrypoint and command are argv as written (S35): nothing expands them but our own references. */
function programOf(
  { entrypoint, command }: Pick<Job | Init, 'entrypoint' | 'command'>,
  image: Job['image'],
  lookup: Lookup,
  context: DesiredContext,
) {
  return {
    image: imageOf(image, context),
    imagePullPolicy: image ? context.cluster.pullPolicy(referenceOf(image, context.facts)) : undefined,
    command: entrypoint && literals(entrypoint, lookup),
    args: command && literals(command, lookup),
  }
}

function mainProgramOf(
  declared: Service | Job,
  service: Service | undefined,
  lookup: Lookup,
  context: DesiredContext,
): Record<string, unknown> {
  const program = programOf(declared, declared.image, lookup, context)
  return service?.dev.isSupervised
    ? { ...program, ...supervisedProgram(service, program, context.facts) }
    : program
}

/** What a program that keeps running has besides. */
function servingOf(
  service: Service,
  lookup: Lookup,
  { hasProbes }: ContainerContext,
): Record<string, unknown> {
  const { pre } = service.stop
  return {
    ports: [...service.ports.values()].map(({ name, port, protocol }) => ({
      name,
      containerPort: port,
      protocol: protocol.toUpperCase(),
    })),
    ...(hasProbes && probesOf(service.health, service.ports, lookup)),
    // Hooks are not expanded.
    lifecycle: pre && { preStop: { exec: { command: pre } } },
  }
}

function commonOf(consumer: Consumer, context: ContainerContext): Record<string, unknown> {
  const declared = declarationOf(consumer)
  const service = consumer.kind === 'service' ? consumer.service : undefined
  const reader = {
    consumer: declared.name,
    isOpen: declared.user === undefined && isNamedUser(imageUserOf(declared, context)),
    claimed: context.claimed,
  }
  return {
    workingDir: declared.workingDir,
    resources: resourcesOf(declared.resources),
    volumeMounts: mountsOf(declared.mounts, reader, context.volumes, context),
    securityContext: securityOf(declared),
    // The last words of a program that wrote nothing else are its log.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(service?.tty === true && { tty: true, stdin: true }),
  }
}

/** USER of the image, where its Dockerfile is ours to read. */
export function imageUserOf({ image }: Pick<Job, 'image'>, { facts }: DesiredContext): string | undefined {
  return image?.kind === 'built' ? facts.images.get(image.image)?.defaults.user : undefined
}
