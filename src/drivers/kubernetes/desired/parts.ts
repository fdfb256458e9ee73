import { waitsForImage, withoutImage } from './supervised.ts'
import type { Service } from '../../../resolve/resolved.ts'
import { textAsWritten } from '../../../resolve/text.ts'
import { part, together } from '../../content-parts.ts'
import { contentAnnotation } from '../labels.ts'
import type { DesiredObject, SecretContent } from '../spec.ts'
import { isRecord } from './objects.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * What a workload is made of, under names that a person understands, cut out of the objects themselves: whatever is not named is
 * in `options`, so no difference goes unseen. A member of a pod has its own name behind (`image edge`). Numbers of replicas and
 * digests of contents are told elsewhere.
 */
export function partsOfWorkload(
  workload: DesiredObject,
  secrets: ReadonlyMap<string, ReadonlyMap<string, SecretContent>>,
  owner: string,
): Record<string, string> {
  const { template, options: controller } = splitController(workload.object)
  const { metadata, spec } = splitTemplate(template)
  const { initContainers, containers, volumes, securityContext, terminationGracePeriodSeconds, ...pod } = spec
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints, ...otherPod } = pod
  const { serviceAccountName, automountServiceAccountToken, ...options } = otherPod
  const known = listOf(containers).filter(({ name }) => secrets.has(String(name)))
  const foreign = listOf(containers).filter(({ name }) => !secrets.has(String(name)))
  return {
    ...together(known.map((each) => partsOfContainer(each, secrets, owner))),
    ...part('init', initContainers),
    ...part('volumes', volumes),
    ...part('user pod', securityContext),
    ...part('stop pod', terminationGracePeriodSeconds),
    ...part('placement', nonEmpty({ nodeSelector, tolerations, affinity, topologySpreadConstraints })),
    ...part('service-account', serviceAccountName, automountServiceAccountToken),
    ...part('labels', metadata['labels'], workload.object.metadata.labels),
    ...part('annotations', metadata['annotations'], workload.object.metadata.annotations),
    ...part('options', nonEmpty({ ...options, foreign })),
    ...part('update', controller),
  }
}

function partsOfContainer(
  container: Json,
  secrets: ReadonlyMap<string, ReadonlyMap<string, SecretContent>>,
  owner: string,
): Record<string, string> {
  const { name, image, imagePullPolicy, command, args, workingDir, ports, env, envFrom, ...others } =
    container
  const { readinessProbe, livenessProbe, startupProbe, lifecycle, resources, volumeMounts, ...more } = others
  const { securityContext, ...options } = more
  const texts = [...(secrets.get(String(name)) ?? [])].map(([key, content]) => [
    key,
    content.kind === 'text' ? textAsWritten(content.text) : content.kind,
  ])
  const suffix = name === owner ? '' : ` ${String(name)}`
  return {
    ...part(`image${suffix}`, image, imagePullPolicy),
    ...part(`entrypoint${suffix}`, waitsForImage(command) ? command.map(withoutImage) : command),
    ...part(`command${suffix}`, args),
    ...part(`working-dir${suffix}`, workingDir),
    ...part(`env${suffix}`, env, envFrom, texts.length > 0 ? texts : undefined),
    ...part(`ports${suffix}`, ports),
    ...part(`health${suffix}`, readinessProbe, livenessProbe, startupProbe),
    ...part(`stop${suffix}`, lifecycle),
    ...part(`resources${suffix}`, resources),
    ...part(`mounts${suffix}`, volumeMounts),
    ...part(`security${suffix}`, securityContext),
    ...part(`options${suffix}`, nonEmpty(options)),
  }
}

/** Of a CronJob the template lies deeper. */
function splitController(object: Json): { readonly template: Json; readonly options: Json } {
  const { replicas: _replicas, template, jobTemplate, ...spec } = recordOf(object['spec'])
  // What cannot be changed is a part of its own.
  const { selector: _selector, serviceName: _name, volumeClaimTemplates: _claims, ...options } = spec
  if (template !== undefined) return { template: recordOf(template), options }
  const { template: deeper, ...job } = recordOf(recordOf(jobTemplate)['spec'])
  return { template: recordOf(deeper), options: { ...options, job } }
}

function splitTemplate(template: Json): { readonly metadata: Json; readonly spec: Json } {
  const metadata = recordOf(template['metadata'])
  const { [contentAnnotation]: _content, ...annotations } = recordOf(metadata['annotations'])
  return {
    metadata: { ...metadata, annotations: nonEmpty(annotations) },
    spec: recordOf(template['spec']),
  }
}

/** Parts of what is beside the workload: Services, rights, autoscaler, policies. */
export function partsOfCompanions(
  objects: readonly DesiredObject[],
  service: Service,
): Record<string, string> {
  const of = (...wanted: readonly string[]): unknown => {
    const found = objects.filter(({ object }) => wanted.includes(object.kind)).map(({ object }) => object)
    return found.length > 0 ? found : undefined
  }
  const inner = objects.filter(
    ({ object }) => object.kind === 'Service' && object.metadata.name === service.name,
  )
  const ways = objects.filter(
    ({ object }) => object.kind === 'Service' && object.metadata.name !== service.name,
  )
  return {
    ...part('service', inner.length > 0 ? inner.map(({ object }) => object) : undefined),
    ...part('expose', ways.length > 0 ? ways.map(({ object }) => object) : undefined),
    ...part('rules', of('ServiceAccount', 'Role', 'RoleBinding')),
    ...part('scale', of('HorizontalPodAutoscaler')),
    ...part('network', of('NetworkPolicy')),
    // An address once given cannot be taken back.
    ...part(
      'headless',
      inner.some(({ object }) => recordOf(object['spec'])['clusterIP'] === 'None') || undefined,
    ),
  }
}

function nonEmpty(record: Json): Json | undefined {
  const entries = Object.entries(record).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
