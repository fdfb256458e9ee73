import { errorAt, type Span } from '../diagnostics.ts'
import { hasReference } from '../schema/describe.ts'
import { entriesOf, isDeclared, type CheckContext, type ServiceToCheck } from './context.ts'

/** Members of one service, pod or setting that contradict each other. */
export function checkWorkloads(context: CheckContext): void {
  for (const [name, service] of entriesOf(context.value.services)) checkService(context, name, service)
  checkPods(context)
  checkVariables(context)
  checkNodes(context)
  const registry = context.value.registry
  if (registry?.name !== undefined)
    isDeclared(context, 'registries', registry.name, context.spanOf(registry, 'name'))
}

function checkService(context: CheckContext, name: string, service: ServiceToCheck): void {
  const at = (key: string) => context.spanOf(service, key)
  const { scale, replicas, workload } = service
  if (service.singleton === true && typeof replicas === 'number' && replicas > 1) {
    const hint = 'remove `singleton`, or leave `replicas` at 1'
    context.add(
      errorAt(
        'check/singleton',
        `\`${name}\` is a singleton and cannot have ${String(replicas)} replicas`,
        at('replicas'),
        hint,
      ),
    )
  }
  if (service.singleton === true && scale) {
    context.add(
      errorAt(
        'check/singleton',
        `\`${name}\` is a singleton and cannot scale`,
        at('scale'),
        'remove one of the two',
      ),
    )
  }
  if (scale && typeof scale.min === 'number' && typeof scale.max === 'number' && scale.min > scale.max) {
    context.add(
      errorAt(
        'check/scale',
        `\`min\` ${String(scale.min)} is more than \`max\` ${String(scale.max)}`,
        context.spanOf(scale, 'min'),
      ),
    )
  }
  if (scale && scale.cpu === undefined && scale.memory === undefined) {
    context.add(
      errorAt(
        'check/scale',
        `\`scale\` of \`${name}\` does not say by what`,
        at('scale'),
        'add `cpu: 80%` or `memory: 80%`',
      ),
    )
  }
  if (workload === 'cron' && service.schedule === undefined) {
    context.add(
      errorAt(
        'check/schedule',
        `\`${name}\` is a cron workload without \`schedule\``,
        at('workload'),
        'add `schedule: "*/5 * * * *"`',
      ),
    )
  }
  if (
    service.schedule !== undefined &&
    workload !== 'cron' &&
    (workload === undefined || !hasReference(workload))
  ) {
    context.add(
      errorAt(
        'check/schedule',
        `\`schedule\` of \`${name}\` has no effect`,
        at('schedule'),
        'add `workload: cron`',
      ),
    )
  }
  if (workload === 'daemon' && (replicas !== undefined || scale)) {
    const key = replicas === undefined ? 'scale' : 'replicas'
    context.add(
      errorAt(
        'check/daemon',
        `\`${name}\` is a daemon: one replica on each node`,
        at(key),
        `remove \`${key}\``,
      ),
    )
  }
  if (service.update?.surge === 0 && service.update.unavailable === 0) {
    const message = `the update of \`${name}\` can neither add nor remove a replica`
    context.add(
      errorAt(
        'check/update',
        message,
        context.spanOf(service.update, 'surge'),
        'raise `surge` or `unavailable`',
      ),
    )
  }
}

/** Members of a pod share one network, so ports must differ, and one scale, so only the owner sets it. */
function checkPods(context: CheckContext): void {
  const pods = new Map<string, [string, ServiceToCheck][]>()
  for (const [name, service] of entriesOf(context.value.services)) {
    if (service.pod === undefined || hasReference(service.pod)) continue
    pods.set(service.pod, [...(pods.get(service.pod) ?? []), [name, service]])
  }
  for (const [pod, members] of pods) {
    const owner = members.find(([name]) => name === pod)?.[0] ?? members[0]?.[0] ?? pod
    const taken = new Map<string, { readonly owner: string; readonly at: Span | undefined }>()
    for (const [name, service] of members) {
      checkMember(context, pod, owner, name, service)
      for (const [, port] of entriesOf(service.ports)) {
        const slot = `${String(port.port)}/${port.protocol ?? 'tcp'}`
        const at = context.spanOf(port, 'port')
        const first = taken.get(slot)
        if (first && typeof port.port === 'number') {
          context.add({
            ...errorAt(
              'check/duplicate-port',
              `\`${first.owner}\` in the same pod listens on port ${slot} too`,
              at,
              'members of a pod share one network',
            ),
            ...(first.at && { related: [{ span: first.at, message: `\`${first.owner}\` listens here` }] }),
          })
        } else taken.set(slot, { owner: name, at })
      }
    }
  }
}

function checkMember(
  context: CheckContext,
  pod: string,
  owner: string,
  name: string,
  service: ServiceToCheck,
): void {
  if (name === owner) return
  for (const key of ['replicas', 'scale', 'update', 'user'] as const) {
    if (service[key] === undefined) continue
    const message = `\`${key}\` of pod \`${pod}\` is set by its owner \`${owner}\``
    context.add(errorAt('check/pod', message, context.spanOf(service, key), `move it to \`${owner}\``))
  }
}

function checkVariables(context: CheckContext): void {
  for (const [name, variable] of entriesOf(context.value.vars)) {
    const { default: fallback, oneOf } = variable
    if (fallback === undefined || oneOf === undefined || hasReference(fallback) || oneOf.includes(fallback))
      continue
    const message = `the default "${fallback}" of \`${name}\` is not one of ${oneOf.join(', ')}`
    context.add(errorAt('check/variable', message, context.spanOf(variable, 'default')))
  }
}

function checkNodes(context: CheckContext): void {
  for (const [name, group] of entriesOf(context.value.eks?.nodes)) {
    const { min = 0, desired = min, max = desired } = group
    if (typeof min !== 'number' || typeof desired !== 'number' || typeof max !== 'number') continue
    if (min <= desired && desired <= max) continue
    const key = group.desired === undefined ? 'max' : 'desired'
    const message = `node group \`${name}\` must have min ≤ desired ≤ max`
    context.add(errorAt('check/nodes', message, context.spanOf(group, key)))
  }
}
