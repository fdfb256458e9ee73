import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { root, sandbox, type Ended, type Sandbox } from './cli.ts'
import { kubectl, type ClusterTarget } from './clusters.ts'

/** An example with a name of its own, for a cluster. */
export interface Example {
  readonly folder: string
  /** As its stack file writes it. */
  readonly name: string
  /** In the order in which they run. */
  readonly checks: readonly string[]
}

export const todobackend: Example = {
  folder: 'examples/todobackend',
  name: 'todobackend',
  checks: ['healthy', 'static', 'story', 'suite'],
}

export const microservices: Example = {
  folder: 'examples/microservices',
  name: 'micro',
  checks: ['story', 'strangers', 'dead-end'],
}

export function copyOf({ folder, name }: Example, target: ClusterTarget): Sandbox {
  const box = sandbox(target)
  box.copy(join(root, folder))
  box.edit('iamstack.yaml', `name: ${name}\n`, `name: ${box.name}\n`)
  return box
}

/** Brings it up and sees every smoke test pass; again, and nothing is to be done. The result is the first of the two. */
export async function upGreen(box: Sandbox, { checks }: Example, words: readonly string[]): Promise<Ended> {
  const up = ['up', ...words, '--progress', 'json']
  const first = await box.succeed(up)
  expect(passedChecks(first)).toEqual(checks)
  expect(stepsOf(await box.succeed(up))).toEqual([])
  return first
}

/** `run job/migrate` for each step that was carried out, in the order of their ends. */
export function stepsOf({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'step.finished' ? [`${event.op} ${event.resource}`] : []))
}

/** How often the jobs of a stack ran to a good end, and how many pods it took. */
interface JobRuns {
  readonly succeeded: string
  readonly pods: string
}

/** What a smoke test ran in the cluster goes a moment after the test has ended. */
export async function untilJobsAre(box: Sandbox, target: ClusterTarget, wanted: JobRuns): Promise<void> {
  await vi.waitFor(() => expect(runsOfJobs(box, target)).toEqual(wanted), { timeout: 30_000, interval: 500 })
}

function runsOfJobs(box: Sandbox, target: ClusterTarget): JobRuns {
  const inside = ['--namespace', box.project, 'get']
  const jobs = kubectl(target, ...inside, 'jobs', '--output', 'jsonpath={.items[*].status.succeeded}')
  const pods = kubectl(
    target,
    ...inside,
    'pods',
    '--selector',
    'batch.kubernetes.io/job-name',
    '--output',
    'jsonpath={.items[*].status.phase}',
  )
  return { succeeded: jobs, pods }
}

/**
 * What is left of a sandbox. A node that shares the engine keeps the last ended container of a pod until its next sweep, minutes
 * after the pod is gone: that is the node's, and not looked at.
 */
export function leftOf(box: Sandbox): ReturnType<Sandbox['traces']> {
  const traces = box.traces()
  return { ...traces, docker: traces.docker.filter((thing) => !thing.startsWith('container k8s_')) }
}

export const nothing = { processes: [], docker: [], cluster: [], files: [] }

export async function addTodo(url: string, title: string): Promise<void> {
  const response = await fetch(`${url}/todos`, { method: 'POST', body: JSON.stringify({ title }) })
  expect(response.status).toBe(201)
}

export async function titlesAt(url: string): Promise<string[]> {
  const todos = (await (await fetch(`${url}/todos`)).json()) as readonly { readonly title: string }[]
  return todos.map(({ title }) => title)
}

function passedChecks({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'smoke.passed' ? [event.check] : []))
}
