import { listOf, recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import { podTemplatePath, valueUnder } from '../../drivers/kubernetes/manifests/pod-template.ts'
import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { didYouMean, nearest } from '../../stack/schema/suggest.ts'
import { nameOf, pathAsText, placeOf, type Path, type PlacedObject } from './place.ts'

/** Kinds that are nothing without a `spec`, although their description does not require one. */
const needSpec = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob']

/** What the server refuses because parts of one object do not fit each other. */
export function checkConsistency(placed: PlacedObject): Diagnostic[] {
  const { object } = placed
  const spec = recordOf(object['spec'])
  const findings: Diagnostic[] = []
  const path = podTemplatePath(object)
  if (path) {
    const template = recordOf(valueUnder(object, path))
    if (['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(object.kind))
      checkSelector(recordOf(recordOf(spec['selector'])['matchLabels']), template, path)
    checkRestart(recordOf(template['spec'])['restartPolicy'], [...path, 'spec', 'restartPolicy'])
    checkPod(recordOf(template['spec']), [...path, 'spec'])
  }
  if (needSpec.includes(object.kind) && object['spec'] === undefined)
    report('schema/required', ['spec'], 'is required')
  if (object.kind === 'ClusterRoleBinding') checkSubjects(listOf(object['subjects']).map(recordOf))
  if (object.kind === 'Service') checkServicePorts(listOf(spec['ports']).map(recordOf))
  if (object.kind === 'HorizontalPodAutoscaler') checkBounds(spec['minReplicas'], spec['maxReplicas'])
  return findings

  function checkSelector(
    selector: Readonly<Record<string, unknown>>,
    template: Readonly<Record<string, unknown>>,
    at: Path,
  ): void {
    const labels = recordOf(recordOf(template['metadata'])['labels'])
    for (const [key, value] of Object.entries(selector)) {
      if (labels[key] === value) continue
      const found = labels[key] === undefined ? 'have no such label' : `have ${key}: ${shown(labels[key])}`
      const hint = `its own pods need the label: ${pathAsText([...at, 'metadata', 'labels'])}`
      report('schema/selector', ['spec', 'selector', 'matchLabels', key], `its pods ${found}`, hint)
    }
  }

  function checkRestart(policy: unknown, at: Path): void {
    const allowed =
      object.kind === 'Job' || object.kind === 'CronJob'
        ? ['OnFailure', 'Never']
        : ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(object.kind)
          ? ['Always', undefined]
          : undefined
    if (!allowed || allowed.includes(policy as string | undefined)) return
    const words = policy === undefined ? 'is required' : `cannot be ${shown(policy)}`
    report(
      'schema/restart-policy',
      at,
      `${words} in a ${object.kind}`,
      `write ${allowed.filter(Boolean).join(' or ')}`,
    )
  }

  function checkPod(pod: Readonly<Record<string, unknown>>, at: Path): void {
    const claims = listOf(spec['volumeClaimTemplates']).map(
      (each) => recordOf(recordOf(each)['metadata'])['name'],
    )
    const volumes = [...listOf(pod['volumes']).map((each) => recordOf(each)['name']), ...claims]
    const names = new Set<unknown>()
    for (const key of ['initContainers', 'containers']) {
      listOf(pod[key]).forEach((each, index) => {
        const container = recordOf(each)
        const place = [...at, key, index]
        if (names.has(container['name']))
          report('schema/duplicate', [...place, 'name'], 'another container of the pod has this name')
        names.add(container['name'])
        checkMounts(
          container,
          volumes.filter((name) => typeof name === 'string'),
          place,
        )
        for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
          checkProbe(recordOf(container[probe]), container, [...place, probe])
      })
    }
  }

  function checkMounts(
    container: Readonly<Record<string, unknown>>,
    volumes: readonly string[],
    at: Path,
  ): void {
    listOf(container['volumeMounts']).forEach((each, index) => {
      const { name } = recordOf(each)
      if (typeof name !== 'string' || volumes.includes(name)) return
      const near = nearest(name, volumes)
      const hint = near === undefined ? `the pod has ${volumes.join(', ') || 'none'}` : didYouMean(near)
      report('schema/volume', [...at, 'volumeMounts', index, 'name'], `the pod has no volume ${name}`, hint)
    })
  }

  function checkProbe(
    probe: Readonly<Record<string, unknown>>,
    container: Readonly<Record<string, unknown>>,
    at: Path,
  ): void {
    if (Object.keys(probe).length === 0) return
    const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => key in probe)
    if (handlers.length !== 1)
      report(
        'schema/probe',
        at,
        `needs one of exec, httpGet, tcpSocket, grpc, and has ${handlers.join(', ') || 'none'}`,
      )
    const ports = listOf(container['ports']).map((each) => recordOf(each)['name'])
    for (const handler of ['httpGet', 'tcpSocket']) {
      const { port } = recordOf(probe[handler])
      if (typeof port === 'string' && !/^[0-9]+$/.test(port) && !ports.includes(port))
        report('schema/probe-port', [...at, handler, 'port'], `the container has no port ${port}`)
    }
  }

  /** A RoleBinding lends its own namespace; this one has none. */
  function checkSubjects(subjects: readonly Readonly<Record<string, unknown>>[]): void {
    subjects.forEach((subject, index) => {
      if (subject['kind'] === 'ServiceAccount' && subject['namespace'] === undefined)
        report('schema/required', ['subjects', index], 'a ServiceAccount needs its `namespace`')
    })
  }

  function checkServicePorts(ports: readonly Readonly<Record<string, unknown>>[]): void {
    const seen = new Set<unknown>()
    ports.forEach((port, index) => {
      const place = ['spec', 'ports', index]
      if (ports.length > 1 && port['name'] === undefined)
        report('schema/port-name', place, 'needs a name, since there are several ports')
      const key = `${shown(port['protocol'] ?? 'TCP')} ${shown(port['port'])}`
      if (seen.has(key)) report('schema/duplicate', [...place, 'port'], `${key} is here twice`)
      seen.add(key)
    })
  }

  function checkBounds(least: unknown, most: unknown): void {
    if (typeof least === 'number' && typeof most === 'number' && least > most)
      report('schema/range', ['spec', 'maxReplicas'], `${most} is less than minReplicas (${least})`)
  }

  function report(code: string, at: Path, what: string, hint?: string): void {
    findings.push(errorAt(code, `${nameOf(placed)}: ${pathAsText(at)}: ${what}`, placeOf(placed, at), hint))
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
