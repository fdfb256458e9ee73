import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { exitText } from './container-problem.ts'
import { fieldsOf, listOf, textOf } from './json.ts'
import type { Container, Ended, Pod } from './pod.ts'
import { podProblem } from './pod-problem.ts'
import { refusalOfPods } from './refused-pods.ts'
import { find, type Scene } from './scene.ts'
import type { Problem, Verdict } from './verdict.ts'
import { podText } from './workload.ts'

/** A Job is ready when it has completed. What it fails by finally is for it to say: tries that are left are no failure. */
export function judgeJob(scene: Scene, name: string): Verdict {
  const job = find(scene, 'Job', name)
  if (!job) return { state: 'waiting', detail: 'not there yet' }
  const conditions = listOf(fieldsOf(job['status'])['conditions']).filter(({ status }) => status === 'True')
  const pods = scene.pods
    .filter(({ owner }) => owner === job.metadata.uid)
    .sort((one, other) => Date.parse(one.created ?? '') - Date.parse(other.created ?? ''))
  if (conditions.some(({ type }) => type === 'Complete')) return { state: 'ready', detail: 'completed' }
  const failed = conditions.find(({ type }) => type === 'Failed')
  if (failed) return { state: 'failed', problem: jobProblem(job, textOf(failed['reason']) ?? '', pods) }
  const problem =
    pods
      .filter(({ phase, isEnding }) => phase === 'Pending' && !isEnding)
      .map((pod) => podProblem(pod, { scene, container: undefined, exitsCount: false }))
      .find((each) => each !== undefined) ?? refusalOfPods(job, pods.length === 0, scene)
  if (problem) return { state: 'failed', problem }
  const failures = pods.filter(({ phase }) => phase === 'Failed').length
  const running = pods.find(({ phase }) => phase === 'Running' || phase === 'Pending')
  const tries = failures > 0 ? `; ${String(failures)} failed before` : ''
  const state = running
    ? running.phase === 'Running'
      ? 'running'
      : podText(running, scene)
    : 'not started yet'
  const container = running?.containers.find((each) => each.state.kind === 'running')
  const log = running && container && { pod: running.name, container: container.name, isPrevious: false }
  const held = { about: pods.map(({ uid }) => uid), field: 'timeout', ...(log && { log }) }
  return { state: 'waiting', detail: `${state}${tries}`, again: 1_000, held }
}

function jobProblem(job: KubeObject, reason: string, pods: readonly Pod[]): Problem {
  const about = [job.metadata.uid ?? '', ...pods.map(({ uid }) => uid)]
  const failures = pods.filter(({ phase }) => phase === 'Failed')
  const last = failures.at(-1) ?? pods.at(-1)
  const found = last && failedContainer(last)
  const log = last && found && { log: { pod: last.name, container: found.container.name, isPrevious: false } }
  if (reason === 'DeadlineExceeded')
    return { text: 'did not end within its time', field: 'timeout', about, isTimeout: true, ...log }
  if (!found) return { text: `failed: ${reason}`, about }
  return { text: `failed: ${endText(found, Math.max(1, failures.length))}`, about, ...log }
}

interface FailedContainer {
  readonly container: Container
  readonly end: Ended
}

function failedContainer({ containers }: Pod): FailedContainer | undefined {
  const found = containers.flatMap((container): FailedContainer[] =>
    container.state.kind === 'ended' && container.state.exitCode !== 0
      ? [{ container, end: container.state }]
      : [],
  )
  return found[0]
}

function endText({ container, end }: FailedContainer, runs: number): string {
  const who = container.isInit ? `init container ${container.name} ` : ''
  if (end.reason === 'OOMKilled') {
    const limit = container.memoryLimit === undefined ? '' : ` of ${container.memoryLimit}`
    return `${who}was killed: it used more memory than its limit${limit}`
  }
  if (end.reason === 'StartError' || end.reason === 'ContainerCannotRun')
    return `${who}cannot start: ${end.message}`
  return `${who}${exitText(end, runs)}`
}
