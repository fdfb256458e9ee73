import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Consumer } from '../../consumer.ts'
import { contentParts, part, shortDigest } from '../../content-parts.ts'
import { podMates } from '../../pods.ts'
import { selectorOf } from '../labels.ts'
import type { DesiredObject, KubeResource, Readiness } from '../spec.ts'
import { accountObjects } from './account.ts'
import { autoscalerObjects } from './autoscaler.ts'
import type { DesiredContext } from './context.ts'
import { environmentSecrets } from './environment-secrets.ts'
import { externalResource } from './external.ts'
import { infrastructureNeeds, needOf } from './needs.ts'
import { policyObjects } from './network.ts'
import { desiredObject, need, uniqueNeeds, updatesOf } from './objects.ts'
import { partsOfCompanions, partsOfWorkload } from './parts.ts'
import { patched } from './patch.ts'
import { podOf, type Pod } from './pod.ts'
import { reloadedParts } from './reload.ts'
import { clusterAnnotationsOf, serviceObjects } from './services.ts'
import { claimedVolumes, workloadObject, type WorkloadObject } from './workload.ts'

/** `service/x`: a workload with all that serves it alone; of a pod's other members only what leads to them. */
export function serviceResource(service: Service, context: DesiredContext): KubeResource {
  if (service.external) return externalResource(service, context)
  const members = podMates(context.stack, service)
  return members[0] === service
    ? ownerResource(service, members, context)
    : memberResource(service, members, context)
}

const fixedParts = ['workload', 'headless']

function ownerResource(owner: Service, members: readonly Service[], context: DesiredContext): KubeResource {
  const { stack } = context
  const id = `service/${owner.name}` as const
  const content = contentOf(members, context)
  const reloaded = reloadedParts(members, context)
  const pod = podOf(
    {
      consumers: [consumerOf(owner), ...members.slice(1).map(consumerOf)],
      resource: id,
      restartPolicy: restartPolicyOf(owner),
      hasProbes: owner.workload !== 'cron',
      claimed: claimedVolumes(members),
      content: Object.fromEntries(Object.entries(content).filter(([name]) => !reloaded.has(name))),
    },
    context,
  )
  const workload = workloadObject(owner, members, pod.template, context)
  const services = serviceObjects(owner, members, context)
  const objects = patched(
    [
      desiredWorkload(owner, workload, stack),
      ...accountObjects(owner, stack),
      ...environmentSecrets(pod.secrets, id, owner.from, stack),
      ...policyObjects(owner, context),
      ...services.objects,
      ...autoscalerObjects(owner, stack),
    ],
    owner,
  )
  const parts = ownerParts(owner, objects, pod, workload, content)
  const infrastructure = members.flatMap((member) => infrastructureNeeds(consumerOf(member), context))
  const names = new Set(members.map(({ name }) => name))
  return {
    id,
    kind: 'service',
    name: owner.name,
    spec: {
      kind: 'objects',
      objects,
      readiness: readinessOf(owner, services, undefined),
      isReplacedWith: fixedParts,
    },
    parts,
    updates: {
      ...updatesOf(parts, fixedParts),
      ...Object.fromEntries([...reloaded].map((name) => [name, 'reload' as const])),
    },
    isRenewedByUpdates: true,
    needs: uniqueNeeds([
      ...infrastructure,
      // Members come and go together, so they cannot wait for one another.
      ...members.flatMap((member) => member.needs.filter(({ on }) => !names.has(on.name)).map(needOf)),
    ]),
    replicas: hasReplicas(owner) ? owner.replicas : undefined,
    timeout: owner.update.timeout,
    holdsData: undefined,
    from: owner.from,
  }
}

/** Where load or the number of nodes decides, nobody else does. */
function hasReplicas({ workload, scale }: Service): boolean {
  return scale === undefined && (workload === 'deployment' || workload === 'stateful')
}

function memberResource(
  service: Service,
  members: readonly Service[],
  context: DesiredContext,
): KubeResource {
  const { stack } = context
  const [owner = service] = members
  const services = serviceObjects(service, members, context)
  const objects = patched(services.objects, service)
  const parts = { ...part('pod', owner.name), ...partsOfCompanions(objects, service) }
  const isReplacedWith = ['headless']
  return {
    id: `service/${service.name}`,
    kind: 'service',
    name: service.name,
    spec: {
      kind: 'objects',
      objects,
      readiness: readinessOf(owner, services, service.name),
      isReplacedWith,
    },
    parts,
    updates: updatesOf(parts, isReplacedWith),
    needs: [need(`namespace/${stack.namespace}`), need(`service/${owner.name}`)],
    replicas: undefined,
    timeout: service.update.timeout,
    holdsData: undefined,
    from: service.from,
  }
}

function consumerOf(service: Service): Consumer {
  return { kind: 'service', service }
}

/** What the members read, each thing once; a config that they see differently counts with all that they see. */
function contentOf(members: readonly Service[], { stack, facts }: DesiredContext): Record<string, string> {
  const digests = new Map<string, Set<string>>()
  for (const member of members) {
    for (const [name, digest] of Object.entries(contentParts(consumerOf(member), stack, facts)))
      digests.set(name, (digests.get(name) ?? new Set()).add(digest))
  }
  return Object.fromEntries(
    [...digests].map(([name, values]) => {
      const [first = '', ...others] = values
      return [name, others.length === 0 ? first : shortDigest([...values])]
    }),
  )
}

function ownerParts(
  owner: Service,
  objects: readonly DesiredObject[],
  pod: Pod,
  workload: WorkloadObject,
  content: Readonly<Record<string, string>>,
): Record<string, string> {
  const [first, ...companions] = objects
  return {
    ...(first && partsOfWorkload(first, pod.secrets, owner.name)),
    ...partsOfCompanions(companions, owner),
    ...part('workload', workload.identity),
    ...content,
  }
}

function desiredWorkload(
  owner: Service,
  { kind, fields }: WorkloadObject,
  stack: ResolvedStack,
): DesiredObject {
  return desiredObject(stack, {
    kind,
    name: owner.name,
    resource: `service/${owner.name}`,
    labels: {
      ...Object.fromEntries(owner.labels),
      ...selectorOf(stack.project, owner.name),
    },
    annotations: { ...Object.fromEntries(owner.annotations), ...clusterAnnotationsOf(owner) },
    fields,
    from: owner.from,
  })
}

/** Pods of controllers that keep them running always restart; a scheduled run does so only when it failed. */
function restartPolicyOf({ workload, restart }: Service): 'Always' | 'OnFailure' | 'Never' {
  if (workload !== 'cron') return 'Always'
  return restart === 'no' ? 'Never' : 'OnFailure'
}

function readinessOf(
  owner: Service,
  { withEndpoints, loadBalancers }: ReturnType<typeof serviceObjects>,
  container: string | undefined,
): Readiness {
  const { name } = owner
  switch (owner.workload) {
    case 'cron':
      return { kind: 'cron', name }
    case 'deployment':
    case 'stateful':
    case 'daemon': {
      const workload = ({ deployment: 'Deployment', stateful: 'StatefulSet', daemon: 'DaemonSet' } as const)[
        owner.workload
      ]
      // Nobody answers where nobody is wanted.
      const services = hasReplicas(owner) && owner.replicas === 0 ? [] : withEndpoints
      return { kind: 'workload', workload, name, services, container, loadBalancers }
    }
    default:
      return owner.workload satisfies never
  }
}
