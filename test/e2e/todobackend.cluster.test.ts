import { expect, test } from 'vitest'
import { statusOf, urlOf } from './cli.ts'
import {
  addTodo,
  copyOf,
  leftOf,
  nothing,
  untilJobsAre,
  stepsOf,
  titlesAt,
  todobackend,
  upGreen,
} from './examples.ts'

const target = 'docker-desktop'
const on = ['--profile', target]

test('three replicas and one migration for each image; rows outlive down (S76, S86, S90, S140)', async () => {
  const box = copyOf(todobackend, target)
  const words = [...on, '--set', 'services.app.replicas=3']
  const steps = stepsOf(await upGreen(box, todobackend, words))
  const order = ['create service/db', 'run job/migrate', 'create service/app']
  expect(steps.filter((step) => order.includes(step))).toEqual(order)
  await untilJobsAre(box, target, { succeeded: '1', pods: 'Succeeded' })
  expect((await statusOf(box, words)).get('service/app')).toMatchObject({ replicas: { ready: 3, wanted: 3 } })
  await addTodo(await urlOf(box, on, 'app'), 'kept')

  await box.succeed(['down', ...on])
  const again = await box.succeed(['up', ...words, '--no-smoke', '--progress', 'json'])
  expect(stepsOf(again)).not.toContain('run job/migrate')
  expect(await titlesAt(await urlOf(box, on, 'app'))).toEqual(['kept'])

  box.edit('todobackend/migrations.py', '"""The schema', '"""The whole schema')
  const edited = stepsOf(await box.succeed(['up', ...words, '--no-smoke', '--progress', 'json']))
  const changed = ['build image/todobackend', 'run job/migrate', 'update service/app']
  expect(edited.filter((step) => changed.includes(step))).toEqual(changed)
  await untilJobsAre(box, target, { succeeded: '1', pods: 'Succeeded' })
  expect(await titlesAt(await urlOf(box, on, 'app'))).toEqual(['kept'])

  await box.succeed(['down', ...on, '--all', '--yes'])
  expect(leftOf(box)).toEqual(nothing)
})
