import { afterAll, expect, test } from 'vitest'
import { urlOf } from './cli.ts'
import { deleteKindCluster, hasKindCluster } from './clusters.ts'
import {
  addTodo,
  copyOf,
  microservices,
  nothing,
  untilJobsAre,
  stepsOf,
  titlesAt,
  todobackend,
  upGreen,
} from './examples.ts'

const target = 'kind'
const on = ['--profile', target]

afterAll(() => {
  if (hasKindCluster()) deleteKindCluster()
})

test('both examples in one cluster: green, rows outlive down, one migration for all replicas; the cluster goes with the last of them (S77, S86, S90, S186)', async () => {
  const micro = copyOf(microservices, target)
  // The shape that both agree on.
  micro.edit('profiles/kind.yaml', '  nodes: 2\n', '')
  const todos = copyOf(todobackend, target)
  todos.edit('profiles/kind.yaml', 'replicas: 2', 'replicas: 3')
  // In the same engine and by the same names: before there is a cluster, nothing can be built for one that keeps secrets.
  await micro.succeed(['build', '--profile', 'compose'])
  await upGreen(micro, microservices, on)

  await upGreen(todos, todobackend, on)
  await untilJobsAre(todos, target, { succeeded: '1', pods: 'Succeeded' })
  await addTodo(await urlOf(todos, on, 'app'), 'kept')
  await todos.succeed(['down', ...on])
  const again = await todos.succeed(['up', ...on, '--no-smoke', '--progress', 'json'])
  expect(stepsOf(again)).not.toContain('run job/migrate')
  expect(await titlesAt(await urlOf(todos, on, 'app'))).toEqual(['kept'])

  await todos.succeed(['down', ...on, '--all', '--yes'])
  expect(hasKindCluster()).toBe(true)
  await micro.succeed(['down', ...on, '--all', '--yes'])
  // The build above remembered its secrets for another target.
  await micro.succeed(['down', '--profile', 'compose', '--all', '--yes'])
  expect(micro.traces()).toEqual(nothing)
  // The kubeconfig of a cluster that stayed, for others, stayed with it.
  expect({ ...todos.traces(), files: [] }).toEqual(nothing)
  expect(hasKindCluster()).toBe(false)
})
