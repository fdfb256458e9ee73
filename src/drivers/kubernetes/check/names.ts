import { podMates } from '../../pods.ts'
import type { ResolvedStack, Service } from '../../../resolve/resolved.ts'
import type { Diagnostic, Span } from '../../../stack/diagnostics.ts'
import { governingServiceOf, initContainerOf, loadBalancerOf, nodePortsOf } from '../desired/names.ts'
import { clusterAnnotationsOf, clusterLabelsOf } from '../desired/services.ts'
import { refused, when } from './finding.ts'

/** RFC 1123 label: what namespaces, pods and containers are called. */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** RFC 1123 subdomain: what most objects are called. */
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/** Controllers add as much as eleven characters to these, and labels with the result must stay below 64. */
const longestControllerName = 52

/** Names that Kubernetes would refuse, or cut. */
export function nameFindings(stack: ResolvedStack): Diagnostic[] {
  const from = { file: stack.file, line: 1, column: 1, length: 1 }
  return [
    ...when(!label.test(stack.namespace), () =>
      refused(
        'name',
        `\`${stack.namespace}\` cannot be the name of a namespace`,
        from,
        'at most 63 lower-case letters, digits and dashes; shorten `name`, `namespace` or the instance',
      ),
    ),
    ...when(stack.project.length > 63, () =>
      refused('name', `\`${stack.project}\` is longer than the 63 characters of a label`, from),
    ),
    ...[...stack.services.values()].flatMap((service) => (service.external ? [] : ofService(service, stack))),
  ]
}

function ofService(service: Service, stack: ResolvedStack): Diagnostic[] {
  const { name, workload, hostname, serviceAccount } = service
  const isLong = (workload === 'stateful' || workload === 'cron') && name.length > longestControllerName
  const isOwner = podMates(stack, service)[0] === service
  const derived = [
    ...(has(service, 'load-balancer') ? [loadBalancerOf(name)] : []),
    ...(has(service, 'node') ? [nodePortsOf(name)] : []),
    ...(workload === 'stateful' && !service.isHeadless ? [governingServiceOf(name)] : []),
    ...service.init.map((step) => initContainerOf(name, step.name, isOwner)),
  ]
  return [
    ...when(isLong, () =>
      refused(
        'name',
        `${name} is too long for a ${workload} service: at most ${longestControllerName} characters`,
        service.from,
      ),
    ),
    ...derived
      .filter((each) => !label.test(each))
      .map((each) => refused('name', `service ${name}: ${each} is longer than 63 characters`, service.from)),
    ...service.init
      .filter((step) => isOwner && podMates(stack, service).some((member) => member.name === step.name))
      .map((step) =>
        refused(
          'name',
          `service ${name}: an init step cannot be called like a container of its pod`,
          step.from,
        ),
      ),
    ...when(hostname !== undefined && !label.test(hostname), () =>
      refused('hostname', `service ${name}: \`${hostname ?? ''}\` is no host name`, service.at('hostname')),
    ),
    ...when(serviceAccount !== undefined && !subdomain.test(serviceAccount), () =>
      refused(
        'service-account',
        `service ${name}: \`${serviceAccount ?? ''}\` cannot be the name of a service account`,
        service.at('service-account'),
      ),
    ),
    ...metadataFindings(service),
  ]
}

function has({ expose }: Service, kind: string): boolean {
  return [...expose.values()].some((exposure) => exposure.kind === kind)
}

/** Keys and values of labels, keys of annotations. */
function metadataFindings(service: Service): Diagnostic[] {
  const inCluster = service.at('kubernetes')
  return [
    ...labelFindings(service.name, Object.fromEntries(service.labels), service.at('labels')),
    ...labelFindings(service.name, clusterLabelsOf(service), inCluster),
    ...keyFindings(service.name, 'annotation', [...service.annotations.keys()], service.at('annotations')),
    ...keyFindings(service.name, 'annotation', Object.keys(clusterAnnotationsOf(service)), inCluster),
  ]
}

const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/
const qualifiedName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
/** By these we find our own things, so they cannot be another's. */
const ours = /^(iamstack\.dev\/.*|app\.kubernetes\.io\/(name|part-of|managed-by))$/

function labelFindings(service: string, labels: Readonly<Record<string, string>>, at: Span): Diagnostic[] {
  return [
    ...keyFindings(service, 'label', Object.keys(labels), at),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...when(value.length > 63 || !labelValue.test(value), () =>
        refused(
          'label',
          `service ${service}: "${value}" cannot be the value of label ${key}`,
          at,
          'at most 63 letters, digits, dashes, underscores and dots; what is longer is an annotation',
        ),
      ),
      ...when(ours.test(key), () =>
        refused('label', `service ${service}: label ${key} is set by iamstack`, at, 'choose another key'),
      ),
    ]),
  ]
}

function keyFindings(
  service: string,
  what: 'label' | 'annotation',
  keys: readonly string[],
  at: Span,
): Diagnostic[] {
  return keys
    .filter((key) => !isQualified(key))
    .map((key) =>
      refused(
        what,
        `service ${service}: \`${key}\` cannot be the key of ${what === 'label' ? 'a' : 'an'} ${what}`,
        at,
      ),
    )
}

function isQualified(key: string): boolean {
  const [name = '', prefix, ...others] = key.split('/').reverse()
  if (others.length > 0 || !qualifiedName.test(name)) return false
  return prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix))
}
