import { expect, test } from 'vitest'
import { urlOf } from './cli.ts'
import { copyOf, leftOf, microservices, nothing, stepsOf, upGreen } from './examples.ts'

const target = 'docker-desktop'
const on = ['--profile', target]

test('six services in three languages: in the order of their needs, green through the one entry, two containers in one pod, and gone without a trace (S77, S79, S112, S186)', async () => {
  const box = copyOf(microservices, target)
  // Compiles Go's standard library where no cache has it: a command of its own, because commands have a limit here.
  await box.succeed(['build', ...on])
  const steps = stepsOf(await upGreen(box, microservices, on))
  const order = [
    'run job/schema',
    'create service/user',
    'create service/user-edge',
    'create service/api-gateway',
  ]
  expect(steps.filter((step) => order.includes(step))).toEqual(order)
  const courses = await fetch(`${await urlOf(box, on, 'api-gateway')}/course/courses`)
  expect(((await courses.json()) as unknown[]).length).toBeGreaterThan(0)

  const inner = ['exec', ...on, 'course-edge', '--', 'wget', '-qO-', 'http://127.0.0.1:8081/healthz']
  expect((await box.succeed(inner)).stdout).toBe('{"status": "ok"}')

  await box.succeed(['down', ...on, '--all', '--yes'])
  expect(leftOf(box)).toEqual(nothing)
})
