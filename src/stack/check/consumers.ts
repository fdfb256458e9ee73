import { errorAt, type Span } from '../diagnostics.ts'
import { hasReference } from '../schema/describe.ts'
import { didYouMean } from '../schema/suggest.ts'
import { entriesOf, isDeclared, type CheckContext, type JobToCheck, type ServiceToCheck } from './context.ts'

type Environment = NonNullable<ServiceToCheck['env']>

const whatRuns = 'add `image: …`, or `process: { run: … }` for the process target'

/** What services, jobs and their init steps read must exist: images, secrets and their keys, configs, volumes, certificates. */
export function checkConsumers(context: CheckContext): void {
  for (const [name, service] of entriesOf(context.value.services)) {
    // It wins over whatever else is written for a service that this profile does not run.
    if (service.external) continue
    checkWorkload(context, `service ${name}`, service)
    if (service.image === undefined && service.process === undefined) {
      const at = context.keySpanOf(context.value.services ?? service, name)
      context.add(
        errorAt(
          'check/no-image',
          `service \`${name}\` has neither \`image\` nor \`process\` nor \`external\``,
          at,
          whatRuns,
        ),
      )
    }
    checkInit(context, service)
  }
  for (const [name, job] of entriesOf(context.value.jobs)) {
    checkWorkload(context, `job ${name}`, job)
    if (job.image === undefined && job.process === undefined) {
      const at = context.keySpanOf(context.value.jobs ?? job, name)
      context.add(
        errorAt('check/no-image', `job \`${name}\` has neither \`image\` nor \`process\``, at, whatRuns),
      )
    }
  }
  for (const [, image] of entriesOf(context.value.images)) {
    if (image.registry !== undefined)
      isDeclared(context, 'registries', image.registry, context.spanOf(image, 'registry'))
    for (const [, secret] of entriesOf(image.secrets)) {
      checkSecretKeys(context, secret.secret, [secret.key], context.spanOf(secret, 'secret'), () =>
        context.spanOf(secret, 'key'),
      )
    }
  }
}

function checkWorkload(context: CheckContext, owner: string, workload: ServiceToCheck | JobToCheck): void {
  checkImage(context, workload.image, context.spanOf(workload, 'image'))
  checkEnvironment(context, workload.env)
  checkEnvironment(context, workload.process?.env)
  for (const source of workload.envFrom ?? []) {
    if (source.config !== undefined)
      isDeclared(context, 'configs', source.config, context.spanOf(source, 'config'))
    if (source.secret !== undefined)
      isDeclared(context, 'secrets', source.secret, context.spanOf(source, 'secret'))
  }
  for (const [, mount] of entriesOf(workload.mounts)) {
    const at = (key: string) => context.spanOf(mount, key)
    if (mount.volume !== undefined) isDeclared(context, 'volumes', mount.volume, at('volume'))
    if (mount.config !== undefined) isDeclared(context, 'configs', mount.config, at('config'))
    if (mount.cert !== undefined) isDeclared(context, 'certs', mount.cert, at('cert'))
    if (mount.secret === undefined) continue
    const keys = mount.key === undefined ? (mount.keys ?? []) : [mount.key]
    checkSecretKeys(context, mount.secret, keys, at('secret'), (index) =>
      mount.keys === undefined ? at('key') : context.spanOf(mount.keys, index),
    )
  }
  const { resources } = workload
  for (const key of ['cpu', 'memory'] as const) {
    const wanted = resources?.[key]
    const most = resources?.limits?.[key]
    if (!resources?.limits || typeof wanted !== 'number' || typeof most !== 'number' || wanted <= most)
      continue
    const message = `${owner} reserves more ${key} than its limit allows`
    context.add(
      errorAt(
        'check/resources',
        message,
        context.spanOf(resources.limits, key),
        'raise the limit or lower what is reserved',
      ),
    )
  }
}

function checkInit(context: CheckContext, service: ServiceToCheck): void {
  const seen = new Map<string, Span | undefined>()
  for (const step of service.init ?? []) {
    checkImage(context, step.image, context.spanOf(step, 'image'))
    checkEnvironment(context, step.env)
    const at = context.spanOf(step, 'name')
    const first = seen.get(step.name)
    if (first) {
      context.add({
        ...errorAt('check/duplicate-name', `two init steps are named \`${step.name}\``, at),
        related: [{ span: first, message: 'the first one' }],
      })
    }
    seen.set(step.name, at)
  }
}

/** A bare word close to the name of an image of ours is more likely that image than one of a registry. */
function checkImage(context: CheckContext, reference: string | undefined, at: Span | undefined): void {
  if (reference === undefined || hasReference(reference) || /[:/@.]/.test(reference)) return
  const { images } = context.value
  if (!images || images.has(reference)) return
  const near = context.nearest(reference, images.keys())
  if (near === undefined) return
  const message = `\`${reference}\` is not under \`images\`; it would be pulled from a registry`
  context.add({ ...errorAt('check/unknown-image', message, at, didYouMean(near)), severity: 'warning' })
}

function checkEnvironment(context: CheckContext, environment: Environment | undefined): void {
  for (const [, value] of entriesOf(environment)) {
    if (value.config !== undefined)
      isDeclared(context, 'configs', value.config, context.spanOf(value, 'config'))
    if (value.secret === undefined || value.key === undefined) continue
    checkSecretKeys(context, value.secret, [value.key], context.spanOf(value, 'secret'), () =>
      context.spanOf(value, 'key'),
    )
  }
}

function checkSecretKeys(
  context: CheckContext,
  name: string,
  keys: readonly string[],
  at: Span | undefined,
  keyAt: (index: number) => Span | undefined,
): void {
  if (!isDeclared(context, 'secrets', name, at)) return
  const secret = context.value.secrets?.get(name)
  if (!secret) return
  keys.forEach((key, index) => {
    if (secret.has(key) || hasReference(key)) return
    const near = context.nearest(key, secret.keys())
    const hint = near === undefined ? `it has ${[...secret.keys()].join(', ') || 'none'}` : didYouMean(near)
    context.add(errorAt('check/unknown-key', `secret \`${name}\` has no key \`${key}\``, keyAt(index), hint))
  })
}
