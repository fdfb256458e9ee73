import { oneLine, type ClusterEvent } from './events.ts'
import { imageProblem } from './image-problem.ts'
import type { Container, Ended, Pod } from './pod.ts'
import type { Elapsed, Problem } from './verdict.ts'

/** Milliseconds that a container may be refused before it counts: caches of the kubelet lag behind. */
const refusalGrace = 4_000
/** Two failed runs further apart are no crash loop: a program may fail once a day and go on. Milliseconds. */
const crashWindow = 5 * 60_000

interface Look {
  /** About the pod. */
  readonly events: readonly ClusterEvent[]
  readonly elapsed: Elapsed
  /** False for pods of Jobs, whose exits the Job counts. */
  readonly exitsCount: boolean
}

/** Why a container will not come up; undefined while it may. */
export function containerProblem(pod: Pod, container: Container, look: Look): Problem | undefined {
  const { state } = container
  const about = [pod.uid]
  const key = `${pod.uid}/${container.name}`
  const image = imageProblem(pod, container, look.events, look.elapsed(`${key} image`, pod.created))
  if (image !== undefined) return { text: image, field: fieldOf(container, 'image'), about }
  if (state.kind === 'waiting' && isRefusal(state.reason)) {
    if (look.elapsed(`${key} ${state.reason}`, pod.created) < refusalGrace) return undefined
    const words = refusalWords(state.message)
    const field = /^(exec|stat)\b/.test(words) ? 'command' : 'env'
    return { text: `${called(container)} cannot start: ${words}`, field: fieldOf(container, field), about }
  }
  const start = startProblem(container)
  if (start !== undefined)
    return {
      text: `${called(container)} cannot start: ${start}`,
      field: fieldOf(container, 'command'),
      about,
    }
  return look.exitsCount ? exitProblem(pod, container, look.events) : undefined
}

function isRefusal(reason: string): boolean {
  return [
    'CreateContainerConfigError',
    'CreateContainerError',
    'RunContainerError',
    'PreCreateHookError',
    'PreStartHookError',
    'PostStartHookError',
  ].includes(reason)
}

/** The runtime could not run the program at all: a missing file, no right to execute it. */
function startProblem({ state, last }: Container): string | undefined {
  const end = state.kind === 'ended' ? state : state.kind === 'waiting' ? last : undefined
  const isStart = end?.reason === 'StartError' || end?.reason === 'ContainerCannotRun'
  return isStart ? refusalWords(end.message) : undefined
}

/** The last and telling part of what the layers of a runtime say. */
function refusalWords(message: string): string {
  const words = oneLine(message)
  return /(exec: .*|stat .*: no such file or directory.*)$/.exec(words)?.[1] ?? words
}

function exitProblem(pod: Pod, container: Container, events: readonly ClusterEvent[]): Problem | undefined {
  const end = repeatedEnd(container)
  if (!end) return undefined
  const runs = container.restarts + (container.state.kind === 'running' ? 0 : 1)
  const log = { pod: pod.name, container: container.name, isPrevious: container.state.kind === 'running' }
  const probe = killedByProbe(events)
  const about = [pod.uid]
  if (end.reason === 'OOMKilled') {
    const limit =
      container.memoryLimit === undefined ? 'what its node has' : `its limit of ${container.memoryLimit}`
    const text = `${called(container)} was killed: it used more memory than ${limit}`
    return { text, field: fieldOf(container, 'resources'), log, about }
  }
  if (probe !== undefined) {
    const text = `${called(container)} was stopped because ${probe}`
    return { text, field: fieldOf(container, 'health'), log, about }
  }
  const text = `${called(container)} ${exitText(end, runs)}`
  const hint = end.exitCode === 0 && !container.isInit ? 'a service has to keep running' : undefined
  return { text, field: fieldOf(container, 'command'), log, about, ...(hint !== undefined && { hint }) }
}

/** How the last run ended, where it was not the first and another one would end the same way. */
function repeatedEnd({ state, last, restarts, isInit }: Container): Ended | undefined {
  if (state.kind === 'waiting' && state.reason === 'CrashLoopBackOff') return last
  if (state.kind !== 'ended' || state.exitCode === 0 || restarts === 0 || !last) return undefined
  if (last.exitCode === 0 && !isInit) return undefined
  const apart = Date.parse(state.at ?? '') - Date.parse(last.at ?? '')
  return Number.isNaN(apart) || apart <= crashWindow ? state : undefined
}

/** `exited 1, 3 times`. */
export function exitText({ exitCode }: Ended, runs: number): string {
  return `exited ${String(exitCode)}${runs > 1 ? `, ${String(runs)} times` : ''}`
}

/** The kubelet's own words for ending a container, with what the probe said. */
function killedByProbe(events: readonly ClusterEvent[]): string | undefined {
  const killing = events.findLast(
    ({ reason, message }) => reason === 'Killing' && /failed (liveness|startup) probe/.test(message),
  )
  const which = killing && /failed (\w+) probe/.exec(killing.message)?.[1]
  if (which === undefined) return undefined
  const said = events.findLast(
    ({ reason, message }) => reason === 'Unhealthy' && message.toLowerCase().startsWith(which),
  )
  return `its ${which} probe failed${said ? `: ${probeWords(said.message)}` : ''}`
}

/** `Readiness probe failed: HTTP probe failed with statuscode: 500` → `HTTP probe failed with statuscode: 500`. */
export function probeWords(message: string): string {
  return oneLine(message).replace(/^\w+ probe (failed|errored)( and resulted in \w+ state)?: /, '')
}

function called({ name, isInit }: Container): string {
  return `${isInit ? 'init container' : 'container'} ${name}`
}

function fieldOf({ isInit }: Container, field: string): string {
  return isInit ? 'init' : field
}
